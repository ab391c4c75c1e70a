"""
The read API: every record for programs, as JSON, under /api/v1/.

`fields` and `relations` say how a thing is told, `directory`, `programme` and
`subjects` what is told of each kind. `views` answers, `schema` describes it all.
"""

"""
Citations: of records, lists and pages, as text in two styles and as files.

`works` says what is cited of a record, `items` puts it as CSL-JSON, `styles` has a
CSL processor format it, `boxes` says what a page shows, `files` writes it.
"""

"""
Records in the words of schema.org, SKOS, ELI and Dublin Core, as linked data.

`document` is what a page says of its record in a data block, `files` what the record
says as `.jsonld` and `.ttl`; both are made by the same descriptions of each kind. The
context of JSON-LD 1.1 stands in each document: reading it needs no other host. `site`
is scheme and host of the portal, without a slash.
"""

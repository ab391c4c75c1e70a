"""
Every list of records as a file: all rows of the same filters, in other formats.

`programme`, `directory` and `subjects` say what is told of each kind of record, once
for all formats.
"""

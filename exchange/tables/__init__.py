"""
Every list of records as a file: all rows of the same filters, in other formats.

`kinds.py` says what is told of each kind of record, once for all formats.
"""

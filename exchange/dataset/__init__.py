"""
Dataset releases: everything public in one dated ZIP file, for research.

`schema` says what a table and a column are, `kinds` and `parts` which tables there
are; `tables` writes them, `release` makes the whole.
"""

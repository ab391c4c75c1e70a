"""
Tables that organizers take out, edit in a spreadsheet and bring back.

One for each kind of record and one for each kind of its parts; the columns are those
of the models, so what is added to a model is in its table as well.
"""

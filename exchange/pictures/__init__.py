"""
What the record shows as a whole, each picture also as a table and as files.

`svg` draws and `files` answers, for whoever draws something. `sets` counts as the
lists count, `picture` says what every picture has, `kinds` names them all.
"""

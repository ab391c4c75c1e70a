"""
Files that people upload: what is taken, how it is kept, how it is given out.

A picture is drawn anew in our own sizes, a document is known by its content; both
are named by a hash of it, so nothing of the uploader's name or data is left.
"""

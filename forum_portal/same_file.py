"""
SQLite's file, which may be moved away, put back or replaced while the server runs.

A connection keeps the file that it has opened, whatever lies at its place by now: some
threads would show one record, others another, and a write would be lost. And a file
that is not there would be made, empty. So the web server makes none, and each request
sees first whether the file is still the one that its thread has open.
"""

import os
from pathlib import Path
from threading import local

from django.db import DEFAULT_DB_ALIAS, connections


def make_none():
    """Let connections open SQLite's file only if it is there; for the web server."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():
        file = Path(connection.settings_dict["NAME"]).absolute()
        # In place of NAME, which stays a path: Django takes any name of its driver's.
        connection.settings_dict["OPTIONS"]["database"] = f"{file.as_uri()}?mode=rw"


class SameFile:
    """A WSGI application in front of the others: the file at its place is read."""

    def __init__(self, application):
        self.application = application
        self.mine = local()

    def __call__(self, environ, start_response):
        mine = self.mine
        if not hasattr(mine, "connection"):
            mine.connection = connections[DEFAULT_DB_ALIAS]
            mine.path = mine.connection.settings_dict["NAME"]
            mine.file = identity(mine.path)
        # Known from before it was opened: if it is replaced meanwhile, the next
        # request sees that.
        elif (file := identity(mine.path)) != mine.file:
            mine.connection.close()
            mine.file = file
        return self.application(environ, start_response)


def identity(path):
    """Return what tells a file from any other one; None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 — a third of the time, on every visit
    except OSError:
        return None
    return found.st_dev, found.st_ino

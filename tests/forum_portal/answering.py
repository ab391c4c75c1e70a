"""What the server of test_patience serves: it needs neither Django nor pytest."""

import os
import tempfile
import time

from forum_portal import patience, sending

patience.LATEST = patience.STANDSTILL = 5
patience.PATIENCE = sending.PATIENCE = 3
patience.Unreader.left = sending.Response.left = 3
MEGABYTES = 40
PAGE = bytes(range(256)) * 1024


def application(environ, start_response):
    """Tell how many bytes were sent; or give a file, page or list; or be slow."""
    if environ["PATH_INFO"] == "/file":
        file = tempfile.TemporaryFile()  # noqa: SIM115 — closed with the answer
        for number in range(MEGABYTES):
            file.write(bytes([number]) * 2**20)
        file.seek(0)
        start_response("200 OK", [("Content-Length", str(MEGABYTES * 2**20))])
        return environ["wsgi.file_wrapper"](file)
    if environ["PATH_INFO"] == "/page":
        start_response("200 OK", [("Content-Length", str(len(PAGE)))])
        return [PAGE]
    if environ["PATH_INFO"] == "/list":
        start_response("200 OK", [])
        return (bytes([number]) * 2**20 for number in range(MEGABYTES))
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.05)
        start_response("200 OK", [("Content-Length", "8")])
        return [f"{os.getpid():8}".encode()]
    said = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]

"""What the server of test_patience serves: it needs neither Django nor pytest."""

import os
import tempfile
import time

from forum_portal import patience

patience.LATEST = patience.STANDSTILL = 5
MEGABYTES = 40


def application(environ, start_response):
    """Answer how many bytes were sent; or slowly, which worker this is; or a file."""
    if environ["PATH_INFO"] == "/file":
        file = tempfile.TemporaryFile()  # noqa: SIM115 — closed with the answer
        for number in range(MEGABYTES):
            file.write(bytes([number]) * 2**20)
        file.seek(0)
        start_response("200 OK", [("Content-Length", str(MEGABYTES * 2**20))])
        return environ["wsgi.file_wrapper"](file)
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.05)
        start_response("200 OK", [("Content-Length", "8")])
        return [f"{os.getpid():8}".encode()]
    said = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]

"""What the server of test_patience serves: it needs neither Django nor pytest."""

import os
import time

from forum_portal import patience

patience.LATEST = 5


def application(environ, start_response):
    """Answer how many bytes were sent; or slowly, which worker this is."""
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.05)
        start_response("200 OK", [("Content-Length", "8")])
        return [f"{os.getpid():8}".encode()]
    said = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]

"""
How the web server writes an answer: its head checked once, and sent with its body.

Gunicorn checks each header of each answer against two patterns, and sends head and
body one after the other. Of a page that is kept in memory, that is a fifth of all.
Of a file it sends the last byte before it does anything else; here it is left where
the reader is slow, and the worker comes back to it (forum_portal.patience).
"""

import io
import os
from functools import lru_cache

from gunicorn import util
from gunicorn.http.wsgi import Response as GunicornsResponse

HEADS = 1024  # that are remembered, of some 2 KB each
LARGEST = 64 * 1024  # bytes of a body that is copied to go out with its head
TURN = 1024 * 1024  # bytes of a file that are sent before others have their turn


@lru_cache(maxsize=HEADS)
def checked(headers):
    """
    Return (headers, length of the body or None, whether it upgrades, lines).

    `headers` are pairs of strings; `lines` are bytes. Gunicorn itself checks them, and
    its errors for headers that are none come through.
    """
    answer = GunicornsResponse.__new__(GunicornsResponse)
    answer.headers, answer.response_length, answer.upgrade = [], None, False
    answer.process_headers(headers)
    lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    return (
        tuple(answer.headers),
        answer.response_length,
        answer.upgrade,
        lines.encode("latin-1"),
    )


class Response(GunicornsResponse):
    """An answer of Gunicorn's, the same to the byte."""

    known = lines = None

    def process_headers(self, headers):
        """Take the headers of an answer, or of the error that comes in its place."""
        if self.headers:
            self.headers = list(self.headers)
            super().process_headers(headers)
            return
        self.known, self.response_length, self.upgrade, self.lines = checked(
            tuple(headers)
        )
        self.headers = self.known

    def head(self):
        """Return the head of the answer, as bytes."""
        if self.headers is not self.known:  # Some were taken out, or added.
            lines = "".join([f"{name}: {value}\r\n" for name, value in self.headers])
            self.lines = lines.encode("latin-1")
        return "".join(self.default_headers()).encode("latin-1") + self.lines + b"\r\n"

    def send_headers(self):
        """Send the head, if it has not gone yet."""
        if not self.headers_sent:
            self.sock.sendall(self.head())
            self.headers_sent = True

    def leaves_body_out(self):
        """
        Tell if this is the answer to a HEAD, of which the head is all; then send it.

        A view answers as it would a GET. Gunicorn leaves the body out as well, but
        warns of each.
        """
        if self.req.method == "HEAD":
            self.send_headers()
            return True
        return False

    def write(self, arg):
        """Send a part of the body (bytes); with the head if it is the whole of it."""
        if self.leaves_body_out():
            return
        if (
            self.headers_sent
            or self._omits_body
            or type(arg) is not bytes
            or not len(arg) == self.response_length <= LARGEST
        ):
            super().write(arg)
            return
        self.headers_sent, self.sent = True, len(arg)
        self.sock.sendall(self.head() + arg)

    def sendfile(self, respiter):
        """Send of a file what the reader takes at once; `req.rest` is what is left."""
        file = respiter.filelike
        if self.leaves_body_out():
            return True
        if (
            self._omits_body
            or self.response_length is None
            or self.cfg.is_ssl
            or not self.can_sendfile()
            or not util.has_fileno(file)
        ):
            return super().sendfile(respiter)
        self.send_headers()
        # The file is closed with the request, which ends here for all but the socket.
        copy = io.FileIO(os.dup(file.fileno()))
        rest = Rest(copy, os.lseek(copy.fileno(), 0, os.SEEK_CUR), self.response_length)
        if not rest.send(self.sock):
            self.req.rest = rest
        return True


class Rest:
    """What a reader has not taken yet of a file: from a place on, so many bytes."""

    def __init__(self, file, place, left):
        self.file, self.place, self.left = file, place, left

    def send(self, sock):
        """Send what the reader takes at once, a TURN at most; tell if it was all."""
        until = max(self.left - TURN, 0)
        sock.setblocking(False)
        try:
            while self.left > until:
                sent = os.sendfile(
                    sock.fileno(), self.file.fileno(), self.place, self.left - until
                )
                if not sent:
                    raise ConnectionAbortedError("The file is shorter than it was.")
                self.place, self.left = self.place + sent, self.left - sent
        except BlockingIOError:
            return False
        finally:
            sock.setblocking(True)
        if not self.left:
            self.file.close()
        return not self.left

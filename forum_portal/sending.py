"""
How the web server writes an answer: its head checked once, and sent with its body.

Gunicorn checks each header of each answer against two patterns, and sends head and
body one after the other. Of a page that is kept in memory, that is a fifth of all.
Of a page or a file it sends the last byte before it does anything else; here it is left
where the reader is slow, and the worker comes back to it (forum_portal.patience).
"""

import errno
import io
import os
import socket
import time
from contextlib import suppress
from functools import lru_cache

from gunicorn import util
from gunicorn.http.wsgi import Response as GunicornsResponse

HEADS = 1024  # that are remembered, of some 2 KB each
PATIENCE = 10  # seconds for which a thread waits for a client, in all
LEAST = 4 * 1024  # bytes that earn the client one of them again
TURN = 1024 * 1024  # bytes of a file that are sent before others have their turn


class SlowError(ConnectionResetError):
    """A client is too slow, and treated as one who has gone."""

    def __init__(self):
        super().__init__(errno.ECONNRESET, "The client is too slow.")


def left_after(left, began, size):
    """
    Return the seconds for which a client may still be waited for, of `left`.

    It was since `began` (time.monotonic), and sent or took so many bytes.
    """
    return min(left - (time.monotonic() - began) + size / LEAST, PATIENCE)


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
    left = PATIENCE

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
            self.headers_sent = True
            self.go_out(self.head())

    def go_out(self, *parts):
        """Send of some bytes what the reader takes; `req.rest` is what is left."""
        try:
            sent = self.sock.sendmsg(parts, (), socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except NotImplementedError:  # The server itself encrypts.
            self.sock.sendall(b"".join(parts))
            return
        if sent < sum(map(len, parts)):
            self.req.rest = Rest(after(parts, sent))

    def _emit_body(self, data):
        """Send a part of an answer that is made meanwhile, by a thread that waits."""
        left, began = self.left, time.monotonic()
        self.left = 0
        if left > 0:
            self.sock.settimeout(left)
            with suppress(TimeoutError):
                self.catch_up()
                super()._emit_body(data)
                self.left = left_after(left, began, len(data))
            self.sock.settimeout(None)
        if self.left <= 0:
            raise SlowError

    def catch_up(self):
        """Send what of the head the reader has not taken yet."""
        if rest := getattr(self.req, "rest", None):
            self.req.rest = None
            for part in rest.parts:
                self.sock.sendall(part)

    def close(self):
        """Send what is missing of the answer."""
        self.send_headers()
        if self.chunked:
            self._emit_body(b"")

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
            or len(arg) != self.response_length
        ):
            super().write(arg)
            return
        self.headers_sent, self.sent = True, len(arg)
        self.go_out(self.head(), arg)

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
            return False  # It goes out in parts.
        self.headers_sent = True
        # The file is closed with the request, which ends here for all but the socket.
        copy = io.FileIO(os.dup(file.fileno()))
        place = os.lseek(copy.fileno(), 0, os.SEEK_CUR)
        rest = Rest([self.head()], copy, place, self.response_length)
        if not rest.send(self.sock):
            self.req.rest = rest
        return True


class Rest:
    """What a reader has not taken yet: bytes; of a file, from a place on, so many."""

    def __init__(self, parts, file=None, place=0, left=0):
        self.parts, self.file, self.place, self.left = parts, file, place, left

    def send(self, sock):
        """Send what the reader takes at once, a TURN of a file; tell if it was all."""
        until = max(self.left - TURN, 0)
        sock.setblocking(False)
        try:
            while self.parts:
                self.parts = after(self.parts, sock.sendmsg(self.parts))
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
        if self.file and not self.left:
            self.file.close()
        return not self.left


def after(parts, sent):
    """Return what is left of parts (of bytes) when so many bytes have gone; no copy."""
    left = []
    for part in parts:
        if sent < len(part):
            left.append(memoryview(part)[sent:])
        sent = max(sent - len(part), 0)
    return left

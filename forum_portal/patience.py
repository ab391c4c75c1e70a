"""
A worker of the web server that slow clients cannot keep from answering others.

Gunicorn's own gives one of its few threads to a connection as soon as there is one,
and lets it wait there for the request: a dozen silent connections stop a portal. Here
a request gets a thread when its head has come, and of a body what a form of text has;
till then it costs a socket. A larger body has its thread while it comes, and not too
slowly: to take it in beforehand is for the proxy in front. A page or a file goes out as
fast as it is read, and has a thread only while some of it can be sent. What a body is,
and where a request ends, Gunicorn's parser judges; here is only asked when it can.
"""

import ctypes
import mmap
import re
import select
import selectors
import socket
import struct
import time
from contextlib import suppress
from functools import partial
from http import HTTPStatus

from gunicorn import util
from gunicorn.http import errors, message, parser, wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread

from forum_portal.sending import PATIENCE, Response, SlowError, left_after

LONGEST = 256 * 1024  # bytes waited for; a longer head is for the parser to refuse
OF_A_BODY = 64 * 1024  # bytes of it, at most
LATEST = 10  # seconds after which they must have come
CHUNKS = 1000  # of which that may consist
STANDSTILL = 30  # seconds in which a client must have taken some of an answer
READERS = 200  # of files, who are waited for; of one more the connection is cut
UNSENT = 128 * 1024  # bytes of a file that lie ready for a slow reader
MORE = 4  # connections by which a worker may be ahead of the others
TO_OTHERS = 0.05  # seconds for which it leaves the next one to them then
SILENT = 5  # seconds after which one that says nothing is busy, or gone
FAREWELL = 2  # seconds for who is told that nothing more comes to hang up
UNHEARD = 64 * 1024  # bytes of what is said meanwhile
HAS_BODY = re.compile(
    rb"\r\n(?:content-length:[ \t]*0*([0-9]*)[ \t]*\r\n|transfer-encoding:)",
    re.IGNORECASE,
)
CHUNK = re.compile(rb"([0-9a-f]+)[ \t]*(?:;[^\r\n]*)?\r\n", re.IGNORECASE)
BETWEEN_TRIMS = 10  # seconds
# RFC 9110, section 10.1.1
ASKS_FIRST = re.compile(
    rb"[^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*expect:[ \t]*100-continue[ \t]*\r\n",
    re.IGNORECASE,
)
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"

# Of GNU's library for C; another one has no need, or no way, to be told.
malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)

NOT_ASCII = re.compile(rb"[\x80-\xff]")
# What cannot be answered as a request, where it is not 400
REFUSED = {
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}
# What a page would also have; nothing of the request is in it.
REFUSAL = (
    "HTTP/1.1 {status} {phrase}\r\n"
    "Connection: close\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: {length}\r\n"
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "\r\n"
    "{phrase}\n"
)

# What nobody read of a body is not worth more of a thread's time.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 1.0
wsgi.Response = Response  # which the worker makes for each request


class Unreader(SocketUnreader):
    """What a thread reads of a connection, from a client who may not be too slow."""

    left = PATIENCE

    def chunk(self, size_hint=None):
        left, began = self.left, time.monotonic()
        self.left = 0  # Who was too slow once is not read from again.
        if left > 0:
            with suppress(BlockingIOError):
                come = super().chunk(size_hint)
                self.left = left_after(left, began, len(come))
        if self.left <= 0:
            raise SlowError
        return come


parser.SocketUnreader = Unreader
# How many connections each worker has, and when it has said so (time.monotonic):
# memory that all of them share.
PLACES = 512
held = memoryview(mmap.mmap(-1, 4 * PLACES)).cast("i")
told = memoryview(mmap.mmap(-1, 8 * PLACES)).cast("d")
IS_READ = object()  # what handling a connection comes to while a file is being read


class Request(message.Request):
    """A request whose address may hold bytes that should have been percent-encoded."""

    def parse_request_line(self, line_bytes):
        """
        Read an address as if its bytes past ASCII had been percent-encoded.

        Many a program sends Chinese so, and proxies hand it on. No such byte parts a
        line or an address: what a proxy takes for one request stays one. Whatever else
        stands in the line is the parser's to judge.
        """
        parts = line_bytes.split(b" ", 2)
        if len(parts) > 1 and parts[1].startswith(b"/"):
            parts[1] = NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], parts[1])
        super().parse_request_line(b" ".join(parts))


parser.RequestParser.mesg_class = Request


class Worker(gthread.ThreadWorker):
    """Threads for requests whose head is there; a poller for all who are not so far."""

    looks_again = accepts_again = trims_again = 0.0
    has_left = False  # the connection that waits to be taken, to others
    others = ()  # places of all workers that have said something of late

    def init_process(self):
        self.readers = set()  # connections whose sockets have no room for more
        self.leaving = set()  # those that are told that nothing more comes
        # What a listener is told holds for all connections it accepts (Linux).
        for listener in self.sockets:
            for name, seconds in (
                (socket.SO_RCVTIMEO, PATIENCE),
                (socket.SO_SNDTIMEO, PATIENCE),
            ):
                listener.setsockopt(
                    socket.SOL_SOCKET, name, struct.pack("ll", seconds, 0)
                )
        super().init_process()

    def accept(self, listener):
        """
        Take what connections there are, unless another worker has fewer.

        A worker that is awake would else take all that come at once, and answer them
        with one processor while the others have nothing to do: connections last. What
        is left to others and still there after a moment is taken all the same.
        """
        if len(self.others) < self.cfg.workers:
            self.look_for_others(time.monotonic())
        for _ in range(MORE):
            fewest = min((held[n] for n in self.others), default=self.nr_conns)
            if self.nr_conns >= fewest + MORE and not self.has_left:
                self.has_left = True
                self.accepts_again = time.monotonic() + TO_OTHERS
                self.set_accept_enabled(False)
                return
            before, self.has_left = self.nr_conns, False
            super().accept(listener)
            if self.nr_conns == before:
                return
            self.tell()

    def tell(self):
        """Let the other workers know how many connections are here."""
        place = self.age % PLACES
        held[place], told[place] = self.nr_conns, time.monotonic()

    def look_for_others(self, now):
        self.others = [n for n in range(PLACES) if now - told[n] < SILENT]

    def set_accept_enabled(self, enabled):
        super().set_accept_enabled(enabled and time.monotonic() >= self.accepts_again)

    def wait_for_and_dispatch_events(self, timeout):
        self.tell()
        left = self.accepts_again - time.monotonic()
        super().wait_for_and_dispatch_events(
            min(timeout, left) if left > 0 else timeout
        )

    def handle(self, conn):
        """
        Answer a request, or send its connection back to wait for the rest of it.

        Or send on an answer whose reader has room again.
        """
        if getattr(conn, "rest", None):
            return self.send_on(conn)
        if self.awaited(conn) > 1:
            # Who sends a byte now and then may never be among those who wait when
            # they are looked at: too late, it is let go here.
            return gthread._DEFER if time.monotonic() < conn.late_at else False
        conn.late_at, conn.data_ready = None, True
        if conn.parser:
            conn.parser.unreader.left = PATIENCE
        conn.stays = super().handle(conn)
        return IS_READ if getattr(conn, "rest", None) else conn.stays

    def handle_request(self, req, conn):
        if getattr(conn, "is_invited", False):
            conn.is_invited = req._expected_100_continue = False
        stays = super().handle_request(req, conn)
        conn.rest = getattr(req, "rest", None)
        return stays

    def handle_error(self, req, client, addr, exc):
        """
        Refuse what is no request; say of it in the log what kind of fault it has.

        Neither there nor in the answer stands anything that was sent, nor by whom.
        """
        kind = type(exc)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        if isinstance(exc, errors.ParseException):
            status = REFUSED.get(kind, HTTPStatus.BAD_REQUEST)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("A request could not be answered", exc_info=exc)
        else:
            self.log.warning("A request was refused: %s", kind.__name__)
        answer = REFUSAL.format(
            status=status.value, phrase=status.phrase, length=len(status.phrase) + 1
        )
        with suppress(OSError):  # Whoever asked has gone.
            util.write_nonblock(client, answer.encode())

    def send_on(self, conn):
        """Send some more of an answer; tell what becomes of the connection."""
        try:
            if not conn.rest.send(conn.sock):
                return IS_READ
        except OSError:  # The reader has gone, or the file.
            conn.stays = False
        conn.rest = None
        return conn.stays

    def finish_request(self, conn, fs):
        """Wait without a thread for the reader of an answer to take more of it."""
        result = None if fs.cancelled() or fs.exception() else fs.result()
        if result is False:
            self.let_go(conn)
            return
        if result is not IS_READ:
            super().finish_request(conn, fs)
            return
        files = sum(one.rest.file is not None for one in self.readers)
        if conn.rest.file and files >= READERS:
            self.nr_conns -= 1
            conn.close()
            return
        conn.late_at = time.monotonic() + STANDSTILL
        # The kernel would take in megabytes, and not wake us before a third is gone.
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        self.readers.add(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_WRITE, partial(self.on_room, conn)
        )

    def on_room(self, conn, client):
        self.poller.unregister(client)
        self.readers.remove(conn)
        self.enqueue_req(conn)

    def let_go(self, conn):
        """
        Say that nothing more comes, and close when the client has (RFC 9112, 9.6).

        Gunicorn waits for that where all connections wait to be answered.
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(
                conn.sock, selectors.EVENT_READ, partial(self.on_farewell, conn)
            )
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
            return
        conn.late_at, conn.unheard = time.monotonic() + FAREWELL, UNHEARD
        self.leaving.add(conn)

    def on_farewell(self, conn, client):
        try:
            come = client.recv(UNHEARD)
        except BlockingIOError:
            return
        except OSError:
            come = b""
        conn.unheard -= len(come)
        if not come or conn.unheard <= 0:
            self.drop(self.leaving, conn)

    def drop(self, waiting, conn):
        """Close a connection that is among those who wait for something."""
        waiting.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def invite(self, conn, come):
        """Let who asks for it first send a body, which is waited for all the same."""
        if getattr(conn, "is_invited", False) or b"\r\n\r\n" not in come:
            return
        if ASKS_FIRST.match(come, 0, come.index(b"\r\n\r\n") + 2):
            conn.is_invited = True
            with suppress(OSError):
                conn.sock.send(GO_ON, socket.MSG_DONTWAIT)

    def awaited(self, conn):
        """
        Return how many bytes must have come before a connection is worth a thread.

        1 if it is now. The kernel wakes nobody before (socket(7), SO_RCVLOWAT).
        """
        length = 1
        if not (conn.is_http2 or self.cfg.is_ssl):
            before = conn.parser.unreader.buf.getvalue() if conn.parser else b""
            try:
                come = conn.sock.recv(LONGEST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
                over = not come
            except BlockingIOError:
                come, over = b"", False
            except OSError:
                over = True
            if not over:  # Of what is over, the server's own way tells.
                length = missing(before + come, len(before))
                if length > 1 and has_ended(conn.sock):
                    length = 1
                if length > 1:
                    self.invite(conn, before + come)
        if getattr(conn, "wakes_at", 1) != length:
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, length)
            conn.wakes_at = length
        if length > 1 and getattr(conn, "late_at", None) is None:
            conn.late_at = time.monotonic() + LATEST
        return length

    def murder_pending(self):
        """Close what has not sent, or taken, in time what it was waited for."""
        now = time.monotonic()
        if now < self.looks_again:
            return
        self.looks_again = now + 1
        self.look_for_others(now)
        for waiting in (self.pending_conns, self.readers, self.leaving):
            for conn in [one for one in waiting if now > one.late_at]:
                self.drop(waiting, conn)
        if malloc_trim and now >= self.trims_again:
            self.trims_again = now + BETWEEN_TRIMS
            # Gives back what large answers have left empty between what is in use: a
            # twentieth of the memory, for less than a millisecond.
            malloc_trim(0)


def has_ended(sock):
    """
    Tell whether nothing more will come: the client has gone, or sends no more.

    For the kernel such a socket is always ready: to wait for it is to run in circles.
    """
    poller = select.poll()
    poller.register(sock, select.POLLRDHUP)
    return bool(poller.poll(0))


def missing(come, before=0):
    """
    Return how many bytes to wait for, 1 for none, when `come` (bytes) are here.

    `before` is how many of them have left the socket already.
    """
    end = come.find(b"\r\n\r\n")
    if end < 0:
        return 1 if len(come) >= LONGEST else max(len(come) - before + 1, 2)
    said = HAS_BODY.search(come, 0, end + 2)
    if not said:
        return 1
    start = end + 4
    if said[1] is None:
        whole = end_of_chunks(come, start)
    else:  # Of a longer number the first digits are enough.
        whole = start + int(said[1][:7] or 0)
    whole = min(whole, start + OF_A_BODY, LONGEST)
    return 1 if len(come) >= whole else whole - before


def end_of_chunks(come, place):
    """
    Return how many bytes there must be, at least, for a body in chunks to be whole.

    It begins at `place` (RFC 9112, 7.1). What is no chunk needs no more bytes: it is
    for the parser to refuse.
    """
    for _ in range(CHUNKS):
        said = CHUNK.match(come, place)
        if not said:
            return len(come) + (come.find(b"\r\n", place) < 0)
        size, place = int(said[1], 16), said.end()
        if not size:  # The last one, and what is told after it.
            if come.startswith(b"\r\n", place):
                return place + 2
            end = come.find(b"\r\n\r\n", place)
            return len(come) + 1 if end < 0 else end + 4
        place += size + 2
        if place >= len(come):
            return place + len(b"0\r\n\r\n")
    return LONGEST  # It is not looked through again and again.

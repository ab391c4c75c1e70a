"""
Visiting the addresses that the record leads to, politely.

One request at a time to a host, with a pause between two; HEAD first, GET only where
HEAD finds nothing. Never to a private network: every host is looked up first, also
after a redirect, and the connection goes to the address that was looked at.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db import models
from django.utils.encoding import iri_to_uri

from records.content_version import watched_models
from records.models import Correction, LinkCheck

AT_ONCE = 4  # hosts
REDIRECTS = 5
READ = 1024  # bytes of an answer to GET
PORTS = {"http": 80, "https": 443}
# Answers to programs that tell nothing of what people get (RFC 9110, 15.5)
REFUSALS = {401, 402, 403, 405, 406, 407, 429, 451, 999}

NOT_FOUND = {404, 410}
Problem = LinkCheck.Problem


class Visit(NamedTuple):
    """What a visit of an address found; `problem` is a `Problem`, or "" for none."""

    url: str
    status: int | None
    problem: str


class RefusedError(Exception):
    """An address that cannot or must not be visited; its argument is a `Problem`."""


def addresses():
    """Return every address of the web that the record leads to, as a set."""
    found = set()
    for model in watched_models():
        names = [f.name for f in model._meta.fields if isinstance(f, models.URLField)]
        for name in names if model is not Correction else []:
            rows = model._base_manager.exclude(**{name: ""}).order_by()
            found.update(rows.values_list(name, flat=True).distinct())
    return found


def visit_all(urls, *, delay=1.0, timeout=15.0, may_reach=None):
    """
    Yield a `Visit` of each address.

    `delay` and `timeout` are seconds; `may_reach` tells of an IP address whether it
    may be connected to, by default any that is public.
    """
    hosts = defaultdict(list)
    for url in urls:
        hosts[host_of(url)].append(url)

    def visit_host(of_host):
        found = []
        for number, url in enumerate(of_host):
            if number:
                time.sleep(delay)
            found.append(visit(url, delay, timeout, may_reach or is_public))
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for found in pool.map(visit_host, hosts.values()):
            yield from found


def host_of(url):
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def visit(url, delay, timeout, may_reach):
    """Return the `Visit` of an address; what may pass is asked for once more."""
    found = None
    for attempt in range(2):
        if attempt:
            time.sleep(delay)
        try:
            status = follow(url, timeout, may_reach)
            found = Visit(url, status, problem_of(status))
            if status < 500:
                return found
        except RefusedError as refusal:
            return Visit(url, None, refusal.args[0])
        except ssl.SSLCertVerificationError:
            return Visit(url, None, Problem.BAD_CERTIFICATE)
        except (OSError, http.client.HTTPException):
            found = Visit(url, None, Problem.NO_ANSWER)
    return found


def problem_of(status):
    """Return what an HTTP status means for people: a `Problem`, or "" for none."""
    if status < 400 or status in REFUSALS:
        return ""
    return Problem.NOT_FOUND if status in NOT_FOUND else Problem.ERROR


def follow(url, timeout, may_reach):
    """Return the status at the end of an address’s redirects."""
    for _hop in range(REDIRECTS + 1):
        status, target = ask("HEAD", url, timeout, may_reach)
        if status >= 400 and status != 429:
            status, target = ask("GET", url, timeout, may_reach)
        if not (300 <= status < 400 and target):
            return status
        try:
            url = urljoin(url, target)
        except ValueError as error:
            raise RefusedError(Problem.NO_ADDRESS) from error
    raise RefusedError(Problem.TOO_MANY)


def ask(method, url, timeout, may_reach):
    """Return the status and the redirect, if any, of one request."""
    try:
        parts = urlsplit(iri_to_uri(url))
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise RefusedError(Problem.NO_ADDRESS) from error
    if not host:
        raise RefusedError(Problem.NO_ADDRESS)
    plain = socket.create_connection((reachable(host, port, may_reach), port), timeout)
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.sock = plain
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(plain, server_hostname=host)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = host if port == PORTS[parts.scheme] else f"{host}:{port}"
        headers = {"Host": named, "User-Agent": user_agent(), "Accept": "*/*"}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read(READ)
        return answer.status, answer.headers.get("Location")
    finally:
        connection.close()
        plain.close()


def reachable(host, port, may_reach):
    """Return the IP address to connect to; refuse a host with one it must not."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RefusedError(Problem.NO_HOST) from error
    numbers = [ipaddress.ip_address(one[4][0].partition("%")[0]) for one in found]
    if not all(may_reach(number) for number in numbers):
        raise RefusedError(Problem.PRIVATE)
    return str(numbers[0])


def is_public(number):
    """Tell whether an IP address is one of the public network."""
    number = getattr(number, "ipv4_mapped", None) or number
    return number.is_global and not number.is_multicast


def user_agent():
    about = f" (+{settings.SITE_URL})" if settings.SITE_URL else ""
    return f"ForumPortal-LinkCheck/1.0{about}"

"""
What a deployment says by environment variables, read once at the start.

A value that cannot be right stops the start with one line that names the variable
and shows a good value. The line never repeats what was given: it may hold a password.
"""

import os
import re
import zoneinfo
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

# Schemes of addresses that are nothing without a host
HOSTED = {"http", "https", "redis", "rediss", "s3", "s3+http"} | {
    "smtp",
    "smtp+tls",
    "smtp+ssl",
}
HOST = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[\da-fA-F:.]+\]"


def stop(name, wanted, example):
    """
    Stop the start: `name` must be `wanted` (words), such as `example`.

    SystemExit, because every program that reads the settings ends on it with just
    this line on standard error and status 1, the web server too.
    """
    raise SystemExit(f"{name} must be {wanted}, such as {name}={example}")


def text(name, default=""):
    """Return what `name` says (str, no blanks around it); empty means the default."""
    return os.environ.get(name, "").strip() or default


def flag(name, default=False):
    """Return a bool: 1 or 0."""
    given = text(name, "1" if default else "0")
    if given not in {"0", "1"}:
        stop(name, "0 or 1", "1")
    return given == "1"


def choice(name, default, choices):
    """Return one of some words (str), whatever its case."""
    given = text(name, default)
    for word in choices:
        if word.lower() == given.lower():
            return word
    return stop(name, f"one of {', '.join(choices)}", default)


def secret(name, least):
    """Return a secret (str) of at least so many characters, "" if it is not set."""
    given = text(name)
    if given and (len(given) < least or len(set(given)) < 5):
        stop(
            name,
            f"at least {least} mixed characters",
            f"$(openssl rand -base64 {least})",
        )
    return given


def number(name, default, least=0, most=999_999_999):
    """Return a whole number (int) from `least` to `most`."""
    given = text(name, str(default))
    right = re.fullmatch("[0-9]{1,9}", given, re.ASCII)
    if not right or not least <= int(given) <= most:
        good = max(int(default), least)
        stop(name, f"a whole number from {least} to {most}", good)
    return int(given)


def address(name, schemes, example, default="", rest=".*", wanted="a full address"):
    """
    Return an address (str) of one of the schemes with a well-formed host and port.

    `schemes`: names such as {"http", "https"}. `rest`: a regular expression for all
    that follows the scheme; `wanted`: what to ask for. Empty, with no default: "".
    """
    given = text(name, default)
    if given and not (
        is_address(given, schemes)
        and re.fullmatch(f"[^:]+:(//)?{rest}", given, re.DOTALL)
    ):
        stop(name, wanted, example)
    return given


def addresses(name, schemes, example):
    """Return such addresses (list of str) between commas; none is an empty list."""
    given = [one.strip() for one in text(name).split(",") if one.strip()]
    if not all(is_address(one, schemes) for one in given):
        stop(name, "one full address, or more between commas", example)
    return given


def is_address(given, schemes):
    """
    Tell whether a text is an address of one of the schemes, its port a number.

    That of a database names one: SQLite's stands after three strokes, and after two
    it would be the name of a host, and the database in memory.
    """
    try:
        parts = urlsplit(given)
        if parts.scheme not in schemes:
            return False
        if parts.scheme == "sqlite":
            named = not parts.netloc and len(parts.path) > 1
            return named or given == "sqlite://:memory:"
        if parts.scheme.startswith("postgres"):
            return len(parts.path) > 1 and parts.port != 0 and knows_options(parts)
        return parts.port != 0 and bool(parts.hostname or parts.scheme not in HOSTED)
    except ValueError:
        return False


def knows_options(parts):
    """Tell whether PostgreSQL's library knows the options of a split address."""
    from psycopg2 import ProgrammingError
    from psycopg2.extensions import make_dsn

    try:
        make_dsn(**dict(parse_qsl(parts.query)))
    except ProgrammingError:
        return False
    return True


def store(name, example):
    """Return the address (str) of a Redis server, whose options its library knows."""
    schemes = {"redis", "rediss"}
    given = address(name, schemes, example, rest=r"[^/]+(/[0-9]{0,5})?(\?.*)?")
    if given:
        from redis import ConnectionPool

        try:
            ConnectionPool.from_url(given).make_connection()  # It does not connect yet.
        except (TypeError, ValueError):
            stop(name, "an address whose options are known", example)
    return given


def sender(name, default):
    """Return whom letters come from (str): an address, perhaps with a name."""
    given = text(name, default)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(given)[1]) or "\n" in given:
        stop(name, "an e-mail address", "record@example.org")
    return given


def listener(name, default):
    """Return the address (str) to listen at: an IP address or a host's name."""
    given = text(name, default)
    if not re.fullmatch(rf"{HOST}|[\da-fA-F:]+", given):
        stop(name, "an address of this machine", default)
    return given.strip("[]")


def folder(name, default):
    """Return a folder (Path), which need not be there yet."""
    given = text(name, default)
    if given.startswith("~") or "\0" in given:
        stop(name, "the full path of a folder", "/var/lib/portal")
    return Path(given)


def writable(path, name, wanted, example):
    """Make a folder (Path) if it is not there; stop if it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        stop(name, wanted, example)
    if not os.access(path, os.W_OK | os.X_OK):
        stop(name, wanted, example)


def hosts(name):
    """Return the names of hosts (list of str) between commas."""
    given = [host.strip() for host in text(name).split(",") if host.strip()]
    if not all(re.fullmatch(rf"\*|\.?({HOST})", host) for host in given):
        stop(name, "names of hosts between commas", "record.example.org,example.org")
    return given


def rate(name, default):
    """Return how often something may be asked (str), such as `120/minute`."""
    given = text(name, default)
    if not re.fullmatch(r"[1-9][0-9]{0,8}/(second|minute|hour|day)", given, re.ASCII):
        stop(name, "a number for each second, minute, hour or day", default)
    return given


def time_zone(name, default):
    """Return the IANA name (str) of a time zone."""
    given = text(name, default)
    try:
        zoneinfo.ZoneInfo(given)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        stop(name, "the IANA name of a time zone", default)
    return given

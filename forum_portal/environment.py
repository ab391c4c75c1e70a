"""
What a deployment says by environment variables, read once at the start.

A value that cannot be right stops the start with one line that names the variable
and shows a good value. The line never repeats what was given: it may hold a password.
"""

import os
import re
import socket
import zoneinfo
from email.utils import getaddresses
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
    """
    Return a secret (str) of at least so many characters, "" if it is not set.

    By chance not even one in hexadecimal has fewer than eight different characters.
    Django begins with "django-insecure-" what it makes for developing.
    """
    given = text(name)
    mixed = len(given) >= least and len(set(given)) >= 8
    if given and (not mixed or given.startswith("django-insecure-")):
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

    That of a database names one: SQLite's file by its full path, after three strokes.
    After two it would be the name of a host, and the database in memory.
    """
    try:
        parts = urlsplit(given)
        if parts.scheme not in schemes:
            return False
        if parts.scheme == "sqlite":
            named = not parts.netloc and re.fullmatch("//.*[^/]", parts.path)
            return bool(named) or given == "sqlite://:memory:"
        if parts.scheme.startswith("postgres"):
            return len(parts.path) > 1 and parts.port != 0 and knows_options(parts)
        return parts.port != 0 and bool(parts.hostname or parts.scheme not in HOSTED)
    except ValueError:
        return False


def knows_options(parts):
    """
    Tell whether PostgreSQL's library knows the options of a split address.

    It looks at their values only when it connects: here to a port of this machine
    where nobody listens, which is refused at once.
    """
    options = dict(parse_qsl(parts.query))
    if not options:
        return True
    from psycopg2 import OperationalError, ProgrammingError, connect

    nowhere = {"host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": 1}
    try:
        connect(**{"connect_timeout": 3} | options | nowhere).close()
    except ProgrammingError:
        return False
    except OperationalError as error:
        return "invalid" not in str(error)
    return True


def store(name, example):
    """Return the address (str) of a Redis server, whose options its library knows."""
    schemes = {"redis", "rediss"}
    given = address(name, schemes, example, rest=r"[^/]+(/[0-9]{0,5})?(\?.*)?")
    if given:
        from redis import ConnectionPool, RedisError

        try:
            ConnectionPool.from_url(given).make_connection()  # It does not connect yet.
        except (TypeError, ValueError, RedisError):
            stop(name, "an address whose options are known", example)
    return given


def sender(name, default):
    """Return whom letters come from (str): an address, perhaps with a name."""
    given = text(name, default)
    found = [address for _name, address in getaddresses([given])]
    one = len(found) == 1 and re.fullmatch(r"[^@\s]+@[^@\s]+", found[0])
    if not one or "\n" in given:
        stop(name, "one e-mail address", "record@example.org")
    return given


def listener(name, default):
    """Return the address (str) to listen at: an IP address or a host's name."""
    given = text(name, default).strip("[]")
    family = socket.AF_INET6 if ":" in given else socket.AF_INET
    try:
        with socket.socket(family) as listening:
            listening.bind((given, 0))  # any port: whether there is such an address
    except (OSError, UnicodeError):
        stop(name, "an address of this machine", default)
    return given


def folder(name, default):
    """
    Return a folder (Path), which need not be there yet.

    Its path is a full one: any other would be another folder for who starts a command
    elsewhere.
    """
    path = Path(text(name, default))
    if not path.is_absolute() or (os.access(path, os.F_OK) and not path.is_dir()):
        stop(name, "the full path of a folder", "/var/lib/portal")
    return path


def writable(path, name, wanted, example):
    """Make a folder (Path) if it is not there; stop if it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        stop(name, wanted, example)
    if not os.access(path, os.W_OK | os.X_OK):
        stop(name, wanted, example)


def is_sqlite(path):
    """Tell whether a file (Path) is a database of SQLite's, or not there yet."""
    try:
        with path.open("rb") as file:
            return file.read(16) in {b"", b"SQLite format 3\0"}
    except FileNotFoundError:
        return True
    except OSError:
        return False


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

"""
What a deployment says by environment variables, read once at the start.

A value that cannot be right stops the start with one line that names the variable
and shows a good value. The line never repeats what was given: it may hold a password.
"""

import errno
import os
import re
import socket
import zoneinfo
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

# Schemes of addresses that are nothing without a host
HOSTED = {"http", "https", "redis", "rediss", "s3", "s3+http"} | {
    "smtp",
    "smtp+tls",
    "smtp+ssl",
}
# Of a Redis server; its library takes more, of which much would break each page
STORE_OPTIONS = {"db", "username", "password", "protocol", "client_name"} | {
    *("socket_timeout", "socket_connect_timeout", "socket_keepalive"),
    *("health_check_interval", "max_connections"),
    *("ssl_cert_reqs", "ssl_check_hostname"),
    *("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password"),
}
LONGEST_NAME = 63  # bytes of a PostgreSQL database's name: it cuts off the rest
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


def secret(name, least, ascii_only=False):
    """
    Return a secret (str) of at least so many characters, "" if it is not set.

    By chance not even one in hexadecimal has fewer than eight different characters.
    Django begins with "django-insecure-" what it makes for developing. A header of a
    request carries ASCII only.
    """
    given = text(name)
    mixed = len(given) >= least and len(set(given)) >= 8 and not repeats(given, least)
    right = mixed and (given.isascii() or not ascii_only)
    if given and (not right or given.startswith("django-insecure-")):
        stop(
            name,
            f"at least {least} mixed {'ASCII ' if ascii_only else ''}characters",
            f"$(openssl rand -base64 {least})",
        )
    return given


def repeats(given, least):
    """
    Tell whether a text is a unit over and over, the last perhaps cut off.

    What has `least` characters would do alone, and so it does twice.
    """
    units = range(1, min(len(given) // 2, least - 1) + 1)
    return any(given[unit:] == given[:-unit] for unit in units)


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
        stop(name, "one full address, or more separated by commas alone", example)
    return given


def is_address(given, schemes):
    """
    Tell whether a text is an address of one of the schemes, its port a number.

    That of a database names one: SQLite's file by its full path, after three strokes.
    After two it would be the name of a host, and the database in memory. No part is
    taken that nothing would heed.
    """
    try:
        parts = urlsplit(given)
        if parts.scheme not in schemes or parts.fragment:
            return False
        if parts.scheme == "console":
            return not any(parts[1:])
        if parts.scheme == "sqlite":
            named = not parts.netloc and re.fullmatch("//.*[^/]", parts.path)
            plain = named and not parts.query
            return bool(plain) or given == "sqlite://:memory:"
        if parts.scheme.startswith("postgres"):
            return names_database(given, parts) and knows_options(parts)
        return parts.port != 0 and bool(parts.hostname or parts.scheme not in HOSTED)
    except ValueError:
        return False


def names_database(given, parts):
    """Tell whether an address, also given split, names one database of PostgreSQL."""
    name = unquote(parts.path.removeprefix("/"))
    one = given.count("://") == 1 and not re.search(r"\s", given)
    whole = 0 < len(name.encode()) <= LONGEST_NAME and "/" not in parts.path[1:]
    return one and whole and parts.port != 0


def options_of(query):
    """Return the options (dict of str) of an address; ValueError if one is none."""
    if not query:
        return {}
    pairs = parse_qsl(query, strict_parsing=True, keep_blank_values=True)
    if len(dict(pairs)) < len(pairs) or not all(value for _name, value in pairs):
        raise ValueError("An option without a value, or twice")
    return dict(pairs)


def knows_options(parts):
    """
    Tell whether PostgreSQL's library knows the options of a split address.

    It looks at their values only when it connects: here to a port of this machine
    where nobody listens, which is refused at once.
    """
    options = options_of(parts.query)
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
            options = options_of(urlsplit(given).query)
            times = [float(options[one]) for one in options if "timeout" in one]
            right = all(0 < seconds < 3600 for seconds in times)
            if not right or options.keys() - STORE_OPTIONS:
                raise ValueError
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
    except (OSError, TypeError, UnicodeError):
        stop(name, "an address of this machine", default)
    return given


def folder(name, default, example="/var/lib/portal"):
    """
    Return a folder (Path), which need not be there yet.

    Its path is a full one: any other would be another folder for who starts a command
    elsewhere.
    """
    path = Path(text(name, default))
    there = (one for one in (path, *path.parents) if os.access(one, os.F_OK))
    if not path.is_absolute() or not next(there).is_dir():
        stop(name, "the full path of a folder", example)
    return path


def public_folder(name, default, kept, private, example):
    """
    Return a folder (Path) of which every file is given out to anybody.

    `kept`: files and folders (Paths) that must not lie in it. `private`: folders that
    it must not lie in either.
    """
    path = folder(name, default, example)
    real = Path(os.path.realpath(path))
    kept = [Path(os.path.realpath(one)) for one in (*kept, *private)]
    private = [Path(os.path.realpath(one)) for one in private]
    if any(one.is_relative_to(real) for one in kept) or any(
        real.is_relative_to(one) for one in private
    ):
        stop(name, "a folder of its own, since all in it is public", example)
    return path


def writable(path, name, wanted, example):
    """Make a folder (Path) if it is not there; stop if it cannot be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(name, with_room(wanted, error), example)
    if not os.access(path, os.W_OK | os.X_OK):
        stop(name, wanted, example)


def with_room(wanted, error):
    """Return what a folder must be (words); if a full disk was the error, that too."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return f"{wanted}, on a disk that has room" if full else wanted


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

"""
What a deployment says by environment variables, read once at the start.

A value that cannot be right stops the start with one line that names the variable
and shows a good value. The line never repeats what was given: it may hold a password.
"""

import os
import re
import zoneinfo
from urllib.parse import urlsplit

# Schemes of addresses that are nothing without a host
HOSTED = {"http", "https", "redis", "rediss", "s3", "s3+http"} | {
    "smtp",
    "smtp+tls",
    "smtp+ssl",
}


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


def number(name, default, least=0, most=None):
    """Return a whole number (int) from `least` to `most`, if there is a most."""
    given = text(name, str(default))
    bound = f"from {least} to {most}" if most is not None else f"of at least {least}"
    right = given.isascii() and given.isdecimal()
    if not right or int(given) < least or (most is not None and int(given) > most):
        stop(name, f"a whole number {bound}", max(int(default), least))
    return int(given)


def address(name, schemes, example, default=""):
    """
    Return an address (str) of one of the schemes with a well-formed host and port.

    `schemes`: names such as {"http", "https"}. Empty, with no default: "".
    """
    given = text(name, default)
    if given and not is_address(given, schemes):
        stop(name, "a full address", example)
    return given


def addresses(name, schemes, example):
    """Return such addresses (list of str) between commas; none is an empty list."""
    given = [one.strip() for one in text(name).split(",") if one.strip()]
    if not all(is_address(one, schemes) for one in given):
        stop(name, "one full address, or more between commas", example)
    return given


def bucket(name):
    """Return the address (str) of a bucket of an S3-compatible storage, or ""."""
    example = "s3://key:secret@s3.example.org/portal"
    given = address(name, {"s3", "s3+http"}, example)
    if given and not re.fullmatch(r"/[a-z0-9][a-z0-9.-]+/?", urlsplit(given).path):
        stop(name, "the address of a storage and a bucket", example)
    return given


def is_address(given, schemes):
    """Tell whether a text is an address of one of the schemes, its port a number."""
    try:
        parts = urlsplit(given)
        return parts.scheme in schemes and (
            parts.scheme == "sqlite"
            or (parts.port != 0 and bool(parts.hostname or parts.scheme not in HOSTED))
        )
    except ValueError:
        return False


def hosts(name):
    """Return the names of hosts (list of str) between commas."""
    given = [host.strip() for host in text(name).split(",") if host.strip()]
    if not all(
        re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[\da-fA-F:.]+\]", host)
        for host in given
    ):
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

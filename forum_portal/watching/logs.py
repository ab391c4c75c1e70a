"""
What the log looks like: lines of text for people, or JSON for programs.

Each line carries the number of the request that it belongs to. A line names what was
asked for by its path alone: what somebody searched for, who they are and where they
come from is nobody's business, and a link that lets its bearer in is left out of the
path too.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from forum_portal import environment

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SECRET = {"token", "uidb64"}  # parts of addresses that let their bearer in
MEMBERS = ("method", "path", "status", "seconds", "view")  # of a line on a request
# What would begin a line, move the cursor of a terminal or turn the direction of text
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")

request_number = ContextVar("request_number", default="")


def configuration():
    """Return how to log (dict, as `logging.config` takes it), from the environment."""
    level = environment.choice("LOG_LEVEL", "WARNING", LEVELS)
    form = environment.choice("LOG_FORMAT", "text", ("text", "json"))
    stays = {"handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "forum_portal.watching.logs.Text"},
            "json": {"()": "forum_portal.watching.logs.Json"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level},
            # A wrong address, a made-up host or a forged form is no fault of ours.
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "CRITICAL"},
            # Each wrong password, with the address it came from: the log in the admin
            # tells of those.
            "axes": {"level": "ERROR"},
            "gunicorn.error": {"level": "WARNING", **stays},
            # Whoever wants these lines has asked for them.
            "forum_portal.requests": {"level": "INFO", **stays},
        },
    }


def path_of(request):
    """Return the path that was asked for (str) without what lets its bearer in."""
    path, match = request.path, getattr(request, "resolver_match", None)
    for name in SECRET & (match.kwargs.keys() if match else set()):
        path = path.replace(str(match.kwargs[name]), f"<{name}>")
    return path


def members(record):
    """Return (message, further members) of a line."""
    message, given = record.getMessage(), vars(record)
    found = {name: given[name] for name in MEMBERS if name in given}
    request = given.get("request")
    if hasattr(request, "resolver_match"):
        shown = path_of(request)
        message = message.replace(request.path, shown)
        found = {"method": request.method, "path": shown, **found}
    if "status_code" in given:
        found["status"] = given["status_code"]
    return message, found


def one_line(text):
    """Return a text with its control characters spelt: it stays one line."""
    return CONTROLS.sub(lambda one: one[0].encode("unicode_escape").decode(), text)


class Text(logging.Formatter):
    """One line for people: when, how bad, which request, who says it, what."""

    def format(self, record):
        """
        Return the line, and the lines of a traceback indented below it.

        An address or what an exception says may hold anything: nothing of it looks
        like a line of ours.
        """
        at = datetime.fromtimestamp(record.created, UTC)
        number = request_number.get() or "-"
        line = (
            f"{at:%Y-%m-%d %H:%M:%S}Z {record.levelname} [{number}] "
            f"{record.name}: {one_line(members(record)[0])}"
        )
        if record.exc_info:
            for below in self.formatException(record.exc_info).split("\n"):
                line += f"\n  {one_line(below)}"
        return line


class Json(logging.Formatter):
    """One JSON object a line; what is not known is left out."""

    def format(self, record):
        """Return the line."""
        message, further = members(record)
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "process": record.process,
            **further,
        }
        if number := request_number.get():
            said["request_id"] = number
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)

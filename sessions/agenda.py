"""An agenda without an account: its sessions are named by the address of the page."""

import re
from typing import NamedTuple
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from records.addresses import site_url
from records.models import SLUG
from sessions.models import Edition, Session
from sessions.programme import by_day, zones_of

MOST = 200  # sessions of one agenda: a bound on the work of one request
CLASHES = 20  # named on a page; their number is told in full
CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Agenda(NamedTuple):
    """Some sessions of an edition, and what the address asked for in vain."""

    edition: Edition | None
    sessions: list
    ignored: list
    asked: list = []  # codes, each once, also of what is not shown

    @property
    def codes(self):
        """What the sessions are called in an address: "S07.S10"."""
        return ".".join(session.code for session in self.sessions)

    @property
    def too_many(self):
        """How many codes are beyond the most that one agenda shows."""
        return len(self.asked[MOST:])

    def query(self):
        """Return the query of an address that names what is shown."""
        return urlencode({"edition": self.edition.slug, "s": self.codes})

    def query_without(self, codes):
        """
        Return the query of the address as it was asked for, without some codes.

        What a browser keeps and what its page was asked for stay the same by it.
        """
        rest = [code for code in self.asked if code not in codes]
        return urlencode({"edition": self.edition.slug, "s": ".".join(rest)})

    def withdrawn(self):
        """
        Return what was asked for and has been withdrawn: one query, if any.

        By its code: what it was called its own page says, and no other.
        """
        shown = {session.code for session in self.sessions}
        missing = [code for code in self.asked[:MOST] if code not in shown]
        if not missing:
            return []
        sessions = Session.objects.withdrawn().for_edition(self.edition)
        sessions = sessions.filter(code__in=missing).in_programme_order()
        return list(sessions.only("code"))


def read_agenda(params, load=lambda sessions: sessions) -> Agenda:
    """
    Return the agenda that the parameters of an address name, in programme order.

    `edition` is a slug, by default that of the current edition; `s` holds codes
    separated by points. `load` says what to fetch of the sessions.
    """
    slug = params.get("edition", "").strip()
    codes = [code.strip() for code in ".".join(params.getlist("s")).split(".")]
    codes = list(dict.fromkeys(code for code in codes if code))
    if not slug:
        edition = Edition.objects.current()
    elif len(slug) <= 100 and SLUG.regex.match(slug):
        edition = Edition.objects.published().filter(slug=slug).first()
    else:
        edition = None
    if edition is None:
        return Agenda(None, [], [("edition", slug)] if slug else [])
    asked = list(dict.fromkeys(code for code in codes if CODE.fullmatch(code)))
    sessions = Session.objects.published().for_edition(edition)
    sessions = load(sessions.filter(code__in=asked[:MOST]).in_programme_order())
    sessions = list(sessions) if asked else []
    known = {session.code for session in sessions}.union(asked[MOST:])
    ignored = [("s", code) for code in codes if code not in known]
    return Agenda(edition, sessions, ignored, asked)


def clashes(sessions) -> list:
    """
    Return the pairs of sessions whose known times overlap, the earlier one first.

    A session without an end counts for the moment it starts; a cancelled one
    takes no time.
    """
    cancelled = Session.EventStatus.CANCELLED
    timed = [s for s in sessions if s.starts_at and s.event_status != cancelled]
    timed.sort(key=lambda session: session.starts_at)
    pairs = []
    for place, one in enumerate(timed):
        for other in timed[place + 1 :]:
            if other.starts_at > one.starts_at and other.starts_at >= (
                one.ends_at or one.starts_at
            ):
                break
            pairs.append((one, other))
    return pairs


def agenda(request):
    """Show the sessions that the address names; nothing is kept here."""
    found = read_agenda(request.GET, lambda sessions: sessions.with_row_details())
    edition, sessions = found.edition, found.sessions
    withdrawn = found.withdrawn()
    for session in [*sessions, *withdrawn]:
        session.remove_url = f"?{found.query_without([session.code])}"
    gone = {session.code for session in withdrawn}
    ignored = [(name, value) for name, value in found.ignored if value not in gone]
    unknown = [code for name, code in ignored if code in found.asked]
    groups = by_day(sessions)
    for group in groups:
        group["zones"] = zones_of(edition, group["sessions"])
    overlapping = clashes(sessions)
    path = reverse("sessions:agenda")
    neutral = "/" + path.split("/", 2)[2]
    context = {
        "page_title": _("My agenda"),
        "robots": "noindex, nofollow",
        "trail": [(_("Home"), reverse("home")), (_("My agenda"), "")],
        "agenda": found,
        "edition": edition,
        "groups": groups,
        "count": len(sessions),
        "any_dated": not all(session.is_undated for session in sessions),
        "zones": zones_of(edition, sessions),
        "clashes": overlapping[:CLASHES],
        "more_clashes": len(overlapping[CLASHES:]),
        "withdrawn": withdrawn,
        "ignored": ignored,
        "unknown": ".".join(unknown),
        "known_url": f"?{found.query_without(unknown)}" if unknown else "",
        "most": MOST,
        "bare": "s" not in request.GET,
        "share": f"{site_url(request)}{neutral}?{found.query()}" if sessions else "",
    }
    return render(request, "sessions/agenda.html", context)

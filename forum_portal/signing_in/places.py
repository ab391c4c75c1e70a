"""Where somebody is signed in: each sign-in that has not ended, and how to end it."""

from typing import NamedTuple

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session as LoginSession
from django.utils import timezone
from django.utils.dateparse import parse_datetime


class Place(NamedTuple):
    """A sign-in of somebody that has not ended."""

    key: str
    since: object
    ip: str
    agent: str


def places(user):
    """
    Return where somebody is signed in, the newest first, by one query.

    Only staff have such sessions, so there are few to look through.
    """
    found = []
    for session in LoginSession.objects.filter(expire_date__gt=timezone.now()):
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk):
            told = data.get("signed_in", {})
            since = parse_datetime(told.get("at", ""))
            ip, agent = told.get("ip") or "", told.get("agent") or ""
            found.append(Place(session.session_key, since, ip, agent))
    known = [place for place in found if place.since]
    rest = [place for place in found if not place.since]
    return sorted(known, key=lambda place: place.since, reverse=True) + rest


def sign_out(user, *, but=None):
    """End every sign-in of somebody, `but` the session of that key; return how many."""
    keys = [place.key for place in places(user) if place.key != but]
    LoginSession.objects.filter(session_key__in=keys).delete()
    return len(keys)

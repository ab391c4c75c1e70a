"""What a page says of its calendar file."""

from functools import cache

from django import template
from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse

from exchange.calendars import calendar_query, sessions_of
from records.addresses import site_url
from records.facets import count_having
from sessions.filters import SessionFilter
from sessions.models.sessions import UNDATED, Session

register = template.Library()

# Sessions of a list whose calendar is offered. More fit no calendar program, and to
# count which of them have a date would cost more than the page.
MOST_OFFERED = 1000

# The calendar of each page that has one
CALENDARS = {
    "sessions:edition": "exchange:edition-calendar",
    "sessions:programme": "exchange:programme-calendar",
    "sessions:list": "exchange:sessions-calendar",
    "sessions:detail": "exchange:session-calendar",
    "sessions:agenda": "exchange:agenda-calendar",
    "organizations:person": "exchange:person-calendar",
    "organizations:detail": "exchange:organization-calendar",
    "topics:detail": "exchange:topic-calendar",
}


@register.inclusion_tag("exchange/_calendar.html", takes_context=True)
def calendar(context):
    """Show the calendar file of the page, in one query at most; nothing if none."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    name = CALENDARS.get(match.view_name) if match else None
    counts = name and count_sessions(context)
    if not counts:
        return {}  # a page without sessions, or one that says there is no such page
    total, undated = counts
    path, query = reverse(name, kwargs=match.captured_kwargs), query_of(context)
    address = f"{path}?{query}" if query else path
    absolute = site_url(request) + address
    record = context.get("record")
    return {
        "address": address,
        "absolute": absolute,
        "subscribe": f"webcal:{absolute.partition(':')[2]}",
        "total": total,
        "undated": undated,
        "dated": total - undated,
        "days_of_forum": name == CALENDARS["sessions:edition"] and record.starts_on,
        "one": name == CALENDARS["sessions:detail"],
    }


def query_of(context):
    """Return the part of the page's query that its calendar file understands."""
    if agenda := context.get("agenda"):
        return agenda.query() if agenda.sessions else ""
    filterset = context.get("filterset")
    return calendar_query(filterset) if filterset else ""


def count_sessions(context):
    """Return how many sessions a page is about, and how many of them have no date."""
    record, filterset = context.get("record"), context.get("filterset")
    if counts := context.get("session_counts"):
        return counts
    if agenda := context.get("agenda"):
        return count_among(agenda.sessions)
    if isinstance(record, Session):
        return count_among([record])
    if "in_sessions" in context:
        return count_among([part.session for part in context["in_sessions"]])
    page = context.get("page_obj")
    if page and page.paginator.count > MOST_OFFERED:
        return None
    found = context.get("found_keys")
    if found is not None:  # the page knows which they are
        return len(found), count_having(found, lacking(), "date")
    if filterset or record:
        sessions = filterset.qs if filterset else sessions_of(record)
        counts = {"total": Count("pk"), "undated": Count("pk", filter=UNDATED)}
        return tuple(sessions.order_by().aggregate(**counts).values())
    return None


@cache
def lacking():
    return SessionFilter(QueryDict(), Session.objects.none()).filters["lacking"]


def count_among(sessions):
    return len(sessions), sum(session.is_undated for session in sessions)

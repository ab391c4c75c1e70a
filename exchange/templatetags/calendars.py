"""What a page says of its calendar file."""

from django import template
from django.db.models import Count
from django.urls import reverse

from exchange.calendars import calendar_query, sessions_of
from records.addresses import site_url
from sessions.models.sessions import UNDATED

register = template.Library()

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
    record = context.get("record")
    if not name:
        return {}
    query = ""
    if match.view_name == "sessions:agenda":
        agenda = context["agenda"]
        total = len(agenda.sessions)
        undated = sum(session.is_undated for session in agenda.sessions)
        query = agenda.query() if total else ""
    elif match.view_name == "sessions:detail":
        total, undated = 1, int(record.is_undated)
    else:
        filterset = context.get("filterset")
        query = calendar_query(filterset) if filterset else ""
        sessions = filterset.qs if filterset else sessions_of(record)
        total, undated = (
            sessions.order_by()
            .aggregate(total=Count("pk"), undated=Count("pk", filter=UNDATED))
            .values()
        )
    path = reverse(name, kwargs=match.captured_kwargs)
    address = f"{path}?{query}" if query else path
    absolute = site_url(request) + address
    return {
        "address": address,
        "absolute": absolute,
        "subscribe": f"webcal:{absolute.partition(':')[2]}",
        "total": total,
        "undated": undated,
        "dated": total - undated,
        "days_of_forum": match.view_name == "sessions:edition" and record.starts_on,
        "one": match.view_name == "sessions:detail",
    }

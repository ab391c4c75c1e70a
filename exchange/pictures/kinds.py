"""All pictures, by the last part of their address, in the order they are shown in."""

from django.http import QueryDict

from exchange.pictures import (
    flow,
    jurisdictions,
    matrix,
    network,
    timeline,
    topics,
)
from records.models import NO_VALUE
from sessions.filters import SessionFilter
from sessions.models import Session

PICTURES = {
    "timeline": timeline,
    "topics": topics,
    "organizations": matrix,
    "flow": flow,
    "network": network,
    "jurisdictions": jurisdictions,
}
ONE = ("organization",)  # of which a picture shows one alone


def understood(name, asked):
    """
    Return what an address asks of a picture as a `QueryDict`, and what means nothing.

    All pictures know `edition`; the network shows what is around one `organization`.
    """
    given = QueryDict(mutable=True)
    for parameter in ("edition", *(ONE if name == "network" else ())):
        given.setlist(parameter, asked.getlist(parameter))
    filterset = SessionFilter(given, Session.objects.none())
    ignored, kept = filterset.ignored, filterset.data.copy()
    for parameter in kept:
        values = filterset.data.getlist(parameter)
        useless = [value for value in values if value == NO_VALUE]
        if parameter in ONE:
            useless += [v for v in values if v not in useless][1:]
        ignored += [(parameter, value) for value in useless]
        kept.setlist(parameter, [v for v in values if v not in useless])
    return kept, ignored

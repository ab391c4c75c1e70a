"""What the address of a picture asks, and what several pictures then need."""

from functools import cached_property

from django.http import QueryDict

from exchange.pictures.sets import Sets
from records.models import NO_VALUE
from sessions.filters import SessionFilter
from sessions.models import Edition, Session
from topics.filters import RegulationFilter

ONE = "organization"  # of which a picture shows what is around one alone


class Asked:
    """
    What an address asks, and the sets and editions that pictures are made of.

    All pictures know `edition`, and those that say so an `organization`. What was
    understood is in `given`, a `QueryDict`; the rest, as (parameter, value) pairs, in
    `ignored`. Each thing is fetched once, when it is first needed.
    """

    def __init__(self, query, *, organization=False):
        wanted = QueryDict(mutable=True)
        for name in ("edition", ONE) if organization else ("edition",):
            if query.getlist(name):
                wanted.setlist(name, query.getlist(name))
        filterset = self._filterset(wanted)
        self.given, self.ignored = filterset.data.copy(), filterset.ignored
        self._asked = filterset
        for name, values in filterset.data.lists():
            kept = [value for value in values if value != NO_VALUE]
            kept = kept[:1] if name == ONE else kept
            self.ignored += [(name, value) for value in values if value not in kept]
            self.given.setlist(name, kept)
            if not kept:
                del self.given[name]
        self._editions = self.given.copy()
        self._editions.pop(ONE, None)
        if self._editions.dict() != filterset.data.dict():
            filterset = self._filterset(self._editions)
        self._sessions = filterset

    def _filterset(self, query):
        return SessionFilter(query, Session.objects.published())

    @property
    def organization(self):
        """The slug of the organization to show what is around; or ""."""
        return self.given.get(ONE, "")

    @property
    def words(self):
        """What was understood, as the page of a list names its filters."""
        return [
            str(one["label"])
            for one in self._asked.active()
            if one["value"] in self.given.getlist(one["name"])
        ]

    @cached_property
    def sessions(self):
        names = ["edition", "organization", "topic", "stage", "regulation"]
        return Sets(self._sessions, names)

    @cached_property
    def regulations(self):
        names = ["edition", "jurisdiction", "binding"]
        public = RegulationFilter.Meta.model.objects.published()
        return Sets(RegulationFilter(self._editions, public), names)

    @cached_property
    def editions(self):
        """All public editions, the newest first."""
        return list(Edition.objects.published())

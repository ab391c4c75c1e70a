"""What the address of a picture asks, and what several pictures then need."""

from functools import cached_property

from exchange.pictures.sets import Sets
from sessions.filters import SessionFilter
from sessions.models import Edition
from topics.filters import RegulationFilter


class Asked:
    """
    The sets and editions that pictures are made of, each fetched once.

    `given` is a `QueryDict` of what was understood: `edition`, and for the network
    one `organization`.
    """

    def __init__(self, given):
        self.given = given
        self.editions_asked = given.copy()
        self.editions_asked.pop("organization", None)

    @property
    def organization(self):
        """The slug of the organization to show what is around; or ""."""
        return self.given.get("organization", "")

    @cached_property
    def sessions(self):
        names = ["edition", "organization", "topic", "stage", "regulation"]
        return Sets(SessionFilter, self.editions_asked, names)

    @cached_property
    def regulations(self):
        names = ["edition", "jurisdiction", "binding"]
        return Sets(RegulationFilter, self.editions_asked, names)

    @cached_property
    def editions(self):
        """All public editions, the newest first."""
        return list(Edition.objects.published())

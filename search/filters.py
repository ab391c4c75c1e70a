"""
The filters of the search page.

What a filter keeps of a kind is what the same parameter keeps of that kind's own
list; a kind whose list does not know the parameter drops out.
"""

from urllib.parse import urlencode

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from organizations.filters import Countries, OrganizationFilter, PersonFilter
from records.filters import Choices, RecordFilterSet, Records, Year
from search.kinds import KINDS
from search.models import Document
from sessions.filters import EditionFilter, OutcomeFilter, SessionFilter
from sessions.models import Edition
from topics.filters import (
    Jurisdiction,
    MineralFilter,
    RegulationFilter,
    StageFilter,
    TopicFilter,
)
from topics.models import LifecycleStage, Mineral, Topic

# The filters of each kind's own list
FILTER_SETS = {
    "regulations": RegulationFilter,
    "topics": TopicFilter,
    "minerals": MineralFilter,
    "stages": StageFilter,
    "organizations": OrganizationFilter,
    "people": PersonFilter,
    "editions": EditionFilter,
    "sessions": SessionFilter,
    "outcomes": OutcomeFilter,
}


def kind_choices():
    return [(k.word, capfirst(k.model._meta.verbose_name_plural)) for k in KINDS]


class Named(Records):
    """A filter by records of one kind that results of many kinds are filed under."""

    def __init__(self, model, **kwargs):
        super().__init__(None, **kwargs)
        self.named = model

    def related(self, path):
        return self.named.objects


class SearchFilter(RecordFilterSet):
    """What the address of a search asks for, besides the words themselves."""

    kind = Choices(None, kind_choices, label=_("Kind"))
    topic = Named(Topic, label=_("Topic"))
    stage = Named(LifecycleStage, label=_("Life-cycle stage"))
    mineral = Named(Mineral, label=_("Mineral"))
    jurisdiction = Jurisdiction(label=_("Jurisdiction"))
    country = Countries(None, (), label=_("Country"))
    edition = Named(Edition, label=_("Edition"))
    year_from = Year(label=_("From year"))
    year_to = Year(label=_("To year"))

    sorts = {
        "best": (_("Best match"), None),
        "name": (_("Name"), None),
        "newest": (_("Newest first"), None),
    }

    class Meta:
        model = Document
        fields = []

    def __init__(self, data, text):
        super().__init__(data)
        self.text = text

    def query(self, without=None, **extra):
        """Return the canonical query string, the words first."""
        words = urlencode({"q": self.text}) if self.text else ""
        return "&".join(filter(None, [words, super().query(without, **extra)]))

    def query_with(self, name, *values):
        """Return the query string with these values of a parameter and no others."""
        asked = self.data
        self.data = asked.copy()
        self.data.setlist(name, values)
        query = self.query()
        self.data = asked
        return query

    @property
    def wanted(self):
        """What is asked for, as {parameter: [values]}."""
        return {name: list(known) for name, known in self.labels.items()}

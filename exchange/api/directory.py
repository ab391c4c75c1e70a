"""What the API tells of people and organizations."""

from django.db.models import F, Prefetch
from django.utils.translation import gettext_lazy as _

from exchange.api.fields import (
    FULL,
    REFERENCE,
    RELATED,
    TEXT,
    Code,
    Count,
    Label,
    Plain,
    Spoken,
    Told,
    Value,
    Words,
    country,
    country_code,
    or_null,
)
from exchange.api.relations import One, Set, SetByWay, reference_to
from exchange.api.telling import RecordSerializer
from exchange.tables.columns import by_id
from exchange.tables.directory import ORGANIZATIONS, PEOPLE
from organizations.models import Affiliation
from organizations.participation import with_session_count
from sessions.models import Outcome, Session
from topics.models import Regulation

COUNTRY_CODE = {"type": ["string", "null"], "pattern": "^[A-Z]{2}$"}
NEWEST = (
    "-session__edition__year",
    "-session__edition__starts_on",
    F("session__starts_at").asc(nulls_first=True),
    "session__position",
    "session__pk",
)


def newest_sessions(parts):
    """Put the contributions of somebody into the order of their sessions."""
    return parts.order_by(*NEWEST)


def newest_outcomes(outcomes):
    return outcomes.order_by("-edition__year", "position", "pk")


def sessions_of(name):
    return SetByWay(Session, name, "contributions", "session", newest_sessions)


class Organizations(Told):
    """Those that somebody belongs to; none of who is shown by name only."""

    width = FULL
    expandable = True

    def prepare(self):
        wide = RELATED if self.parent.expands(self.field_name) else REFERENCE
        self.telling = self.asked.teller(OrganizationSerializer, wide)
        self.columns = ("listed",)

    def prefetches(self):
        paths = [f"organization__{path}" for path in self.telling.paths()]
        ties = Affiliation.objects.published().select_related("organization")
        ties = ties.only("person", *paths)
        return {"affiliations": Prefetch("affiliations", ties, "told_affiliations")}

    def to_representation(self, person):
        found = {one.organization_id: one for one in person.told_affiliations}
        return [self.telling.tell(one.organization) for one in found.values()]

    def openapi(self, auto_schema):
        return {"type": "array", "items": reference_to("RelatedOrganization")}


class PersonSerializer(RecordSerializer):
    """Somebody whom a source names; who asked for it is told of by name only."""

    table = PEOPLE
    NAME_ONLY = {
        "sort_name": None,
        "orcid": None,
        "role": None,
        "bio": None,
        "note": None,
    }

    sort_name = Plain()
    orcid = Plain()
    role = Words()
    bio = Words(width=FULL)
    organizations = Organizations(label=_("Organizations"))
    session_count = Count(with_session_count, label=_("Sessions"))
    sessions = sessions_of("person")

    def paths(self):
        return super().paths() | {"listed"}

    def to_representation(self, person):
        said = super().to_representation(person)
        if not person.listed:
            said |= {name: None for name in self.NAME_ONLY if name in said}
        return said


class OrganizationSerializer(RecordSerializer):
    """A body that took part in the forum, or that issues what was discussed there."""

    table = ORGANIZATIONS

    acronym = Plain()
    kind = Label()
    kind_id = Code(label=by_id(_("kind")))
    country = Spoken(country, or_null(TEXT), ("country",), label=_("country"))
    country_id = Value(
        country_code, COUNTRY_CODE, ("country",), label=by_id(_("country"))
    )
    parent = One()
    website = Plain()
    ror = Plain()
    wikidata = Plain()
    session_count = Count(with_session_count, label=_("Sessions"))
    sessions = sessions_of("organization")
    people = Set(PEOPLE.model, "organization")
    regulations = Set(Regulation, "organization")
    outcomes = Set(Outcome, "organization", newest_outcomes)
    description = Words(width=FULL)

"""What a file tells of people and organizations."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from exchange.tables import columns as c
from exchange.tables.table import Table, counted
from organizations.filters import OrganizationFilter, PersonFilter
from organizations.models import Affiliation, Organization, Person
from organizations.participation import with_session_count
from records.prepared import rows_in


def unless_name_only(column):
    """Return the column empty for who asked to be shown by name only."""

    def value(person):
        return column.value(person) if person.listed else None

    return column._replace(value=value)


def places(person):
    found = [one.organization for one in rows_in(person, "affiliations")]
    return dict.fromkeys(found) if person.listed else []


def load_people(people, filterset):
    affiliations = Affiliation.objects.published().select_related("organization")
    return with_session_count(people).prefetch_related(
        Prefetch("affiliations", affiliations)
    )


PEOPLE = Table(
    "people",
    Person,
    PersonFilter,
    [
        *map(
            unless_name_only,
            [
                *c.plain(Person, "sort_name"),
                *c.plain(Person, "orcid"),
                *c.text(Person, "role"),
                *c.text(Person, "bio"),
            ],
        ),
        *c.many("organizations", "organization_ids", _("Organizations"), places),
        *counted("session_count", _("Sessions")),
    ],
    load_people,
    prose="bio",
)


def load_organizations(organizations, filterset):
    related = c.public(Organization, "parent")
    return with_session_count(organizations).prefetch_related(*related)


ORGANIZATIONS = Table(
    "organizations",
    Organization,
    OrganizationFilter,
    [
        *c.plain(Organization, "acronym"),
        *c.choice(Organization, "kind"),
        *c.country(Organization),
        *c.one(Organization, "parent"),
        *c.plain(Organization, "website"),
        *c.plain(Organization, "ror"),
        *c.plain(Organization, "wikidata"),
        *counted("session_count", _("Sessions")),
        *c.text(Organization, "description"),
    ],
    load_organizations,
    prose="description",
)

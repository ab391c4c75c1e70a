from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from organizations.models import Organization, Person
from organizations.participation import NOT_PRESENT, with_session_count
from records.filters import Choices, RecordFilterSet, Records, Ways, Words, in_both
from records.lacking import Gap, Lacking, no_text

IN_ORDER_OF_KIND = Case(
    *(When(kind=kind, then=place) for place, kind in enumerate(Organization.Kind)),
    default=len(Organization.Kind),
)


class Countries(Choices):
    """A filter by country: any may be asked for, those on record are offered."""

    in_order = False

    def choices(self):
        on_record = self.model.objects.published().exclude(country="")
        codes = set(on_record.order_by().values_list("country", flat=True).distinct())
        return [(code, name) for code, name in countries if code in codes]

    def known(self, values):
        named = {value: countries.name(value) for value in values}
        return {value: name for value, name in named.items() if name}

    def name_of(self, value):
        return countries.name(value) or value


class OrganizationsOfPeople(Ways):
    """
    A filter of people by organization.

    It leaves out those who asked to be shown by name only, and offers the
    organizations that somebody on record belongs to or took part for.
    """

    def choices(self):
        people = self.model.objects.published().filter(listed=True)
        contributions = self.related("contributions").published()
        offered = (
            self.related("affiliations")
            .published()
            .order_by()
            .values("organization")
            .union(
                contributions.filter(person__in=people)
                .order_by()
                .values("organization")
            )
        )
        organizations = Organization.objects.published().filter(pk__in=offered)
        return [(record.slug, str(record)) for record in organizations]

    def having(self, values):
        return super().having(values) & Q(listed=True)

    def rows(self, pks=None):
        return [
            (ties.filter(**{f"{back}__listed": True}), back, value)
            for ties, back, value in super().rows(pks)
        ]

    def tables(self):
        return super().tables() | {self.model._meta.db_table}  # `listed`


class Present(Records):
    """A filter by the editions in which somebody had a part as one who was there."""

    def ties(self):
        return super().ties().exclude(role__in=NOT_PRESENT)


class Editions(Ways):
    """A filter that keeps those who were at one of these editions."""

    def __init__(self, **kwargs):
        super().__init__(("contributions", "session__edition"), **kwargs)

    @property
    def ways(self):
        present = Present("edition", via="edition_roles")
        present.model = self.model
        return [*super().ways, present]


class Together(Records):
    """A filter that keeps those who were in a session with one of these."""

    has_none = False

    def filter(self, queryset, value):
        if not value:
            return queryset
        contributions = self.related("contributions").published()
        name = self.field_name.rpartition("__")[2]
        public = self.model.objects.published()
        either = Q()
        for slug in value:
            asked = public.filter(slug=slug)
            sessions = contributions.filter(**{f"{name}__in": asked}).values("session")
            there = contributions.filter(session__in=sessions).values(name)
            either |= Q(pk__in=there) & ~Q(pk__in=asked.values("pk"))
        return queryset.filter(either)


class WhoFilter(RecordFilterSet):
    """What the filters of organizations and of people have in common."""

    def annotated(self, queryset):
        return with_session_count(queryset)


class OrganizationFilter(WhoFilter):
    q = Words(*in_both("name"), "acronym")
    edition = Editions(label=_("Edition"))
    kind = Choices("kind", Organization.Kind.choices, label=_("Kind"))
    country = Countries("country", (), label=_("Country"))
    topic = Records("session__topics", via="contributions", label=_("Topic"))
    mineral = Records("session__minerals", via="contributions", label=_("Mineral"))
    stage = Records("session__stages", via="contributions", label=_("Stage"))
    regulation = Ways(
        ("contributions", "session__regulations"),
        ("issued", "regulation"),
        label=_("Regulation"),
    )
    organization = Together("contributions__organization", label=_("Together with"))
    person = Ways(
        ("contributions", "person"), ("affiliations", "person"), label=_("Person")
    )
    lacking = Lacking(
        {
            "website": Gap(_("No website"), lambda _kind: Q(website="")),
            "description": Gap(
                _("No description"), lambda _kind: no_text("description")
            ),
        }
    )

    shown = (
        "kind",
        "country",
        "topic",
        "mineral",
        "stage",
        "regulation",
        "edition",
    )
    sorts = {
        "kind": (_("Kind"), [IN_ORDER_OF_KIND, "sort_key", "pk"]),
        "name": (_("Name"), ["sort_key", "pk"]),
        "sessions": (_("Most sessions"), ["-session_count", "sort_key", "pk"]),
    }

    class Meta:
        model = Organization
        fields = []


class PersonFilter(WhoFilter):
    q = Words(*in_both("name"), show_other_names=Q(listed=True))
    edition = Editions(label=_("Edition"))
    topic = Records("session__topics", via="contributions", label=_("Topic"))
    mineral = Records("session__minerals", via="contributions", label=_("Mineral"))
    stage = Records("session__stages", via="contributions", label=_("Stage"))
    regulation = Records(
        "session__regulations", via="contributions", label=_("Regulation")
    )
    organization = OrganizationsOfPeople(
        ("contributions", "organization"),
        ("affiliations", "organization"),
        label=_("Organization"),
    )
    person = Together("contributions__person", label=_("Together with"))
    lacking = Lacking(told=Q(listed=True))

    shown = ("organization", "topic", "mineral", "stage", "regulation", "edition")
    sorts = {
        "name": (_("Name"), ["sort_key", "pk"]),
        "sessions": (_("Most sessions"), ["-session_count", "sort_key", "pk"]),
    }

    class Meta:
        model = Person
        fields = []

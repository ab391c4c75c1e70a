from django.db.models import Case, Q, When
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from organizations.models import Organization, Person
from organizations.participation import NOT_PRESENT, with_session_count
from records.filters import Choices, RecordFilterSet, Records, Words, in_both

IN_ORDER_OF_KIND = Case(
    *(When(kind=kind, then=place) for place, kind in enumerate(Organization.Kind)),
    default=len(Organization.Kind),
)


class Countries(Choices):
    """A filter by country: any may be asked for, those on record are offered."""

    def choices(self):
        on_record = self.model.objects.published().exclude(country="")
        codes = set(on_record.order_by().values_list("country", flat=True).distinct())
        return [(code, name) for code, name in countries if code in codes]

    def known(self, values):
        named = {value: countries.name(value) for value in values}
        return {value: name for value, name in named.items() if name}


class Ways(Records):
    """A filter by records that are reached in more than one way: (via, field)."""

    def __init__(self, *ways, **kwargs):
        via, field_name = ways[0]
        super().__init__(field_name, via=via, **kwargs)
        self.ways = ways

    def filter(self, queryset, value):
        if not value:
            return queryset
        either = Q()
        for via, field_name in self.ways:
            way = Records(field_name, via=via)
            way.model = self.model
            either |= Q(pk__in=way.filter(self.model.objects.all(), value).values("pk"))
        return queryset.filter(either)


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

    def filter(self, queryset, value):
        found = super().filter(queryset, value)
        return found.filter(listed=True) if value else found


class Editions(Records):
    """A filter that keeps those who were at one of these editions."""

    def filter(self, queryset, value):
        if not value:
            return queryset
        name = self.model._meta.model_name
        editions = self.related("edition_roles__edition").published()
        asked = editions.filter(slug__in=value)
        roles = self.related("edition_roles").published().filter(edition__in=asked)
        present = roles.exclude(role__in=NOT_PRESENT).values(name)
        contributions = self.related("contributions").published()
        spoke = contributions.filter(session__edition__in=asked).values(name)
        return queryset.filter(Q(pk__in=present) | Q(pk__in=spoke))


class Together(Records):
    """A filter that keeps those who were in a session with one of these."""

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

    def filter_queryset(self, queryset):
        return super().filter_queryset(with_session_count(queryset))


class OrganizationFilter(WhoFilter):
    q = Words(*in_both("name"), "acronym")
    edition = Editions("edition_roles__edition", label=_("Edition"))
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

    shown = ("edition", "kind", "country")
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
    edition = Editions("edition_roles__edition", label=_("Edition"))
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

    shown = ("edition", "organization")
    sorts = {
        "name": (_("Name"), ["sort_key", "pk"]),
        "sessions": (_("Most sessions"), ["-session_count", "sort_key", "pk"]),
    }

    class Meta:
        model = Person
        fields = []

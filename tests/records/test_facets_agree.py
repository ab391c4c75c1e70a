"""Facets against the filters themselves, on random records with random writes."""

import datetime

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from organizations.filters import OrganizationFilter, PersonFilter
from organizations.models import Affiliation, Organization, Person
from records.facets import count_facets
from sessions.filters import OutcomeFilter, SessionFilter
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Outcome,
    Session,
    SpokenLanguage,
)
from tests import factories as make
from topics.filters import MineralFilter, RegulationFilter
from topics.models import (
    IssuingBody,
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    Topic,
)

FILTERS = [
    SessionFilter,
    RegulationFilter,
    OrganizationFilter,
    PersonFilter,
    OutcomeFilter,
    MineralFilter,
]
RECORDS = [
    Edition,
    Session,
    Organization,
    Person,
    Topic,
    Mineral,
    LifecycleStage,
    Regulation,
    Outcome,
]
STATES = ["published", "draft", "withdrawn"]
RELATIONS = [
    (Session, "topics", Topic),
    (Session, "minerals", Mineral),
    (Session, "stages", LifecycleStage),
    (Session, "regulations", Regulation),
    (Regulation, "topics", Topic),
    (Regulation, "minerals", Mineral),
    (Regulation, "stages", LifecycleStage),
    (Outcome, "topics", Topic),
    (Outcome, "organizations", Organization),
    (Outcome, "people", Person),
]
DAY = datetime.timedelta(days=1)


def world():
    """Make some records of each kind, hardly tied to each other."""
    editions = [make.make_edition(year=2020 + n) for n in range(2)]
    for edition in editions:
        for n in (1, 2):
            EditionDay.objects.create(edition=edition, number=n)
    root = make.make_topic()
    make.make_topic(parent=make.make_topic(parent=root))
    make.make_mineral(parent=make.make_mineral(kind="group"))
    for _ in range(2):
        make.make_stage()
        make.make_organization(country="CN")
        make.make_person()
        make.make_regulation()
    for n in range(4):
        make.make_session(edition=editions[n % 2])
    for edition in editions:
        make.make_outcome(edition=edition)


def pick(model, n):
    """Return one of the rows, by any number, or None if there are none."""
    rows = list(model.objects.order_by("pk"))
    return rows[n % len(rows)] if rows else None


# Each way to write takes three numbers that choose what is written.


def save_state(a, b, c):
    record = pick(RECORDS[a % 9], b)
    record.state = STATES[c % 3]
    record.save()


def update_state(a, b, c):
    model = RECORDS[a % 9]
    model.objects.filter(pk=pick(model, b).pk).update(state=STATES[c % 3])


def raw_state(a, b, c):
    model = RECORDS[a % 9]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET state = %s WHERE id = %s",  # noqa: S608
            [STATES[c % 3], pick(model, b).pk],
        )


def embargo(a, b, c):
    model = RECORDS[a % 9]
    moment = [None, timezone.now() - DAY, timezone.now() + DAY][c % 3]
    model.objects.filter(pk=pick(model, b).pk).update(publish_at=moment)


def tie(a, b, c):
    model, name, other = RELATIONS[a % len(RELATIONS)]
    related, one = getattr(pick(model, b), name), pick(other, b // 7)
    if c % 4 == 0:
        related.remove(one)
    elif c % 4 == 1:
        related.set([one])
    else:
        related.add(one)


def contribute(a, b, c):
    session = pick(Session, a)
    person, organization = pick(Person, b), pick(Organization, b // 3)
    if c % 4 == 0:
        Contribution.objects.filter(session=session).delete()
    elif c % 4 == 1 and (found := pick(Contribution, a)):
        found.session, found.organization = pick(Session, b), organization
        found.role = "participant"
        if not Contribution.objects.filter(
            session=found.session, organization=organization, role=found.role
        ):
            found.save()
    else:
        Contribution.objects.get_or_create(
            session=session,
            person=person if c % 3 else None,
            organization=organization if c % 3 != 1 else None,
            role="speaker",
        )


def replant(a, b, c):
    model = [Topic, Mineral][a % 2]
    record, parent = pick(model, b), pick(model, c)
    if record != parent:
        model.objects.filter(pk=record.pk).update(parent=parent if c % 4 else None)


def move(a, b, c):
    session = pick(Session, a)
    session.edition = pick(Edition, b)
    days = EditionDay.objects.filter(edition=session.edition).order_by("pk")
    session.day = days[c % 2] if c % 3 else None
    session.save()


def renumber(a, b, c):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE forum_sessions_editionday SET number = number + 2 WHERE id = %s",
            [pick(EditionDay, a).pk],
        )


def grow(a, b, c):
    edition = pick(Edition, a)
    n = next(make.number)
    Session.objects.bulk_create(
        Session(
            edition=edition,
            slug=f"bulk-{n}-{i}",
            code=f"B{n}-{i}",
            format="keynote",
            state=STATES[c % 3],
        )
        for i in range(2)
    )


def shrink(a, b, c):
    record = pick(Session, a)
    if record and Session.objects.count() > 1:
        record.delete()


def speak(a, b, c):
    if c % 3 == 0:
        SpokenLanguage.objects.filter(session=pick(Session, a)).delete()
    else:
        SpokenLanguage.objects.get_or_create(
            session=pick(Session, a), language=["en", "zh", "fr"][b % 3]
        )


def decide(a, b, c):
    regulation = pick(Regulation, a)
    if c % 4 == 0:
        regulation.milestones.all().delete()
    else:
        kind = ["proposed", "adopted", "in-force", "repealed"][b % 4]
        date = timezone.localdate() + (c % 5 - 3) * DAY
        Milestone.objects.create(regulation=regulation, kind=kind, date=date)


def part(a, b, c):
    organization, person = pick(Organization, a), pick(Person, b)
    if c % 5 == 0:
        Affiliation.objects.all().delete()
        EditionRole.objects.all().delete()
        IssuingBody.objects.all().delete()
    elif c % 5 == 1:
        Affiliation.objects.create(organization=organization, person=person)
    elif c % 5 == 2:
        IssuingBody.objects.create(
            organization=organization, regulation=pick(Regulation, b)
        )
    else:
        who = {"organization": organization} if c % 5 == 3 else {"person": person}
        EditionRole.objects.get_or_create(
            edition=pick(Edition, b), role="supporter", **who
        )


def describe(a, b, c):
    if c % 4 == 0:
        Person.objects.filter(pk=pick(Person, a).pk).update(listed=bool(b % 2))
    elif c % 4 == 1:
        one = pick(Organization, a)
        one.country = ["", "DE", "CN"][b % 3]
        Organization.objects.bulk_update([one], ["country"])
    elif c % 4 == 2:
        Regulation.objects.filter(pk=pick(Regulation, a).pk).update(
            jurisdiction=["EU", "CN"][b % 2], binding=bool(b % 3)
        )
    else:
        one = pick(Outcome, a)
        one.kind, one.status = [("fact", ""), ("outcome", ""), ("outcome", "lapsed")][
            b % 3
        ]
        one.save()


WRITES = [
    save_state,
    update_state,
    raw_state,
    embargo,
    tie,
    tie,
    tie,
    contribute,
    contribute,
    replant,
    move,
    renumber,
    grow,
    shrink,
    speak,
    decide,
    part,
    part,
    describe,
]


def values_of(filterset, name):
    """Return every value that an address may give."""
    values = [str(value) for value, _label in filterset.filters[name].choices()]
    return dict.fromkeys([*values, "none"])


def query_of(filterset_class, numbers):
    """Return an address that gives a value, or two, of some of the facets."""
    query = QueryDict(mutable=True)
    nothing = filterset_class(QueryDict(), filterset_class.Meta.model.objects.all())
    for name, number in zip(nothing.shown, numbers, strict=False):
        values = list(values_of(nothing, name))
        if number % 3 == 0:
            query.appendlist(name, values[number // 3 % len(values)])
        if number % 9 == 0:
            query.appendlist(name, values[number // 9 % len(values)])
    if numbers[-1] % 5 == 0:
        query["q"] = "1"
    return query


def filtered(filterset_class, query):
    return filterset_class(query, filterset_class.Meta.model.objects.published())


def check(filterset_class, query):
    """Compare each count with what the filters find, value by value."""
    filterset = filtered(filterset_class, query)
    counted = count_facets(filterset)
    assert set(counted.found) == keys(filterset.qs)
    public, alone = filterset.queryset, {}
    for name, filter_ in filterset.filters.items():
        values = filterset.labels.get(name, ())
        if name in filterset.shown:
            values = filter_.understood(values_of(filterset, name))
        for value in values:
            given = [value] if name in filterset.shown else value
            alone[name, value] = keys(filter_.filter(public, given))
    chosen = filterset.labels

    def left(besides=None, without=()):
        found = keys(public)
        for name, known in chosen.items():
            kept = [alone[name, v] for v in known if (name, v) != without]
            if kept and name != besides:
                found &= set().union(*kept)
        return found

    told = {
        (facet.name, value.value): (value.count, value.chosen)
        for facet in counted.facets
        for value in facet.values
    }
    true = {
        (name, value): (len(left(name) & pks), value in chosen.get(name, ()))
        for (name, value), pks in alone.items()
        if name in filterset.shown
    }
    shown = {facet.name for facet in counted.facets}
    for key, (count, is_picked) in true.items():
        # Nothing is not always told, nor that nothing at all is recorded.
        if not is_picked and (not count or (key[1] == "none" and key[0] not in shown)):
            told.setdefault(key, (count, False))
    assert told == true, (filterset_class, query)
    picked = [(name, value) for name, known in chosen.items() for value in known]
    assert [counted.without(*one) for one in picked] == [
        len(left(without=one)) for one in picked
    ]


def keys(queryset):
    return set(queryset.order_by().values_list("pk", flat=True))


numbers = st.integers(0, 1000)
steps = st.lists(
    st.tuples(
        st.sampled_from(range(len(WRITES))),
        st.tuples(numbers, numbers, numbers),
        st.booleans(),
        st.sampled_from(FILTERS),
        st.lists(numbers, min_size=10, max_size=10),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.django_db
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(steps)
def test_counts_are_those_of_the_filters_after_every_kind_of_write(steps):
    with transaction.atomic():
        world()
        for which, numbers, undone, filterset_class, asked in steps:
            with transaction.atomic():
                WRITES[which](*numbers)
                query = query_of(filterset_class, asked)
                check(filterset_class, query)
                transaction.set_rollback(undone)
            if undone:
                check(filterset_class, query)
        transaction.set_rollback(True)

"""Sessions of whole days, ready for their rows: a day of a large forum has hundreds."""

from collections import defaultdict
from typing import NamedTuple

from django.db.models import Count, Min, Q

from organizations.models import Organization, Person
from records.prepared import prepared
from sessions.models import Contribution, Session
from sessions.models.sessions import NAME, NAMED, ROW, STAGE, UNDATED
from sessions.programme import in_order
from topics.models import LifecycleStage

EDITION, DAY, ROOM = (Session._meta.get_field(n) for n in ("edition", "day", "room"))


class Host(NamedTuple):
    """Who hosts a session, as far as a row names them."""

    person: Person | None
    organization: Organization | None


def days_of(edition, keys=None):
    """
    Return the days that sessions of an edition fall on, in two queries.

    A list of {"day", "count", "timed", "undated", "first"}: `first` is the smallest
    position in it. Days come by their number. Sessions whose day is not on record
    are a group of their own (`day` is None), which stands where its smallest
    position puts it. `keys` are those of the sessions that count, None for all.
    """
    days = {day.pk: day for day in edition.days.all()}
    counted = _counted(edition=edition.pk, keys=keys)
    return in_order([{**row, "day": days.get(row["day"])} for row in counted])


def sessions_on(days, edition, keys=None):
    """
    Return a list of the sessions of an edition that are on these days.

    It takes three queries. `days` are {pk: day}, with None for no day; `keys` are
    those of the sessions to choose from, None for all. What many rows share is made
    once: each has its `hosts` and the stages it `covered`.
    """
    dated = tuple(pk for pk in days if pk)
    undated = 1 if None in days else None
    found = _on_days(edition=edition.pk, days=dated, undated=undated, keys=keys)
    pks = tuple(session.pk for session in found)
    rooms = {room.pk: room for room in edition.rooms.all()}
    hosts, covered = _hosts_of(pks), _stages_of(pks)
    for session in found:
        EDITION.set_cached_value(session, edition)
        DAY.set_cached_value(session, days[session.day_id])
        ROOM.set_cached_value(session, rooms.get(session.room_id))
        session.hosts, session.covered = hosts[session.pk], covered[session.pk]
    return found


def tell(sessions):
    """Add to sessions what machines are told of them beside their rows, by a query."""
    told = _told(keys=tuple(session.pk for session in sessions))
    told = {pk: values for pk, *values in told}
    for session in sessions:
        session.uid, session.previous_starts_at = told[session.pk]


def _public(edition, keys):
    sessions = Session.objects.published().for_edition(edition)
    return sessions if keys is None else sessions.filter(pk__in=keys)


@prepared
def _counted(edition, keys):
    sessions = _public(edition, keys).order_by().values("day")
    return sessions.annotate(
        count=Count("pk"),
        timed=Count("starts_at"),
        undated=Count("pk", filter=UNDATED),
        first=Min("position"),
    )


@prepared
def _on_days(edition, days, undated, keys):
    on_them = Q(day__pk__in=days)
    if undated:
        on_them |= Q(day=None)
    return _public(edition, keys).filter(on_them).only(*ROW).in_programme_order()


@prepared
def _told(keys):
    sessions = Session.objects.filter(pk__in=keys)
    return sessions.values_list("pk", "uid", "previous_starts_at")


def _hosts_of(sessions):
    """Return {pk of a session: [Host]}, with one object for each name."""
    people, organizations, hosts = {None: None}, {None: None}, defaultdict(list)
    for session, organization, person, *names in _hosting(sessions=sessions):
        if organization not in organizations:
            values = (organization, *names[: len(NAME)])
            organizations[organization] = _read(Organization, NAME, values)
        if person not in people:
            people[person] = _read(Person, NAME, (person, *names[len(NAME) :]))
        hosts[session].append(Host(people[person], organizations[organization]))
    return hosts


def _stages_of(sessions):
    """Return {pk of a session: [its public life-cycle stages]}."""
    made, covered = {}, defaultdict(list)
    for pk, stage, *values in _covering(sessions=sessions):
        if stage not in made:
            made[stage] = _read(LifecycleStage, STAGE, (stage, *values))
        covered[pk].append(made[stage])
    return covered


@prepared
def _hosting(sessions):
    hosts = Contribution.objects.hosting(sessions)
    return hosts.values_list("session", "organization", "person", *NAMED)


@prepared
def _covering(sessions):
    tied = Session.stages.through.objects.filter(
        session__pk__in=sessions,
        lifecyclestage__in=LifecycleStage.objects.published(),
    ).order_by("lifecyclestage__order", "lifecyclestage")
    names = [f"lifecyclestage__{name}" for name in STAGE]
    return tied.values_list("session", "lifecyclestage", *names)


def _read(model, fields, values):
    """Return the record of a key and these fields, as if it had been read alone."""
    return model.from_db(None, ("id", *fields), values)

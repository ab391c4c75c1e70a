"""Sessions of whole days, ready for their rows: a day of a large forum has hundreds."""

from collections import defaultdict
from typing import NamedTuple

from django.db.models import Q

from organizations.models import Organization, Person
from sessions.models import Contribution, Session
from sessions.models.sessions import NAME, NAMED, ROW, STAGE
from topics.models import LifecycleStage

# What machines are told of a session, beside what its row shows
TOLD = ("uid", "previous_starts_at")


class Host(NamedTuple):
    """Who hosts a session, as far as a row names them."""

    person: Person | None
    organization: Organization | None


def sessions_on(days, sessions, edition):
    """
    Return a list of those of the sessions of an edition that are on these days.

    It takes three queries. `days` are {pk: day}, with None for no day. What many
    rows share is made once: each has its `hosts` and the stages it `covered`.
    """
    on_them = Q(day__in=[pk for pk in days if pk])
    if None in days:
        on_them |= Q(day=None)
    found = list(sessions.filter(on_them).only(*ROW, *TOLD).in_programme_order())
    pks = [session.pk for session in found]
    rooms = {room.pk: room for room in edition.rooms.all()}
    hosts, covered = _hosts_of(pks), _stages_of(pks)
    for session in found:
        session.edition, session.day = edition, days[session.day_id]
        session.room = rooms.get(session.room_id)
        session.hosts, session.covered = hosts[session.pk], covered[session.pk]
    return found


def _hosts_of(sessions):
    """Return {pk of a session: [Host]}, with one object for each name."""
    people, organizations, hosts = {None: None}, {None: None}, defaultdict(list)
    rows = Contribution.objects.hosting().filter(session__in=sessions)
    columns = rows.values_list("session", "organization", "person", *NAMED)
    for session, organization, person, *names in columns:
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
    tied = Session.stages.through.objects.filter(
        session__in=sessions, lifecyclestage__in=LifecycleStage.objects.published()
    ).order_by("lifecyclestage__order", "lifecyclestage")
    names = [f"lifecyclestage__{name}" for name in STAGE]
    for pk, stage, *values in tied.values_list("session", "lifecyclestage", *names):
        if stage not in made:
            made[stage] = _read(LifecycleStage, STAGE, (stage, *values))
        covered[pk].append(made[stage])
    return covered


def _read(model, fields, values):
    """Return the record of a key and these fields, as if it had been read alone."""
    return model.from_db(None, ("id", *fields), values)

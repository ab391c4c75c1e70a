"""Sessions of whole days, ready for their rows: a day of a large forum has hundreds."""

from collections import defaultdict
from typing import NamedTuple

from django.db.models import Q

from organizations.models import Organization, Person
from records.filters import in_both
from sessions.models import Contribution, Session
from sessions.models.sessions import NAME, NAMED, PROSE
from topics.models import LifecycleStage

# What the core of a row shows of a stage
STAGE = ("slug", "core_place", "name_language", *in_both("label"))
# What neither a row nor what machines are told of a session shows
LIFE = (
    *("guid", "created_at", "updated_at", "publish_at", "first_published_at"),
    *("withdrawn_at", "withdrawn_reason", "sort_key", "slide_language", "stream_url"),
    *in_both("withdrawn_reason"),
    *in_both("status_reason"),
    *in_both("sort_key"),
    *in_both("subtitle"),
)


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
    found = list(sessions.filter(on_them).defer(*PROSE, *LIFE).in_programme_order())
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
    made, hosts = {}, defaultdict(list)
    kinds = {"person": Person, "organization": Organization}
    rows = Contribution.objects.hosting().filter(session__in=sessions)
    for row in rows.values("session", "person", "organization", *NAMED):
        who = {}
        for kind, model in kinds.items():
            key = (kind, row[kind])
            if row[kind] and key not in made:
                fields = {name: row[f"{kind}__{name}"] for name in NAME}
                made[key] = model(pk=row[kind], **fields)
            who[kind] = made.get(key)
        hosts[row["session"]].append(Host(**who))
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
            made[stage] = LifecycleStage(
                pk=stage, **dict(zip(STAGE, values, strict=True))
            )
        covered[pk].append(made[stage])
    return covered

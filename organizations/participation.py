"""What an organization or a person did at the forum, read by relations from above."""

from functools import cache
from typing import Any, NamedTuple

from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import ngettext, pgettext

from organizations.models import Affiliation, Organization, Person
from records.filters import in_both
from records.models import related_model
from records.prepared import keep, prepared

# What a page shows of those who were in the same sessions, of which there may be
# hundreds: to read all columns of each would take most of its time
NAMED = ("slug", "name_language", *in_both("name"))
SHOWN_OF_SESSION = ("slug", "name_language", *in_both("title"))
SHOWN_AROUND = (
    *("role", "position"),
    *(f"session__{field}" for field in (*SHOWN_OF_SESSION, "starts_at")),
    *(f"session__edition__{field}" for field in (*NAMED, "year")),
    "session__day__date",
    *(f"organization__{field}" for field in (*NAMED, *in_both("sort_key"))),
    *(f"organization__{field}" for field in ("acronym", "kind", "country")),
    *(f"person__{field}" for field in (*NAMED, *in_both("sort_key"), "listed")),
)
SHOWN_OF_STAGE = ("slug", "name_language", *in_both("label"), "core_place", "order")
SHOWN_OF_REGULATION = ("slug", "name_language", *in_both("short_name"))
SHOWN_OF_TOPIC = ("slug", "name_language", *in_both("label"))
SHOWN = 6  # rows of a relation on a page; the rest is in the list that it links to

# The part in a whole edition that says nothing more once a session shows it
SAME_AS_IN_SESSION = {
    "session-host": "host",
    "speaker": "speaker",
    "participant": "participant",
}
# Named in the record of an edition, but not as having been there
NOT_PRESENT = {"photographer", "publisher"}
BEHIND_AN_EDITION = {"organizer", "supporter", "convenor", "partner"}


class InSession(NamedTuple):
    """One session, and each contribution that somebody made to it."""

    session: Any
    contributions: list
    roles: list


class Companion(NamedTuple):
    """Somebody else, and what joins the two."""

    who: Any
    words: str


def with_session_count(queryset):
    """Annotate `session_count`: the public sessions of each; no query more."""
    contributions = related_model(queryset.model, "contributions").objects
    who = _name_of(queryset.model)
    counted = (
        contributions.published()
        .filter(**{who: OuterRef("pk")})
        .order_by()
        .values(who)
        .annotate(total=Count("session", distinct=True))
        .values("total")
    )
    count = Subquery(counted, output_field=IntegerField())
    return queryset.annotate(session_count=Coalesce(count, 0))


def with_part_in(organizations, regulations):
    """
    Annotate what each organization has to do with regulations of these slugs.

    `issued_it`, and `discussed_in`, its public sessions that discussed one of them;
    no query more.
    """
    bodies = related_model(Organization, "issued").objects.published()
    issued = bodies.filter(
        organization=OuterRef("pk"), regulation__slug__in=regulations
    )
    contributions = related_model(Organization, "contributions").objects.published()
    counted = (
        contributions.filter(
            organization=OuterRef("pk"), session__regulations__slug__in=regulations
        )
        .order_by()
        .values("organization")
        .annotate(total=Count("session", distinct=True))
        .values("total")
    )
    count = Subquery(counted, output_field=IntegerField())
    return organizations.annotate(
        issued_it=Exists(issued), discussed_in=Coalesce(count, 0)
    )


def contributions_around(who):
    """
    Return the public contributions to all sessions of `who`, newest edition first.

    Its own and those of others, in three queries. The sessions of its own parts have
    their stages.
    """
    name = f"{_name_of(type(who))}_id"
    sessions = tuple(_all_sessions_of(type(who))(who=who.pk))
    found = _contributions_around(type(who))(sessions=sessions)
    # Where its own part is not public, it was in no session for the public.
    own = {}
    for part in found:
        if getattr(part, name) == who.pk:
            part.session = own.setdefault(part.session_id, part.session)
    _keep_stages(type(who), own)
    return [part for part in found if part.session_id in own]


def _keep_stages(model, sessions):
    stages = {pk: [] for pk in sessions}
    for stage in _stages_of(model)(sessions=tuple(sessions)):
        stages[stage.of_session].append(stage)
    for pk, session in sessions.items():
        keep(session, "stages", stages[pk])


@cache
def _stages_of(model):
    @prepared
    def stages(sessions):
        stages = related_model(model, "contributions__session__stages").objects
        return (
            stages.published()
            .filter(sessions__pk__in=sessions)
            .only(*SHOWN_OF_STAGE)
            .annotate(of_session=F("sessions__pk"))
        )

    return stages


@cache
def _all_sessions_of(model):
    # Public or not. By themselves, for PostgreSQL puts no more than eight tables into
    # the best order, and what narrows most would come last (join_collapse_limit).
    @prepared
    def sessions(who):
        contributions = related_model(model, "contributions").objects.order_by()
        own = contributions.filter(**{_name_of(model): who})
        return own.values_list("session", flat=True).distinct()

    return sessions


@cache
def _contributions_around(model):
    @prepared
    def around(sessions):
        contributions = related_model(model, "contributions").objects.published()
        return (
            contributions.filter(session__pk__in=sessions)
            .select_related("session__edition", "session__day")
            .select_related("organization", "person")
            .only(*SHOWN_AROUND)
            .order_by(
                "-session__edition__year",
                "session__edition",
                F("session__day__number").asc(nulls_first=True),
                F("session__starts_at").asc(nulls_first=True),
                "session__position",
                "position",
                "pk",
            )
        )

    return around


def sessions_of(who, around):
    """Return an `InSession` of each session, from `contributions_around(who)`."""
    name = _name_of(type(who))
    found = {}
    for contribution in around:
        if getattr(contribution, f"{name}_id") == who.pk:
            found.setdefault(contribution.session_id, []).append(contribution)
    return [
        InSession(
            own[0].session,
            own,
            list(dict.fromkeys(part.get_role_display() for part in own)),
        )
        for own in found.values()
    ]


def edition_roles_around(who):
    """
    Return the public roles of `who` in whole editions, newest edition first.

    With those of the organizations that stood behind these editions, in one query.
    """
    return _edition_roles_around(type(who))(who=who.pk)


@cache
def _edition_roles_around(model):
    @prepared
    def around(who):
        roles = related_model(model, "edition_roles").objects.published()
        own = Q(**{_name_of(model): who})
        behind = Q(role__in=BEHIND_AN_EDITION, organization__isnull=False)
        return (
            roles.filter(behind | own, edition__in=roles.filter(own).values("edition"))
            .select_related("edition", "organization")
            .order_by("-edition__year", "edition", "position", "pk")
        )

    return around


def edition_roles_of(who, around, in_sessions):
    """
    Return the roles of `who` itself, from `edition_roles_around(who)`.

    A role that one of its sessions shows already is left out; `in_some_session`
    marks those that belong to a session which is not on record.
    """
    shown = {
        (part.session.edition_id, contribution.role)
        for part in in_sessions
        for contribution in part.contributions
    }
    found = []
    for role in around:
        same = SAME_AS_IN_SESSION.get(role.role)
        mine = getattr(role, f"{_name_of(type(who))}_id") == who.pk
        if mine and (role.edition_id, same) not in shown:
            role.in_some_session = bool(same)
            found.append(role)
    return found


def in_words(in_sessions, edition_roles):
    """Return pairs of an edition and its roles in words, newest edition first."""
    words, sessions = {}, {}
    for role in edition_roles:
        words.setdefault(role.edition, []).append(_inside(role.get_role_display()))
    for part in in_sessions:
        for role in part.roles:
            of_edition = sessions.setdefault(part.session.edition, {})
            of_edition[role] = of_edition.get(role, 0) + 1
    for edition, totals in sessions.items():
        words.setdefault(edition, []).extend(
            ngettext(
                "%(role)s in %(total)d session", "%(role)s in %(total)d sessions", total
            )
            % {"role": _inside(role), "total": total}
            for role, total in totals.items()
        )
    separator = pgettext("between roles", ", ")
    return [
        (edition, separator.join(words[edition]))
        for edition in sorted(words, key=lambda edition: -edition.year)
    ]


def companions(who, around):
    """Return those who were in the same sessions, most sessions first."""
    name = _name_of(type(who))
    own, others = {}, {}
    for part in around:
        other = getattr(part, name)
        if other is None:
            continue
        roles = own if other.pk == who.pk else others.setdefault(other, {})
        roles.setdefault(part.session_id, set()).add(part.role)
    found = []
    for other, sessions in others.items():
        total = len(sessions)
        if all("host" in sessions[key] & own[key] for key in sessions):
            words = ngettext(
                "Hosted %(total)d session together",
                "Hosted %(total)d sessions together",
                total,
            )
        else:
            words = ngettext(
                "In %(total)d session together",
                "In %(total)d sessions together",
                total,
            )
        found.append((total, Companion(other, words % {"total": total})))
    found.sort(key=lambda pair: (-pair[0], pair[1].who.sort_key))
    return [companion for _total, companion in found]


def behind_the_same_editions(organization, around):
    """Return who else organized or supported the editions that it stood behind."""
    behind = [role for role in around if role.role in BEHIND_AN_EDITION]
    own = {role.edition for role in behind if role.organization == organization}
    words, comma = {}, pgettext("between facts", ", ")
    for role in behind:
        if role.edition in own and role.organization != organization:
            said = f"{role.get_role_display()}{comma}{role.edition.year}"
            words.setdefault(role.organization, []).append(said)
    separator = pgettext("between roles of several years", "; ")
    return [Companion(other, separator.join(said)) for other, said in words.items()]


def regulations_of(organization, in_sessions):
    """
    Return what its sessions covered and what it issued, in two queries.

    Each has `status` and `issued_here`; those that a page shows have `through`, the
    sessions that lead there.
    """
    today = timezone.localdate()
    found = _regulations_of(organization=organization.pk, today=today)
    shown = {regulation.pk: regulation for regulation in found[:SHOWN]}
    sessions = {part.session.pk: part.session for part in in_sessions}
    for regulation in shown.values():
        regulation.through = []
    for key, session in _ways_to(laws=tuple(shown), sessions=tuple(sessions)):
        shown[key].through.append(sessions[session])
    return found


@prepared
def _ways_to(laws, sessions):
    """Return pairs of a regulation and a public session that covered it, in order."""
    found = related_model(Organization, "contributions__session").objects
    found = found.published().filter(pk__in=sessions, regulations__pk__in=laws)
    return found.values_list("regulations__pk", "pk")


@prepared
def _regulations_of(organization, today):
    regulations = related_model(Organization, "contributions__session__regulations")
    issued = related_model(Organization, "issued").objects.published()
    issued = issued.filter(organization=organization)
    discussed = _sessions_of(Organization, organization)
    covered = regulations.objects.filter(sessions__in=discussed).order_by()
    # Two lists of keys and no join, which would lead past every regulation there is.
    return (
        regulations.objects.published()
        .with_status(today)
        .annotate(issued_here=Exists(issued.filter(regulation=OuterRef("pk"))))
        .only(*SHOWN_OF_REGULATION)
        .filter(
            Q(pk__in=covered.values("pk"))
            | Q(pk__in=issued.order_by().values("regulation"))
        )
        .order_by("sort_key", "pk")
    )


def topics_of(who, in_sessions):
    """Return the topics of its sessions, in one query."""
    sessions = tuple(part.session.pk for part in in_sessions)
    return _topics_of(type(who))(sessions=sessions) if in_sessions else []


@cache
def _topics_of(model):
    @prepared
    def topics(sessions):
        found = related_model(model, "contributions__session__topics").objects
        tied = found.published().filter(sessions__pk__in=sessions)
        return tied.only(*SHOWN_OF_TOPIC, *in_both("sort_key")).distinct()

    return topics


def _sessions_of(model, who):
    contributions = related_model(model, "contributions").objects.published()
    return contributions.filter(**{_name_of(model): who}).order_by().values("session")


def core_of(who, in_sessions):
    """Return the five places of its core and its further stages, in one query."""
    stages = related_model(type(who), "contributions__session__stages").objects
    covered = {stage for part in in_sessions for stage in part.session.stages.all()}
    further = [stage for stage in covered if not stage.core_place]
    further.sort(key=lambda stage: stage.order)
    return stages.core_places(covered), further


def outcomes_of(who):
    """Return its outcomes with their editions, in one query."""
    return _outcomes_of(type(who))(who=who.pk)


@cache
def _outcomes_of(model):
    relation = model._meta.get_field("outcomes")

    @prepared
    def outcomes(who):
        found = relation.related_model.objects.filter(**{relation.field.name: who})
        found = found.published().select_related("edition")
        return found.order_by("-edition__year", "position", "pk")

    return outcomes


def people_of(organization, around):
    """
    Return `(person, affiliations, roles)` of its people, in one query.

    They belong to it or took part for it. Who asked to be shown by name only is
    left out.
    """
    found = {}
    for affiliation in _affiliations_of(organization=organization.pk):
        found.setdefault(affiliation.person, ([], []))[0].append(affiliation)
    for part in around:
        person = part.person if part.organization_id == organization.pk else None
        if person and person.listed:
            roles = found.setdefault(person, ([], []))[1]
            if part.get_role_display() not in roles:
                roles.append(part.get_role_display())
    people = [(person, *what) for person, what in found.items()]
    return sorted(people, key=lambda row: row[0].sort_key)


def family_of(organization):
    """Return the organization it is part of, or None, and its parts: one query."""
    family = _family_of(pk=organization.pk, parent=organization.parent_id)
    above = [other for other in family if other.pk == organization.parent_id]
    parts = [other for other in family if other.pk != organization.parent_id]
    return (above[0] if above else None), parts


@prepared
def _family_of(pk, parent):
    # By two lists of keys, each from an index: an OR of columns would read them all.
    every = Organization.objects.order_by()
    parts, above = every.filter(parent=pk), every.filter(pk=parent)
    keys = parts.values("pk").union(above.values("pk"), all=True)
    return Organization.objects.published().filter(pk__in=keys)


@prepared
def _affiliations_of(organization):
    affiliations = Affiliation.objects.filter(organization=organization)
    return affiliations.published().select_related("person")


def affiliations_of(person):
    """Return the public affiliations of a person, in one query."""
    return _affiliations_with(person=person.pk)


@prepared
def _affiliations_with(person):
    affiliations = Affiliation.objects.filter(person=person)
    return affiliations.published().select_related("organization")


def _name_of(model):
    return {Organization: "organization", Person: "person"}[model]


def _inside(label):
    # A label within a sentence; what begins with an abbreviation stays as it is.
    return label if label[:2].isupper() else label[:1].lower() + label[1:]

"""Who took part in an edition: by a part in the whole of it, or in its sessions."""

from functools import cache

from django.db.models import Case, F, Func, IntegerField, Q, When
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, Person
from organizations.participation import NOT_PRESENT
from records.prepared import prepared
from sessions.models import Contribution, EditionRole, Session

Role = EditionRole.Role
PLURALS = {
    Role.ORGANIZER: _("Organizers"),
    Role.SUPPORTER: _("Supporters"),
    Role.CONVENOR: _("Convenors"),
    Role.SESSION_HOST: _("Session hosts"),
    Role.SPEAKER: _("Speakers"),
    Role.PARTNER: _("Partners"),
    Role.ATTENDEE: _("Attendees"),
    Role.PARTICIPANT: _("Participants"),
    Role.PHOTOGRAPHER: _("Photographers"),
}
ABSENT = {Role(role) for role in NOT_PRESENT}


def participation(edition):
    """
    Return who took part, in three queries.

    A dict of `roles` {role: [EditionRole]}, in the order of the roles, `others`
    (records that only its sessions name), and the numbers of different
    `organizations` and `people`.
    """
    organizations = _only_in_sessions(Organization)(edition=edition.pk)
    people = _only_in_sessions(Person)(edition=edition.pk)
    told = _told(edition, len(organizations), len(people))
    return told | {"others": [*organizations, *people]}


def participation_in_numbers(edition):
    """Return the same but for `others`, in two queries whatever their number."""
    ((organizations, people),) = _numbers_only_in_sessions(edition=edition.pk)
    return _told(edition, organizations, people)


def _told(edition, other_organizations, other_people):
    found = _roles_in(edition=edition.pk)
    roles = {role: [one for one in found if one.role == role] for role in Role}
    present = [one for one in found if one.role not in ABSENT]
    organizations = {one.organization_id for one in present if not one.person_id}
    people = {one.person_id for one in present if one.person_id}
    return {
        "roles": {role: ones for role, ones in roles.items() if ones},
        "organizations": len(organizations) + other_organizations,
        "people": len(people) + other_people,
    }


@prepared
def _roles_in(edition):
    roles = EditionRole.objects.filter(edition=edition).published()
    return roles.select_related("organization", "person")


def _contributions_to(edition):
    """Return the public contributions to the sessions of an edition."""
    sessions = Session.objects.published().for_edition(edition)
    return Contribution.objects.published(sessions=sessions).order_by()


def _is_without_role(kind, edition):
    """Return a condition on contributions: no role in the whole names who gave it."""
    roles = EditionRole.objects.filter(edition=edition).exclude(role__in=ABSENT)
    return ~Q(**{f"{kind}__in": roles.exclude(**{kind: None}).values(kind)})


@cache
def _only_in_sessions(model):
    """Return the prepared query for those whom no role in the whole of it names."""
    kind = model._meta.model_name

    @prepared
    def only(edition):
        named = _contributions_to(edition).exclude(**{kind: None})
        named = named.filter(_is_without_role(kind, edition)).values(kind)
        return model.objects.published().filter(pk__in=named)

    return only


@prepared
def _numbers_only_in_sessions(edition):
    """Return how many organizations and people these are: a list of one pair."""
    numbers = {
        f"{kind}_total": Func(
            Case(When(_is_without_role(kind, edition), then=F(kind))),
            # As Count(), which would group by each contribution.
            template="COUNT(DISTINCT %(expressions)s)",
            output_field=IntegerField(),
        )
        for kind in ("organization", "person")
    }
    totals = _contributions_to(edition).annotate(**numbers)
    return totals.values_list(*numbers)


def role_label(role, total):
    """Return what to call so many with that role: “Supporter”, “Supporters”."""
    return role.label if total == 1 else PLURALS.get(role, role.label)

"""Who took part in an edition: by a part in the whole of it, or in its sessions."""

from functools import cache

from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, Person
from organizations.participation import NOT_PRESENT
from records.prepared import prepared
from sessions.models import Contribution, EditionRole

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
    found = _roles_in(edition=edition.pk)
    roles = {role: [one for one in found if one.role == role] for role in Role}
    present = [one for one in found if one.role not in ABSENT]
    organizations = _only_in_sessions(Organization, "organization")(edition=edition.pk)
    people = _only_in_sessions(Person, "person")(edition=edition.pk)
    named = {"organization": set(), "person": set()}
    for one in present:
        kind = "person" if one.person_id else "organization"
        named[kind].add(one.person_id or one.organization_id)
    return {
        "roles": {role: ones for role, ones in roles.items() if ones},
        "others": [*organizations, *people],
        "organizations": len(named["organization"]) + len(organizations),
        "people": len(named["person"]) + len(people),
    }


@prepared
def _roles_in(edition):
    roles = EditionRole.objects.filter(edition=edition).published()
    return roles.select_related("organization", "person")


@cache
def _only_in_sessions(model, kind):
    """Return the prepared query for those whom no role in the whole of it names."""

    @prepared
    def only(edition):
        public = Contribution.objects.published().filter(session__edition=edition)
        roles = EditionRole.objects.filter(edition=edition).exclude(role__in=ABSENT)
        named, present = public.exclude(**{kind: None}), roles.exclude(**{kind: None})
        return (
            model.objects.published()
            .filter(pk__in=named.values(kind))
            .exclude(pk__in=present.values(kind))
        )

    return only


def role_label(role, total):
    """Return what to call so many with that role: “Supporter”, “Supporters”."""
    return role.label if total == 1 else PLURALS.get(role, role.label)

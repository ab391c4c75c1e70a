from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from organizations import participation
from organizations.filters import OrganizationFilter, PersonFilter
from organizations.models import Organization, Person
from records.languages import text_of
from records.models import NO_VALUE
from records.views import RecordDetail, RecordList


class OrganizationList(RecordList):
    model = Organization
    filterset_class = OrganizationFilter
    template_name = "organizations/organization_list.html"
    context_object_name = "organizations"

    @staticmethod
    def with_details(records, regulations):
        records = participation.with_session_count(records).with_row_details()
        if regulations:
            return participation.with_part_in(records, regulations)
        return records

    def get_asked(self):
        asked = self.filterset.labels.get("regulation", {}).keys() - {NO_VALUE}
        return {"regulations": tuple(sorted(asked))}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            page_title=_("Organizations"),
            page_description=_(
                "Who organized and supported the forum, led its sessions, or issued "
                "the rules discussed there."
            ),
            trail=[(_("Home"), reverse("home")), (_("Organizations"), "")],
            by_kind=self.filterset.sort == "kind",
            **kwargs,
        )


class OrganizationDetail(RecordDetail):
    model = Organization
    template_name = "organizations/organization_detail.html"
    context_object_name = "organization"

    def get_context_data(self, **kwargs):
        organization = self.object
        around = participation.contributions_around(organization)
        in_sessions = participation.sessions_of(organization, around)
        all_roles = participation.edition_roles_around(organization)
        roles = participation.edition_roles_of(organization, all_roles, in_sessions)
        places, further = participation.core_of(organization, in_sessions)
        parent, parts = participation.family_of(organization)
        short = organization.acronym or str(organization)
        return super().get_context_data(
            page_description=_in_short(organization, "description"),
            trail=[
                (_("Home"), reverse("home")),
                (_("Organizations"), reverse("organizations:list")),
                (short, ""),
            ],
            roles_in_words=participation.in_words(in_sessions, roles),
            places=places,
            further_stages=further,
            in_sessions=in_sessions,
            edition_roles=roles,
            companions=participation.companions(organization, around),
            fellows=participation.behind_the_same_editions(organization, all_roles),
            fellow_edition=next(
                (r.edition for r in roles if r.role in participation.BEHIND_AN_EDITION),
                None,
            ),
            people=participation.people_of(organization, around),
            regulations=participation.regulations_of(organization, in_sessions),
            outcomes=participation.outcomes_of(organization),
            topics=participation.topics_of(organization, in_sessions),
            parent=parent,
            parts=parts,
            **kwargs,
        )


class PersonList(RecordList):
    model = Person
    filterset_class = PersonFilter
    template_name = "organizations/person_list.html"
    context_object_name = "people"

    @staticmethod
    def with_details(records):
        return participation.with_session_count(records).with_row_details()

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            page_title=_("People"),
            page_description=_(
                "People whom a source names as having taken part in the forum."
            ),
            trail=[(_("Home"), reverse("home")), (_("People"), "")],
            **kwargs,
        )


class PersonDetail(RecordDetail):
    model = Person
    template_name = "organizations/person_detail.html"
    context_object_name = "person"

    def get_context_data(self, **kwargs):
        person = self.object
        around = participation.contributions_around(person)
        in_sessions = participation.sessions_of(person, around)
        context = {}
        if person.listed:
            all_roles = participation.edition_roles_around(person)
            roles = participation.edition_roles_of(person, all_roles, in_sessions)
            places, further = participation.core_of(person, in_sessions)
            context = {
                "page_description": _in_short(person, "bio"),
                "roles_in_words": participation.in_words(in_sessions, roles),
                "places": places,
                "further_stages": further,
                "edition_roles": roles,
                "affiliations": participation.affiliations_of(person),
                "companions": participation.companions(person, around),
                "outcomes": participation.outcomes_of(person),
                "topics": participation.topics_of(person, in_sessions),
            }
        return super().get_context_data(
            trail=[
                (_("Home"), reverse("home")),
                (_("People"), reverse("organizations:people")),
                (str(person), ""),
            ],
            in_sessions=in_sessions,
            **context,
            **kwargs,
        )


def _in_short(record, field):
    # For search engines, which show about 160 letters.
    return Truncator(text_of(record, field).text).chars(160)

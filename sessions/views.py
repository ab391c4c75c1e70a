from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from records.filters import in_both
from records.languages import text_of
from records.templatetags.records import heading
from records.views import RecordDetail, RecordList
from sessions.changes import (
    by_release,
    changes_of,
    changes_of_session,
    with_details,
)
from sessions.filters import (
    EditionFilter,
    OutcomeFilter,
    ProgrammeFilter,
    SessionFilter,
)
from sessions.lead import split_lead
from sessions.models import Contribution, Edition, Outcome, Session
from sessions.models.sessions import PROGRAMME_ORDER
from sessions.participation import ABSENT, Role, participation, role_label
from sessions.programme import by_day, neighbours, zone_name
from topics.models import LifecycleStage, Topic

CHANGES_SHOWN = 3  # of one session, on its page
SHOWN = 6  # rows of a relation on a page, before “All 14 sessions”
# What the order of the programme and a link to a session need
IN_LINE = (
    "slug",
    "name_language",
    *in_both("title"),
    "edition",
    "format",
    "event_status",
    "starts_at",
    "ends_at",
    "position",
)
NOT_MORE_THAN = 160  # letters of a description for search engines


def up_to(edition):
    """Return the breadcrumb from home down to an edition, itself included."""
    return [
        (_("Home"), reverse("home")),
        (_("Editions"), reverse("sessions:editions")),
        (str(edition.year), edition.get_absolute_url()),
    ]


def in_short(record, field):
    return Truncator(text_of(record, field).text).chars(NOT_MORE_THAN)


def programme_in_short(edition):
    """Return the first six sessions of each day of an edition, in two queries."""
    place = Window(RowNumber(), partition_by="day", order_by=PROGRAMME_ORDER)
    sessions = (
        Session.objects.published()
        .for_edition(edition)
        .exclude(format=Session.Format.BREAK)
        .select_related("edition", "day")
        .with_published("stages")
        .annotate(place=place)
        .filter(place__lte=SHOWN)
        .in_programme_order()
    )
    return by_day(sessions)


class EditionList(RecordList):
    model = Edition
    filterset_class = EditionFilter
    template_name = "sessions/edition_list.html"
    context_object_name = "editions"

    def get_queryset(self):
        return super().get_queryset().with_published_count("sessions", "outcomes")

    def get_context_data(self, **kwargs):
        trail = [(_("Home"), reverse("home")), (_("Editions"), "")]
        return super().get_context_data(trail=trail, **kwargs)


class EditionDetail(RecordDetail):
    model = Edition
    template_name = "sessions/edition_detail.html"
    context_object_name = "edition"

    def get_queryset(self):
        return super().get_queryset().with_published_count("sessions", "outcomes")

    def get_context_data(self, **kwargs):
        edition = self.object
        who = participation(edition)
        roles = [
            (role, role_label(role, len(ones)), ones)
            for role, ones in who["roles"].items()
        ]
        outcomes = list(
            Outcome.objects.published().for_edition(edition).with_row_details()
        )
        groups = programme_in_short(edition)
        facts = [o for o in outcomes if o.kind == Outcome.Kind.FACT]
        led_to = [o for o in outcomes if o.kind != Outcome.Kind.FACT]
        return super().get_context_data(
            trail=[*up_to(edition)[:-1], (str(edition.year), "")],
            organizers=who["roles"].get(Role.ORGANIZER, []),
            supporters=who["roles"].get(Role.SUPPORTER, []),
            took_part=[group for group in roles if group[0] not in ABSENT],
            credits=[group for group in roles if group[0] in ABSENT],
            others=who["others"],
            organization_count=who["organizations"],
            people_count=who["people"],
            groups=groups,
            sessions=[session for group in groups for session in group["sessions"]],
            facts=facts,
            led_to=led_to,
            shown=SHOWN,
            page_description=in_short(edition, "summary"),
            **kwargs,
        )


class Programme(RecordDetail):
    model = Edition
    template_name = "sessions/programme.html"
    context_object_name = "edition"

    def get_context_data(self, **kwargs):
        edition = self.object
        public = Session.objects.published().for_edition(edition)
        filterset = ProgrammeFilter(self.request.GET, public, request=self.request)
        sessions = list(filterset.qs.with_row_details())
        timed = [session for session in sessions if session.starts_at]
        used = Topic.objects.published().filter(sessions__in=public)
        return super().get_context_data(
            trail=[*up_to(edition), (_("Programme"), "")],
            groups=by_day(sessions),
            count=len(sessions),
            without_day=sum(session.day_id is None for session in sessions),
            undated=[day for day in self.days_of(sessions) if not day.date],
            zone=zone_name(edition, timed[0].starts_at) if timed else "",
            any_without_time=len(timed) < len(sessions),
            topics=used.distinct(),
            formats=Session.Format.choices,
            chosen=dict(filterset.data.lists()),
            kept=[
                (name, value)
                for name in filterset.labels
                if name not in filterset.shown
                for value in filterset.labels[name]
            ],
            filterset=filterset,
            ignored=filterset.ignored,
            active_filters=filterset.active(),
            page_title=_("Programme, %(year)s") % {"year": edition.year},
            robots="noindex, nofollow" if filterset.labels else "",
            **kwargs,
        )

    @staticmethod
    def days_of(sessions):
        return list(dict.fromkeys(s.day for s in sessions if s.day))

    def get_address(self, record):
        return record.get_programme_url()


class SessionList(RecordList):
    model = Session
    filterset_class = SessionFilter
    template_name = "sessions/session_list.html"
    context_object_name = "sessions"

    def get_context_data(self, **kwargs):
        trail = [(_("Home"), reverse("home")), (_("Sessions"), "")]
        return super().get_context_data(trail=trail, **kwargs)


class SessionDetail(RecordDetail):
    model = Session
    template_name = "sessions/session_detail.html"
    context_object_name = "session"

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("edition", "day", "room")
            .with_published("topics", "minerals")
            .prefetch_related("materials", "spoken_languages")
        )

    def get_context_data(self, **kwargs):
        session = self.object
        edition = session.edition
        lead, rest = split_lead(session, "abstract")
        if session.subtitle:
            lead = rest = ""
        before, after, parallel = neighbours(session, self.line())
        places, further = self.stages()
        return super().get_context_data(
            trail=[
                *up_to(edition),
                (_("Programme"), edition.get_programme_url()),
                (heading(session), ""),
            ],
            lead=lead,
            rest=rest,
            abstract_lang=text_of(session, "abstract").lang,
            places=places,
            further=further,
            regulations=self.regulations(),
            outcomes=session.outcomes.published(),
            before=before,
            after=after,
            parallel=parallel,
            zone=zone_name(edition, session.starts_at) if session.starts_at else "",
            changes=changes_of_session(session)[:CHANGES_SHOWN],
            page_description=in_short(session, "abstract"),
            **self.contributions(),
            **kwargs,
        )

    def line(self):
        """Return all sessions of the edition with what a link to them needs."""
        return (
            Session.objects.published()
            .for_edition(self.object.edition)
            .select_related("day")
            .only(*IN_LINE, "day__edition", "day__number")
            .in_programme_order()
        )

    def stages(self):
        """Return the places of the core, and the covered stages beyond it."""
        tagged = Session.stages.through.objects.filter(
            session=self.object, lifecyclestage=OuterRef("pk")
        )
        stages = LifecycleStage.objects.published().annotate(covered=Exists(tagged))
        places = [
            {"stage": stage, "covered": stage.covered}
            for stage in stages.order_by(F("core_place").asc(nulls_last=True), "order")
        ]
        core = [place for place in places if place["stage"].core_place]
        further = [p["stage"] for p in places if p["covered"] and p not in core]
        return (core if any(p["covered"] for p in core) else []), further

    def regulations(self):
        """Return the regulations named, with their status then, today and next date."""
        edition = self.object.edition
        then = edition.ends_on or edition.starts_on
        found = self.object.regulations.published().with_status().with_next_date()
        if then:
            found = found.with_status(then, name="status_then")
        return found.prefetch_related("alt_names")

    def contributions(self):
        """Return who led, who spoke, who else was there, and if any is a person."""
        role = Contribution.Role
        found = list(
            self.object.contributions.published().select_related(
                "person", "organization"
            )
        )
        led = {role.HOST, role.MODERATOR}
        spoke = {role.SPEAKER, role.PANELIST}
        return {
            "led": [c for c in found if c.role in led],
            "spoke": [c for c in found if c.role in spoke],
            "present": [c for c in found if c.role not in led | spoke],
            "named_people": any(c.person for c in found),
        }


class OutcomeList(RecordList):
    model = Outcome
    filterset_class = OutcomeFilter
    template_name = "sessions/outcome_list.html"
    context_object_name = "outcomes"

    def get_context_data(self, **kwargs):
        trail = [(_("Home"), reverse("home")), (_("Outcomes"), "")]
        return super().get_context_data(trail=trail, **kwargs)


class OutcomeDetail(RecordDetail):
    model = Outcome
    template_name = "sessions/outcome_detail.html"
    context_object_name = "outcome"

    def get_queryset(self):
        return (
            super()
            .get_queryset()
            .select_related("edition")
            .with_published("organizations", "people", "topics", "session")
            .prefetch_related("updates")
        )

    def get_context_data(self, **kwargs):
        outcome = self.object
        return super().get_context_data(
            trail=[
                (_("Home"), reverse("home")),
                (_("Outcomes"), reverse("sessions:outcomes")),
                (outcome.get_kind_display(), ""),
            ],
            page_description=in_short(outcome, "statement"),
            **kwargs,
        )


class Changes(RecordDetail):
    """What changed in a programme since it was first public, 50 changes a page."""

    model = Edition
    template_name = "sessions/changes.html"
    context_object_name = "edition"

    def get_queryset(self):
        return self.model.objects.published()

    def get_context_data(self, **kwargs):
        edition = self.object
        releases = list(edition.releases.all())
        changes = changes_of(edition, releases)
        asked = self.request.GET.get("page", "")
        page = Paginator(changes, RecordList.paginate_by).get_page(asked)
        ignored = [("page", asked)] if asked and asked != str(page.number) else []
        return super().get_context_data(
            trail=[
                *up_to(edition),
                (_("Programme"), edition.get_programme_url()),
                (_("What changed"), ""),
            ],
            count=len(changes),
            groups=by_release(with_details(list(page)), releases),
            quiet=[] if changes else releases,
            page_obj=page,
            canonical_query=f"page={page.number}" if page.number > 1 else "",
            ignored=ignored,
            page_title=_("What changed in the programme, %(year)s")
            % {"year": edition.year},
            **kwargs,
        )

    def get_address(self, record):
        return record.get_changes_url()

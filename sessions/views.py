from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import (
    Exists,
    F,
    OuterRef,
    Q,
    Window,
)
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from records.facets import count_related
from records.languages import text_of
from records.models import AltName
from records.prepared import keep, prepared
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
from sessions.grid import grid_of
from sessions.lead import split_lead
from sessions.models import Contribution, Edition, Outcome, Session
from sessions.models.sessions import PROGRAMME_ORDER
from sessions.neighbours import neighbours
from sessions.participation import ABSENT, Role, participation, role_label
from sessions.programme import (
    MOST,
    by_day,
    slots_of,
    zones_of,
)
from sessions.rows import days_of, sessions_on, tell
from topics.models import LifecycleStage, Regulation

CHANGES_SHOWN = 3  # of one session, on its page
SHOWN = 6  # rows of a relation on a page, before “All 14 sessions”
TOLD = 25  # sessions of one page that machines are told of
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
    return by_day(_first_of_days(edition=edition.pk))


@prepared
def _first_of_days(edition):
    place = Window(RowNumber(), partition_by="day", order_by=PROGRAMME_ORDER)
    talks = (
        Session.objects.published()
        .for_edition(edition)
        .exclude(format=Session.Format.BREAK)
    )
    # Numbered by what the order reads alone: a day may have hundreds of sessions.
    first = talks.order_by().annotate(place=place).filter(place__lte=SHOWN)
    return (
        Session.objects.filter(pk__in=first.values("pk"))
        .select_related("edition", "day")
        .with_published("stages")
        .in_programme_order()
    )


@prepared
def _outcomes_in(edition):
    return Outcome.objects.published().for_edition(edition).with_row_details()


class EditionList(RecordList):
    model = Edition
    filterset_class = EditionFilter
    template_name = "sessions/edition_list.html"
    context_object_name = "editions"

    def get_context_data(self, **kwargs):
        trail = [(_("Home"), reverse("home")), (_("Editions"), "")]
        context = super().get_context_data(trail=trail, **kwargs)
        count_related(context["editions"], "sessions", "outcomes")
        return context


class EditionDetail(RecordDetail):
    model = Edition
    template_name = "sessions/edition_detail.html"
    context_object_name = "edition"

    def get_context_data(self, **kwargs):
        edition = self.object
        count_related([edition], "sessions", "outcomes")
        who = participation(edition)
        roles = [
            (role, role_label(role, len(ones)), ones)
            for role, ones in who["roles"].items()
        ]
        outcomes = _outcomes_in(edition=edition.pk)
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
    """
    The programme of an edition: all its days on one page, or a page for each day.

    It is a page for each day where the filters leave more than MOST sessions, and
    for the day at a glance. What has no day on record is on the first page.
    """

    model = Edition
    template_name = "sessions/programme.html"
    context_object_name = "edition"

    def get_queryset(self):
        return Edition.objects.published().prefetch_related("days", "rooms")

    def get_context_data(self, **kwargs):
        edition = self.object
        public = Session.objects.published().for_edition(edition)
        filterset = ProgrammeFilter(
            self.request.GET, public, edition=edition, request=self.request
        )
        keys = filterset.keys()
        days = days_of(edition, keys)
        count = sum(group["count"] for group in days)
        view = filterset.view
        paged = view == "day" or (count > MOST and view != "full")
        asked = filterset.data.getlist("day")
        numbers = [str(group["day"].number) for group in days if group["day"]]
        first = numbers[:1] if paged else numbers
        shown = [
            group
            for group in days
            if (
                str(group["day"].number) in (asked or first)
                if group["day"]
                else not asked
            )
        ]
        rooms = list(edition.rooms.all())
        on_them = {group["day"] and group["day"].pk: group["day"] for group in shown}
        sessions = sessions_on(on_them, edition, keys)
        zones = zones_of(edition, sessions)
        described = [r for r in rooms if r.floor or text_of(r, "notes").text]
        groups = self.laid_out(shown, sessions, rooms, view)
        asked_for = shown if asked else days
        talks = [one for one in sessions if one.format != Session.Format.BREAK]
        talks = talks[: SHOWN if paged else TOLD]
        tell(talks)
        timed = sum(group["timed"] for group in days)
        if paged:
            filterset.labels.pop("day", None)  # it says which page, not which sessions
        narrowed = filterset.labels or view != "list"
        return super().get_context_data(
            trail=[*up_to(edition), (_("Programme"), "")],
            groups=groups,
            count=count,
            shown_count=len(sessions),
            # What machines are told of: few where the page is long for people.
            sessions=talks,
            session_counts=(
                sum(group["count"] for group in asked_for),
                sum(group["undated"] for group in asked_for),
            ),
            schedule_counts={"timed": timed, "untimed": count - timed},
            paged=paged,
            days=self.ways_to(days, numbers, filterset, paged, asked or first),
            views=self.views(filterset, sessions),
            paper_query=f"?{filterset.query()}" if filterset.query() else "",
            on_paper={
                "day": filterset.address(day=filterset.chosen("day"), view="day"),
                "full": filterset.address(view="full"),
            },
            view=view,
            without_day=sum(not session.day_id for session in sessions),
            undated=[g["day"] for g in shown if g["day"] and not g["day"].date],
            zones=zones,
            any_without_time=any(not session.starts_at for session in sessions),
            rooms=described,
            has_place=view != "day"  # which is to fit on one sheet
            and bool(edition.venue or edition.directions or described),
            filterset=filterset,
            ignored=filterset.ignored,
            active_filters=filterset.active(),
            page_title=_("Programme, %(year)s") % {"year": edition.year},
            robots="noindex, nofollow" if narrowed else "",
            canonical_query=f"day={asked[0]}" if paged and asked else "",
            **kwargs,
        )

    def laid_out(self, shown, sessions, rooms, view):
        """Return the groups of the page, with their sessions as the view has them."""
        groups = []
        for group in shown:
            day = group["day"]
            of_day = [s for s in sessions if s.day_id == (day and day.pk)]
            laid = {"day": day, "id": f"day-{day.number}" if day else "no-day"}
            laid["zones"] = zones_of(self.object, of_day)
            if view == "grid":
                laid["grid"], rest = grid_of(of_day, self.object.zone, rooms)
                laid["slots"] = [(None, rest)] if rest else []
            else:
                laid["slots"] = slots_of(of_day)
            groups.append(laid)
        return groups

    def ways_to(self, days, numbers, filterset, paged, current):
        """Return {"day", "url", "current"} of each day, to jump or to turn to."""
        ways, whole = [], ""
        if filterset.chosen("day"):
            query = filterset.address(view=filterset.view)
            whole = f"?{query}" if query else self.request.path
        for group in days:
            day = group["day"]
            if not paged:
                # With one day alone shown, the others are on the whole programme.
                url = f"{whole}#day-{day.number}" if day else f"{whole}#no-day"
                ways.append({"day": day, "url": url})
            elif day or not numbers:
                number = str(day.number) if day else ""
                query = filterset.address(
                    day="" if number in numbers[:1] else number, view=filterset.view
                )
                ways.append(
                    {
                        "day": day,
                        "url": f"?{query}" if query else self.request.path,
                        "current": number in current,
                    }
                )
        return ways

    def views(self, filterset, sessions):
        """Return {"name", "label", "url", "current"} of the views that are offered."""
        labels = {"list": _("List"), "day": _("Day at a glance")}
        if filterset.view == "grid" or any(s.starts_at and s.room_id for s in sessions):
            labels = {"list": _("List"), "grid": _("Time grid"), **labels}
        day = filterset.chosen("day")
        return [
            {
                "name": name,
                "label": label,
                "url": f"?{query}" if query else self.request.path,
                "current": name == filterset.view,
            }
            for name, label in labels.items()
            for query in [filterset.address(day=day, view=name)]
        ]

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
            Session.objects.published()
            .with_citations()
            .select_related("edition", "day", "room")
            .with_published("topics", "minerals", "materials")
            .prefetch_related("spoken_languages")
        )

    def get_context_data(self, **kwargs):
        session = self.object
        edition = session.edition
        lead, rest = split_lead(session, "abstract")
        if session.subtitle:
            lead = rest = ""
        before, after, parallel, at_once = neighbours(session, SHOWN)
        regulations = self.regulations()
        _keep_names(session, regulations)
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
            regulations=regulations,
            outcomes=_outcomes_of(session=session.pk),
            before=before,
            after=after,
            parallel=parallel,
            more_parallel=at_once - len(parallel),
            zones=zones_of(edition, [session]),
            changes=changes_of_session(session)[:CHANGES_SHOWN],
            page_description=in_short(session, "abstract"),
            **self.contributions(),
            **kwargs,
        )

    def stages(self):
        """Return the places of the core, and the covered stages beyond it."""
        places = [
            {"stage": stage, "covered": stage.covered}
            for stage in _stages_of(session=self.object.pk)
        ]
        core = [place for place in places if place["stage"].core_place]
        further = [p["stage"] for p in places if p["covered"] and p not in core]
        return (core if any(p["covered"] for p in core) else []), further

    def regulations(self):
        """Return the regulations named, with their status then, today and next date."""
        then = self.object.held_on or self.object.edition.status_day
        today = timezone.localdate()
        return _regulations_of(session=self.object.pk, then=then, today=today)

    def contributions(self):
        """
        Return who led, who spoke, who else was there, and if any is a person.

        `unnamed` are contributions of those whose name was removed.
        """
        role = Contribution.Role
        told = _told_of(session=self.object.pk)
        found = [c for c in told if c.person or c.organization]
        led = {role.HOST, role.MODERATOR}
        spoke = {role.SPEAKER, role.PANELIST}
        return {
            "led": [c for c in found if c.role in led],
            "spoke": [c for c in found if c.role in spoke],
            "present": [c for c in found if c.role not in led | spoke],
            "unnamed": [c for c in told if c not in found],
            "named_people": any(c.person or c.name_removed for c in told),
        }


def _keep_names(session, regulations):
    """Fetch the other names of a session and of its regulations, in one query."""
    kinds = ContentType.objects.get_for_models(Session, Regulation)
    found = _names_around(
        own_kind=kinds[Session].pk,
        session=session.pk,
        kind=kinds[Regulation].pk,
        laws=tuple(law.pk for law in regulations),
    )
    for record in (session, *regulations):
        of_it = (kinds[type(record)].pk, record.pk)
        names = [one for one in found if (one.content_type_id, one.object_id) == of_it]
        keep(record, "alt_names", names)


@prepared
def _names_around(own_kind, session, kind, laws):
    own = Q(content_type=own_kind, object_id=session)
    named = Q(content_type=kind, object_id__in=laws)
    return AltName.objects.filter(own | named)


@prepared
def _stages_of(session):
    """Return all stages in the order of the core, `covered` by a session or not."""
    tagged = Session.stages.through.objects.filter(
        session=session, lifecyclestage=OuterRef("pk")
    )
    stages = LifecycleStage.objects.published().annotate(covered=Exists(tagged))
    return stages.order_by(F("core_place").asc(nulls_last=True), "order")


@prepared
def _regulations_of(session, then, today):
    found = Regulation.objects.filter(sessions=session).published()
    found = found.with_status(today).with_next_date(today)
    return found.with_status(then, name="status_then") if then else found


@prepared
def _outcomes_of(session):
    return Outcome.objects.filter(session=session).published()


@prepared
def _told_of(session):
    """Return who had a part in a session."""
    told = Contribution.objects.filter(session=session).told()
    return told.select_related("person", "organization")


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

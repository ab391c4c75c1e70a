from urllib.parse import urlsplit

from django.db.models import (
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    Window,
)
from django.db.models.functions import RowNumber
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from records.facets import count_related, tree_of
from records.filters import in_both
from records.languages import text_of
from records.models import AltName, related_model
from records.prepared import prepared
from records.previewing import anything_is_shown
from records.templatetags.records import heading, list_comma
from records.views import RecordDetail, RecordList
from topics.around import (
    ROWS,
    Contribution,
    Outcome,
    Session,
    first_by,
    having,
    organizations_of,
    outcomes_about,
    sessions_of,
)
from topics.compare import MOST_OFFERED, Comparison
from topics.filters import (
    MineralFilter,
    RegulationFilter,
    StageFilter,
    TopicFilter,
    read_as_of,
)
from topics.instruments import (
    discussions,
    duties_of,
    relations_of,
    status_among,
    telling_milestones,
)
from topics.models import (
    Duty,
    IssuingBody,
    LifecycleStage,
    Mineral,
    Regulation,
    Topic,
)
from topics.timeline import latest_edition, timeline
from topics.tree import grow, lineage, related, with_narrower

OFFERED = in_both("short_name")

Edition = related_model(Session, "edition")


def _who_is_below_whom(model):
    if not anything_is_shown():
        return tree_of(model)
    pairs = model.objects.published().order_by().rewrite(False)
    parents, children = dict(pairs.values_list("pk", "parent")), {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    return parents, children


def core(covered):
    """
    Return what a page shows of the life cycle, in one query.

    `covered` is a condition on stages. `places` are the five of the core, or none
    if no piece is filled; `further_stages` have no place there.
    """
    stages = LifecycleStage.objects.published().annotate(covered=covered)
    stages = list(stages.order_by("core_place", "order", "pk"))
    placed = [stage for stage in stages if stage.core_place]
    if not any(stage.covered for stage in placed):
        placed = []
    return {
        "places": [{"stage": stage, "covered": stage.covered} for stage in placed],
        "further_stages": [s for s in stages if s.covered and not s.core_place],
        "stages": {stage.pk: stage for stage in stages},
    }


def other_names(record, *more):
    """Return its names in the source, and its further names with `more` of them."""
    names = record.alt_names.all()
    known = {name.text for name in names}
    added = [AltName(text=text) for text in more if text and text not in known]
    return {
        "called": [name for name in names if name.in_source],
        "also_known_as": [*added, *(name for name in names if not name.in_source)],
    }


def in_short(record, field):
    return Truncator(text_of(record, field).text).chars(160)


def trail(label, index, record, *between):
    """Return the breadcrumb of a record's page."""
    home = (_("Home"), reverse("home"))
    return [home, (label, reverse(index)), *between, (heading(record), "")]


def grown(record):
    """Return a record grown into what is above and below it, in two queries."""
    keys = related(record.pk, *_who_is_below_whom(type(record)))
    grow([record, *type(record).objects.published().filter(pk__in=keys)])
    return record


class TopicList(RecordList):
    """The tree of topics; filtered, the topics found, each with its broader one."""

    model = Topic
    filterset_class = TopicFilter
    template_name = "topics/topic_list.html"
    context_object_name = "topics"

    def get_queryset(self):
        found = list(super().get_queryset())
        every = {topic.pk: topic for topic in Topic.objects.published()}
        roots = grow(every.values())
        count_related(every.values(), "sessions", "regulations")
        self.total = len(found)
        if self.filterset.labels:
            return [every[topic.pk] for topic in found if topic.pk in every]
        return roots

    def get_context_data(self, **kwargs):
        context = super().get_context_data(
            page_title=_("Topics"),
            page_description=_(
                "What the forum discusses, from broad to narrow. The counts of "
                "a topic include its narrower topics."
            ),
            trail=[(_("Home"), reverse("home")), (_("Topics"), "")],
            **kwargs,
        )
        return context | {"count": self.total, "filtered": self.filterset.labels}


class TopicDetail(RecordDetail):
    model = Topic
    template_name = "topics/topic_detail.html"
    context_object_name = "topic"

    def get_object(self, queryset=None):
        return grown(super().get_object(queryset))

    def get_context_data(self, **kwargs):
        topic = self.object
        among = tuple(narrower.pk for narrower in with_narrower(topic))
        broader = [(heading(t), t.get_absolute_url()) for t in lineage(topic)]
        sessions = sessions_of(topic, topics__in=among)
        return super().get_context_data(
            trail=trail(_("Topics"), "topics:list", topic, *broader),
            sessions=sessions,
            found_keys=sessions.get("found"),
            regulations=first_by(Regulation, "topics", among),
            outcomes=first_by(Outcome, "topics", among),
            organizations=organizations_of(topic, among),
            page_description=in_short(topic, "definition"),
            **other_names(topic),
            **kwargs,
        )


class RegulationList(RecordList):
    model = Regulation
    filterset_class = RegulationFilter
    template_name = "topics/regulation_list.html"
    context_object_name = "regulations"

    @staticmethod
    def with_details(records, day):
        return records.with_row_details().with_status(day)

    def get_asked(self):
        return {"day": self.filterset.status_day or timezone.localdate()}

    def get_context_data(self, **kwargs):
        day = self.filterset.status_day
        return super().get_context_data(
            page_title=_("Regulations"),
            page_description=_(
                "Laws, treaties, standards and initiatives on mineral supply "
                "chains, with their dates. Not legal advice."
            ),
            trail=[(_("Home"), reverse("home")), (_("Regulations"), "")],
            as_of=day,
            today_query=self.query_on(None),
            forum_days=self.forum_days(),
            **kwargs,
        )

    def forum_days(self):
        """Return the latest editions that were held, each with the list as of then."""
        held = Edition.objects.published().filter(starts_on__lte=timezone.localdate())
        editions = held.order_by("-starts_on")[:ROWS]
        return [(edition, self.query_on(edition.status_day)) for edition in editions]

    def query_on(self, day):
        """Return the query of this list with the statuses of another day, or today."""
        asked = self.filterset.data.get("as_of", "")
        extra = {"as_of": day.isoformat()} if day else {}
        return self.filterset.query(without=("as_of", asked), **extra)


# What the page of a regulation tells of a session, of its edition and of its day
TOLD = (
    *("slug", "name_language", *in_both("title"), "format", "starts_at", "position"),
    *("edition__slug", "edition__name_language", *in_both("edition__name")),
    *("edition__year", "edition__starts_on", "edition__ends_on"),
    *("edition__time_zone", "day__edition", "day__date"),
)


@prepared
def _first_naming(regulation):
    """Return the first public sessions of each edition that name a regulation."""
    first = Window(RowNumber(), partition_by="edition", order_by=("position", "pk"))
    named_in = Session.objects.published().filter(regulations=regulation)
    return (
        named_in.annotate(
            place=first, of_edition=Window(Count("pk"), partition_by="edition")
        )
        .filter(place__lte=ROWS)
        .select_related("edition", "day")
        .only(*TOLD)
    )


@prepared
def _contributions_to(sessions):
    """Return the public contributions to public sessions."""
    named = Contribution.objects.published(sessions=sessions)
    return named.select_related("organization", "person")


class RegulationDetail(RecordDetail):
    model = Regulation
    template_name = "topics/regulation_detail.html"
    context_object_name = "regulation"

    def get_queryset(self):
        bodies = IssuingBody.objects.published().select_related("organization")
        return (
            super()
            .get_queryset()
            .annotate(has_duties=Exists(Duty.objects.filter(regulation=OuterRef("pk"))))
            .with_published("topics", "minerals")
            .prefetch_related(
                Prefetch("milestones", telling_milestones()),
                "identifiers",
                Prefetch("issuing_bodies", queryset=bodies),
            )
        )

    def get_forum(self, sessions, today):
        """Return the edition whose date "then" means, or None."""
        named_it = latest_edition((s.edition for s in sessions), today)
        if named_it or sessions:
            return named_it
        begun = Edition.objects.published().filter(starts_on__lte=today)
        return begun.order_by("-starts_on").first()

    def get_context_data(self, **kwargs):
        regulation, today = self.object, timezone.localdate()
        milestones = list(regulation.milestones.all())
        regulation.status = status_among(milestones, today)
        sessions = _first_naming(regulation=regulation.pk)
        totals = {one.edition_id: one.of_edition for one in sessions}
        shown = sessions[:ROWS]
        contributions = _contributions_to(sessions=tuple(one.pk for one in shown))
        forum = self.get_forum(sessions, today)
        then = forum.status_day if forum else None
        covered = Regulation.objects.filter(pk=regulation.pk, stages=OuterRef("pk"))
        life = core(Exists(covered))
        asked, ignored = read_as_of(self.request.GET)
        place = (
            regulation.jurisdiction_name,
            f"{reverse('topics:regulations')}?jurisdiction={regulation.jurisdiction}",
        )
        return super().get_context_data(
            trail=trail(_("Regulations"), "topics:regulations", regulation, place),
            today=today,
            timeline=timeline(milestones, sessions, today),
            next_dates=[m for m in reversed(milestones) if m.is_ahead(today)][:2],
            forum_edition=forum,
            status_then=then and status_among(milestones, min(then, today)),
            as_of=asked,
            status_as_of=asked and status_among(milestones, asked),
            ignored=ignored,
            robots="noindex" if asked else "",
            sessions=discussions(shown, contributions, milestones, today),
            session_total=sum(totals.values()),
            relations=relations_of(regulation),
            duties=regulation.has_duties and duties_of(regulation, life["stages"]),
            official_site=site_of(regulation.official_url),
            page_description=in_short(regulation, "summary"),
            **life,
            **other_names(regulation, regulation.acronym),
            **kwargs,
        )


def compare(request):
    """Show two to four regulations side by side, or the form to choose them."""
    comparison = Comparison(request.GET)
    offered = Regulation.objects.published()
    asked = {one.slug for one in comparison.regulations}
    context = {
        "comparison": comparison,
        "ignored": comparison.ignored,
        "as_of": comparison.as_of,
        "offered": list(offered.only("slug", "name_language", *OFFERED)[:MOST_OFFERED]),
        "asked": asked,
        "trail": [
            (_("Home"), reverse("home")),
            (_("Regulations"), reverse("topics:regulations")),
            (_("Compare"), ""),
        ],
        "page_title": _("Compare regulations"),
        "robots": "noindex" if request.GET else "",
    }
    if comparison.is_ready:
        rows = comparison.rows()
        every = comparison.all_rows
        context |= {
            "rows": rows,
            "fact_count": len(every),
            "differing": sum(row.differs for row in every),
            "columns": [
                (one, comparison.query(without=one)) for one in comparison.regulations
            ],
            "switch": comparison.query(differences=not comparison.only_differences),
            "page_title": page_title(comparison),
        }
    return render(request, "topics/compare.html", context)


def page_title(comparison):
    """Return what a page that compares these regulations is called."""
    names = list_comma().join(str(one) for one in comparison.regulations)
    return _("Compare: %(names)s") % {"names": names}


def site_of(address):
    """Return the host of an address, without "www."; "" if there is none."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


class MineralList(RecordList):
    model = Mineral
    filterset_class = MineralFilter
    template_name = "topics/mineral_list.html"
    context_object_name = "minerals"

    def get_queryset(self):
        found = list(super().get_queryset())
        every = {mineral.pk: mineral for mineral in Mineral.objects.published()}
        grow(every.values())
        count_related(every.values(), "sessions", "regulations")
        return [every[m.pk] for m in found if m.pk in every]

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            page_title=_("Minerals"),
            page_description=_(
                "Minerals, metals and groups of them, with the published lists "
                "that name them. The counts of a group include its members."
            ),
            trail=[(_("Home"), reverse("home")), (_("Minerals"), "")],
            **kwargs,
        )


class MineralDetail(RecordDetail):
    model = Mineral
    template_name = "topics/mineral_detail.html"
    context_object_name = "mineral"

    def get_object(self, queryset=None):
        return grown(super().get_object(queryset))

    def get_context_data(self, **kwargs):
        mineral = self.object
        among = [member.pk for member in with_narrower(mineral)]
        sessions = having(Session, minerals__in=among)
        regulations = having(Regulation, minerals__in=among)
        groups = lineage(mineral)
        above = [(heading(group), group.get_absolute_url()) for group in groups]
        stage = OuterRef("pk")
        return super().get_context_data(
            trail=trail(_("Minerals"), "topics:minerals", mineral, *above),
            groups=groups,
            sessions=sessions_of(mineral, minerals__in=among),
            regulations=first_by(Regulation, "minerals", among),
            outcomes=outcomes_about(among),
            **core(
                Q(Exists(sessions.filter(stages=stage)))
                | Q(Exists(regulations.filter(stages=stage)))
            ),
            **other_names(mineral),
            **kwargs,
        )


class StageList(RecordList):
    """The five stages of the core, then the further ones."""

    model = LifecycleStage
    filterset_class = StageFilter
    template_name = "topics/stage_list.html"
    context_object_name = "stages"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(
            page_title=_("Life-cycle stages"),
            page_description=_(
                "The way of a mineral from the deposit to recycling. The drill "
                "core on other pages shows five of these stages, always in the "
                "same places."
            ),
            trail=[(_("Home"), reverse("home")), (_("Life-cycle stages"), "")],
            **kwargs,
        )
        count_related(context["stages"], "sessions", "regulations")
        placed = [stage for stage in context["stages"] if stage.core_place]
        return context | {
            "on_core": sorted(placed, key=lambda stage: stage.core_place),
            "further": [s for s in context["stages"] if not s.core_place],
        }


class StageDetail(RecordDetail):
    model = LifecycleStage
    template_name = "topics/stage_detail.html"
    context_object_name = "stage"

    def get_context_data(self, **kwargs):
        stage = self.object
        return super().get_context_data(
            trail=trail(_("Life-cycle stages"), "topics:stages", stage),
            places=LifecycleStage.objects.core_places([stage]),
            sessions=sessions_of(stage, stages=stage),
            regulations=first_by(Regulation, "stages", [stage.pk]),
            page_description=in_short(stage, "definition"),
            **other_names(stage),
            **kwargs,
        )

from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    Window,
    prefetch_related_objects,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from organizations.models import Organization
from records.languages import text_of
from records.models import AltName, Citation, related_model
from records.templatetags.records import heading
from records.views import RecordDetail, RecordList, RecordNotFound
from topics.filters import (
    MineralFilter,
    RegulationFilter,
    StageFilter,
    TopicFilter,
)
from topics.models import (
    Duty,
    IssuingBody,
    LifecycleStage,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)
from topics.timeline import latest_edition, timeline
from topics.tree import count_within, grow, lineage, with_narrower

ROWS = 6  # of a relation on a page; a link leads to the rest
VERIFIED_FOR = timedelta(days=183)  # then a date wants another look

Session = related_model(Topic, "sessions")
Contribution = related_model(Session, "contributions")
Outcome = related_model(Topic, "outcomes")
Edition = related_model(Session, "edition")


def having(model, *conditions, **more):
    """Return the published records of a model that meet conditions, each once."""
    matching = model.objects.order_by().filter(*conditions, **more)
    return model.objects.published().filter(pk__in=matching.values("pk"))


def first_rows(queryset):
    """Return the first rows and how many there are in all; no query more."""
    rows = list(queryset.annotate(all_rows=Window(Count("pk")))[:ROWS])
    return {"rows": rows, "total": rows[0].all_rows if rows else 0}


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


def find_in_tree(model, slug):
    """Return a published record grown into its tree, with its sources, in three."""
    every = list(model.objects.published())
    grow(every)
    found = next((record for record in every if record.slug == slug), None)
    if found is None:
        raise RecordNotFound(model, slug)
    citations = Prefetch("citations", Citation.objects.select_related("source"))
    prefetch_related_objects([found], citations, "alt_names")
    return found


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
        for name in ("sessions", "regulations"):
            count_within(every.values(), name)
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
        return find_in_tree(Topic, self.kwargs["slug"])

    def get_context_data(self, **kwargs):
        topic = self.object
        among = [narrower.pk for narrower in with_narrower(topic)]
        contributions = Contribution.objects.published()
        contributions = contributions.filter(session__topics__in=among)
        organizations = having(Organization, contributions__in=contributions)
        broader = [(heading(t), t.get_absolute_url()) for t in lineage(topic)]
        return super().get_context_data(
            trail=trail(_("Topics"), "topics:list", topic, *broader),
            sessions=first_rows(having(Session, topics__in=among).with_row_details()),
            regulations=first_rows(
                having(Regulation, topics__in=among).with_row_details()
            ),
            outcomes=first_rows(having(Outcome, topics__in=among).with_row_details()),
            organizations=first_rows(organizations),
            page_description=in_short(topic, "definition"),
            **other_names(topic),
            **kwargs,
        )


class RegulationList(RecordList):
    model = Regulation
    filterset_class = RegulationFilter
    template_name = "topics/regulation_list.html"
    context_object_name = "regulations"

    def get_queryset(self):
        return super().get_queryset().with_status(self.filterset.status_day)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            page_title=_("Regulations"),
            page_description=_(
                "Laws, treaties, standards and initiatives on mineral supply "
                "chains, with their dates. Not legal advice."
            ),
            trail=[(_("Home"), reverse("home")), (_("Regulations"), "")],
            as_of=self.filterset.status_day,
            **kwargs,
        )


class RegulationDetail(RecordDetail):
    model = Regulation
    template_name = "topics/regulation_detail.html"
    context_object_name = "regulation"

    def get_queryset(self):
        self.today = timezone.localdate()
        self.sessions = self.get_sessions()
        self.forum = self.get_forum()
        bodies = IssuingBody.objects.published().select_related("organization")
        then = self.forum.starts_on if self.forum else None
        return (
            super()
            .get_queryset()
            .with_status(self.today)
            .with_status(then, name="status_then")
            .annotate(has_duties=Exists(Duty.objects.filter(regulation=OuterRef("pk"))))
            .with_published("topics", "minerals")
            .prefetch_related(
                "milestones",
                "identifiers",
                Prefetch("issuing_bodies", queryset=bodies),
            )
        )

    def get_sessions(self):
        """Return the public sessions that named it, with hosts, in two queries."""
        hosts = Contribution.objects.published().filter(role=Contribution.Role.HOST)
        return list(
            Session.objects.published()
            .filter(regulations__slug=self.kwargs["slug"])
            .select_related("edition", "day")
            .prefetch_related(
                Prefetch(
                    "contributions",
                    queryset=hosts.select_related("organization", "person"),
                    to_attr="hosts",
                )
            )
        )

    def get_forum(self):
        """Return the edition whose date "then" means, or None."""
        named_it = latest_edition((s.edition for s in self.sessions), self.today)
        if named_it or self.sessions:
            return named_it
        begun = Edition.objects.published().filter(starts_on__lte=self.today)
        return begun.order_by("-starts_on").first()

    def get_context_data(self, **kwargs):
        regulation = self.object
        milestones = list(regulation.milestones.all())
        covered = Regulation.objects.filter(pk=regulation.pk, stages=OuterRef("pk"))
        life = core(Exists(covered))
        verified = regulation.last_verified_on
        place = (
            regulation.jurisdiction_name,
            f"{reverse('topics:regulations')}?jurisdiction={regulation.jurisdiction}",
        )
        return super().get_context_data(
            trail=trail(_("Regulations"), "topics:regulations", regulation, place),
            today=self.today,
            timeline=timeline(milestones, self.sessions, self.today),
            next_dates=[m for m in reversed(milestones) if m.is_ahead(self.today)][:2],
            forum_edition=self.forum,
            sessions=self.sessions[:ROWS],
            session_total=len(self.sessions),
            relations=relations_of(regulation),
            duties=regulation.has_duties and duties_of(regulation, life["stages"]),
            official_site=site_of(regulation.official_url),
            verified_lately=bool(verified and self.today - verified <= VERIFIED_FOR),
            page_description=in_short(regulation, "summary"),
            **life,
            **other_names(regulation, regulation.acronym),
            **kwargs,
        )


def relations_of(regulation):
    """Return {label: [regulations]} of its relations from both ends, by one query."""
    named = {}
    relations = RegulationRelation.objects.published()
    for relation in relations.filter(
        Q(regulation=regulation) | Q(target=regulation)
    ).select_related("regulation", "target"):
        if relation.regulation_id == regulation.pk:
            label, other = relation.get_kind_display(), relation.target
        else:
            label, other = relation.get_inverse_display(), relation.regulation
        named.setdefault(label, []).append(other)
    return named


def duties_of(regulation, stages):
    """Return its duties, each with `for_stages` out of those given, by one query."""
    duties = {}
    rows = Duty.objects.published().filter(regulation=regulation)
    rows = rows.annotate(stage_pk=F("stages"))
    for row in rows.order_by(F("applies_from").asc(nulls_last=True), "pk"):
        duty = duties.setdefault(row.pk, row)
        duty.for_stages = getattr(duty, "for_stages", [])
        if row.stage_pk in stages:
            duty.for_stages.append(stages[row.stage_pk])
    return list(duties.values())


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
        for name in ("sessions", "regulations"):
            count_within(every.values(), name)
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
        return find_in_tree(Mineral, self.kwargs["slug"])

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
            sessions=first_rows(sessions.with_row_details()),
            regulations=first_rows(regulations.with_row_details()),
            outcomes=first_rows(
                having(Outcome, session__in=sessions).with_row_details()
            ),
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

    def get_queryset(self):
        return super().get_queryset().with_published_count("sessions", "regulations")

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
            sessions=first_rows(having(Session, stages=stage).with_row_details()),
            regulations=first_rows(having(Regulation, stages=stage).with_row_details()),
            page_description=in_short(stage, "definition"),
            **other_names(stage),
            **kwargs,
        )

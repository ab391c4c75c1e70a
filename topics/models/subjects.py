from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from records.models import Record, RecordQuerySet
from records.prepared import prepared


class TreeQuerySet(RecordQuerySet):
    def within(self, slugs):
        """
        Keep the records with these slugs and all that is narrower, in two queries.

        What hangs below a record that is not public is no longer reached.
        """
        children, found = {}, set()
        for pk, slug, parent in self.model.objects.published().values_list(
            "pk", "slug", "parent"
        ):
            children.setdefault(parent, []).append(pk)
            if slug in slugs:
                found.add(pk)
        todo = list(found)
        while todo:
            narrower = set(children.get(todo.pop(), ())) - found
            found |= narrower
            todo.extend(narrower)
        return self.filter(pk__in=found)


class Tree(Record):
    """A record that may be narrower than another of its kind (skos:broader)."""

    class Meta(Record.Meta):
        abstract = True

    def clean(self):
        super().clean()
        above, seen = self.parent, [self]
        while above is not None:
            if above in seen:
                raise ValidationError(
                    {"parent": _("This would place the record below itself.")}
                )
            seen.append(above)
            above = above.parent


class Topic(Tree):
    """A question that the forum discusses."""

    page, index = "topics:detail", "topics:list"
    title_field = "label"
    markdown_fields = ("note", "definition")
    public_fields = (
        "label",
        "definition",
        "parent",
        "oecd_annex_ii",
        "note",
        "alt_names",
        "citations",
    )

    label = models.CharField(_("label"), max_length=200, blank=True)
    definition = models.TextField(_("definition"), blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
        verbose_name=_("broader topic"),
    )
    oecd_annex_ii = models.CharField(
        _("risk in Annex II of the OECD guidance"), max_length=300, blank=True
    )

    objects = TreeQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="topic_is_not_its_own_parent",
                violation_error_message=_("A topic is not narrower than itself."),
            )
        ]


class Mineral(Tree):
    """A mineral, metal or group of them whose supply chain is discussed."""

    class Kind(models.TextChoices):
        METAL = "metal", _("Metal")
        METALLOID = "metalloid", _("Metalloid")
        NONMETAL = "nonmetal", _("Nonmetal")
        MINERAL = "mineral", pgettext_lazy("kind of mineral", "Mineral")
        GAS = "gas", _("Gas")
        ENERGY = "energy", _("Energy mineral")
        GROUP = "group", _("Group of minerals")

    class List(models.TextChoices):
        EU_CRITICAL = "EU-CRM-2023", _("EU critical raw materials, 2023")
        EU_STRATEGIC = "EU-SRM-2023", _("EU strategic raw materials, 2023")
        US_2022 = "US-2022", _("US critical minerals, 2022")
        US_2025 = "US-2025", _("US critical minerals, 2025")
        CN_2016 = "CN-2016", _("China’s strategic minerals, 2016–2020")
        CONFLICT = "3TG", _("Tin, tantalum, tungsten and gold (3TG)")

    page, index = "topics:mineral", "topics:minerals"
    title_field = "label"
    public_fields = (
        "label",
        "symbol",
        "kind",
        "parent",
        "lists",
        "note",
        "alt_names",
        "citations",
    )

    label = models.CharField(_("label"), max_length=200, blank=True)
    symbol = models.CharField(_("symbol"), max_length=20, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, db_index=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
        verbose_name=_("group"),
    )
    lists = models.JSONField(
        _("lists of critical minerals"),
        default=list,
        blank=True,
        help_text=_("The published lists that name it."),
    )

    objects = TreeQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("mineral")
        verbose_name_plural = _("minerals")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="mineral_is_not_its_own_parent",
                violation_error_message=_("A mineral is not part of itself."),
            )
        ]

    def list_names(self):
        """Return the names of the published lists that it is on, in their order."""
        names = dict(self.List.choices)
        return [names.get(code, code) for code in self.lists]


class LifecycleStageQuerySet(RecordQuerySet):
    def core_places(self, covered):
        """
        Return the five places of a core, as {"stage", "covered"}, in one query.

        `covered` are the stages, or their primary keys, whose pieces are filled.
        An empty list if nothing is covered: then there is no core.
        """
        keys = {getattr(stage, "pk", stage) for stage in covered}
        places = [
            {"stage": stage, "covered": stage.pk in keys} for stage in _core_stages()
        ]
        return places if any(place["covered"] for place in places) else []


@prepared
def _core_stages():
    stages = LifecycleStage.objects.published().filter(core_place__isnull=False)
    return stages.order_by("core_place")


class LifecycleStage(Record):
    """A step in the life of a mineral, from the deposit to recycling."""

    page, index = "topics:stage", "topics:stages"
    title_field = "label"
    markdown_fields = ("note", "definition")
    public_fields = (
        "label",
        "definition",
        "core_place",
        "note",
        "alt_names",
        "citations",
    )

    label = models.CharField(_("label"), max_length=200, blank=True)
    definition = models.TextField(_("definition"), blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    core_place = models.PositiveSmallIntegerField(
        _("place in the core"),
        null=True,
        blank=True,
        unique=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("1 to 5 for the five pieces; empty: shown as a chip."),
    )

    objects = LifecycleStageQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["order", "id"]
        verbose_name = _("life-cycle stage")
        verbose_name_plural = _("life-cycle stages")
        constraints = [
            models.CheckConstraint(
                condition=Q(core_place__isnull=True) | Q(core_place__range=(1, 5)),
                name="stage_has_one_of_five_places",
                violation_error_message=_("The core has the places 1 to 5."),
            )
        ]

import uuid

from django.apps import apps
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, router, transaction
from django.db.models import F, Func, Prefetch, Q, Subquery
from django.db.models.base import ModelState
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from records.addresses import path_of
from records.changes import ReportingQuerySet
from records.languages import TAGS, check_language, text_in, text_of
from records.models.merged import Removed
from records.models.parts import Citation, FormerSlug
from records.prepared import moment
from records.previewing import or_shown
from records.text import LONGEST, markdown_to_html, sort_key

SLUG = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z",
    _("Use lower-case letters, digits and single hyphens, such as “labour-relations”."),
)

NO_VALUE = "none"  # in an address: the records that have no value of a filter


# Beyond Django's own four: to decide what the public sees is a right of its own.
PERMISSIONS = ("add", "change", "delete", "view", "publish", "withdraw")


def display(self, field):
    """
    Return the label of a field's value, as `get_…_display()` of a model does.

    Django's own puts all labels of the choices in words to find the one.
    """
    value = getattr(self, field.attname)
    return force_str(dict(field.flatchoices).get(value, value), strings_only=True)


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RecordQuerySet(ReportingQuerySet):
    """The vocabulary of every record."""

    def published(self, at=None):
        """Keep what the public may see at that moment: the one gate to outside."""
        at = at or moment()
        started = Q(publish_at__isnull=True) | Q(publish_at__lte=at)
        public = Q(started, state=State.PUBLISHED)
        return self.filter(or_shown(public, self.model))

    def withdrawn(self, at=None):
        """Keep what the public could see once and cannot see any more."""
        at = at or timezone.now()
        return self.filter(
            state=State.WITHDRAWN,
            first_published_at__lte=F("withdrawn_at"),
            withdrawn_at__lte=at,
        )

    def with_published(self, *names, order_by=None, details=None):
        """
        Fetch the published ones of each named relation, in one query each.

        `names` are fields or reverse names, to one or to many: what is not public
        is None, or missing from `.all()`. `details` names a queryset method to
        call on the related records, `order_by` the fields to order them by.
        """
        for name in names:
            related = self.model._meta.get_field(name).related_model.objects
            records = related.published()
            if details:
                records = getattr(records, details)()
            if order_by:
                records = records.order_by(*order_by)
            self = self.prefetch_related(Prefetch(name, queryset=records))
        return self

    def with_published_count(self, *names):
        """Annotate `<name>_count`, the number of published ones; no query more."""
        for name in names:
            field = self.model._meta.get_field(name)
            counted = (
                field.related_model.objects.published()
                .filter(**{field.remote_field.name: models.OuterRef("pk")})
                .order_by()
                .annotate(_n=Func(F("pk"), function="COUNT"))
                .values("_n")
            )
            count = Subquery(counted, output_field=models.IntegerField())
            self = self.annotate(**{f"{name}_count": Coalesce(count, 0)})
        return self

    def with_row_details(self):
        """Fetch what a row of a list shows; a kind says what, and how many queries."""
        return self.all()

    def with_citations(self):
        """Fetch citations with their sources, in one query."""
        cited = Citation.objects.select_related("source")
        return self.prefetch_related(Prefetch("citations", cited))

    def with_sources(self):
        """Fetch citations with their sources and other names, in two queries."""
        return self.with_citations().prefetch_related("alt_names")

    def update(self, **values):
        """Update, and keep in step what is derived from the changed fields."""
        if "slug" in values:
            raise ValueError("A slug changes by save(), which keeps the old address.")
        if self._follows_up:
            values.setdefault("updated_at", timezone.now())
        return super().update(**values)

    update.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for record in objs:
            record.derive()
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs, fields, *args, **kwargs):
        objs, fields = list(objs), [*fields, "updated_at"]
        derives = self.model.derives_from(fields)
        for record in objs:
            record.updated_at = timezone.now()
            if derives:
                record.derive()
        if derives:
            fields += self.model.derived
        return super().bulk_update(objs, dict.fromkeys(fields), *args, **kwargs)

    bulk_update.alters_data = True

    def _bring_into_step(self, pks, fields, before):
        # After bulk_update() everything is derived already.
        derived = set(self.model.derived)
        if self.model.derives_from(fields) and not derived <= set(fields):
            rows = self.model._base_manager.using(self._writer()).filter(pk__in=pks)
            for record in rows:
                record.derive()
                rows.filter(pk=record.pk).update(**record.derived_values())


class Record(models.Model):
    """
    Whatever the portal keeps a page of.

    A record has a permanent address, a life (draft → scheduled → published →
    withdrawn), sources, a history and two languages. `title_field` is the
    translated field it is called by (`name_fields`, if it may be one of several),
    `markdown_fields` are the texts whose HTML
    is made when the record is written, `page` is the URL name of its page.
    `public_fields` are what a version of it shows, in that order: fields, tags and
    parts. Parts and sources name theirs in the same way.
    """

    title_field = "name"
    name_fields = ()
    markdown_fields = ("note",)
    public_fields = ()
    reserved_slugs = ()
    page = index = ""
    picture = None  # what it is shown by, if its kind has one
    part_of = ""  # the field of a record that has to be public as well
    derived = (
        "first_published_at",
        "withdrawn_at",
        "html",
        "sort_key_en",
        "sort_key_zh_hans",
    )

    uid = models.UUIDField(
        _("identifier"), default=uuid.uuid4, unique=True, editable=False
    )
    slug = models.CharField(
        _("address"),
        max_length=100,
        unique=True,
        validators=[SLUG],
        help_text=_("The last part of the page’s address, the same in both languages."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.DRAFT, db_index=True
    )
    publish_at = models.DateTimeField(
        _("publish at"),
        null=True,
        blank=True,
        help_text=_("A published record stays hidden until then. Empty: at once."),
    )
    first_published_at = models.DateTimeField(
        _("first published"), null=True, blank=True, editable=False
    )
    withdrawn_at = models.DateTimeField(
        _("withdrawn on"), null=True, blank=True, editable=False
    )
    withdrawn_reason = models.CharField(
        _("reason for withdrawal"),
        max_length=300,
        blank=True,
        help_text=_("Shown at the old address."),
    )
    name_language = models.CharField(
        _("language of the name"),
        max_length=20,
        blank=True,
        validators=[check_language],
        help_text=_(
            "Only if the name in the English field is in a third language: its "
            "code, such as “de”."
        ),
    )
    note = models.TextField(
        _("public note"),
        blank=True,
        help_text=_("What a source leaves open, or where two disagree. Markdown."),
    )
    editor_note = models.TextField(
        _("editor’s note"), blank=True, help_text=_("Never leaves the admin.")
    )
    html = models.JSONField(default=dict, editable=False)
    sort_key = models.CharField(max_length=200, editable=False, db_index=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    alt_names = GenericRelation("records.AltName")
    citations = GenericRelation("records.Citation")
    former_slugs = GenericRelation("records.FormerSlug")
    external_ids = GenericRelation("records.ExternalId")
    preview_links = GenericRelation("records.PreviewLink")

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["sort_key"]
        default_permissions = PERMISSIONS
        indexes = [
            # Few records have one, and it is asked for often which comes next.
            models.Index(
                fields=["publish_at"],
                condition=Q(publish_at__isnull=False),
                name="%(class)s_publish_at",
            )
        ]

    def __str__(self):
        return text_of(self, self.heading_field).text or self.slug

    @classmethod
    def from_db(cls, db, field_names, values):
        # As Django's, but for `__init__()`, whose signals and checks of each field
        # cost five times what the rest of reading a row does.
        record = cls.__new__(cls)
        record._state = ModelState()
        record._state.adding, record._state.db = False, db
        record.__dict__.update(zip(field_names, values, strict=True))
        if "slug" in record.__dict__:
            record._stored_slug = record.slug
        return record

    def save(self, *args, **kwargs):
        """Derive what follows from the row, and keep the address it had before."""
        self.derive()
        fields = kwargs.get("update_fields")
        if fields is not None and self.derives_from(fields):
            kwargs["update_fields"] = {*fields, *self.derived}
        former = getattr(self, "_stored_slug", self.slug)
        using = kwargs.get("using") or router.db_for_write(type(self))
        # One transaction with what hears of the save.
        with transaction.atomic(using=using, savepoint=False):
            super().save(*args, **kwargs)
            if former != self.slug:
                if self.was_public():
                    self.former_slugs.get_or_create(slug=former)
                self.former_slugs.filter(slug=self.slug).delete()
        self._stored_slug = self.slug

    def get_absolute_url(self):
        return path_of(self.page, self.slug)

    _get_FIELD_display = display  # noqa: N815 — the name that Django gives

    @property
    def address(self):
        """The permanent address without language or host: /topics/labour/."""
        return "/" + self.get_absolute_url().split("/", 2)[2]

    def clean(self):
        super().clean()
        errors = {}
        if not any(text_in(self, self.heading_field, code) for code in TAGS):
            errors[f"{self.heading_field}_en"] = _(
                "Give a name in at least one language."
            )
        if self.slug in (NO_VALUE, *self.reserved_slugs):
            errors["slug"] = _("This address is kept for a page of its own.")
        elif self.slug and self._slug_was_public_elsewhere():
            errors["slug"] = _(
                "Another record had this address. Addresses are never used again."
            )
        if words := self.hidden_by_move():
            errors[self.part_of] = words
        # Of a title the column knows how long it may be.
        for field in self._meta.fields:
            text = getattr(self, field.attname)
            if isinstance(field, TranslationField) and len(text or "") > LONGEST:
                errors[field.name] = _("A text has at most 50,000 characters.")
        if errors:
            raise ValidationError(errors)

    def _slug_was_public_elsewhere(self):
        kind = ContentType.objects.get_for_model(self)
        former = FormerSlug.objects.filter(content_type=kind, slug=self.slug)
        past = self.history.model.objects.filter(
            slug=self.slug, first_published_at__lte=timezone.now()
        )
        return (
            former.exclude(object_id=self.pk).exists()
            or past.exclude(id=self.pk).exists()
            or Removed.objects.of(type(self), self.slug) is not None
        )

    def hidden_by_move(self):
        """
        Return why what it is to be part of now would hide it, in words, or "".

        What the public has seen goes only to where it is public as well; if it was
        withdrawn, to what was public by then: else its address would not say so.
        """
        if not (self.part_of and self.pk and self.was_public()):
            return ""
        field = self._meta.get_field(self.part_of)
        key = getattr(self, field.attname)
        stored = type(self)._base_manager.filter(pk=self.pk)
        moved = stored.exclude(**{field.attname: key}).select_related(field.name)
        before = key and moved.first()
        if not (before and before.was_public()):
            return ""
        if not getattr(before, field.name).was_public():
            return ""
        wholes = field.related_model.objects.published()
        if self.state == State.WITHDRAWN:
            until = self.withdrawn_at or timezone.now()
            wholes = wholes.filter(first_published_at__lte=until)
        if wholes.filter(pk=key).exists():
            return ""
        return _(
            "The public has seen this record: with this %(whole)s it would vanish "
            "without a word. Publish the %(whole)s first, or leave the record where it "
            "is and withdraw it."
        ) % {"whole": field.related_model._meta.verbose_name}

    @property
    def heading_field(self):
        """The field that stands as the heading of this record's page."""
        return self.title_field

    @property
    def own_name_fields(self):
        """The fields that `name_language` speaks of."""
        return (self.title_field,)

    def previewed_with(self):
        """Return the records that a preview of this one shows besides it."""
        return []

    def was_public(self, at=None):
        """Tell whether the public has ever been shown this record."""
        at = at or timezone.now()
        return bool(self.first_published_at and self.first_published_at <= at)

    @classmethod
    def derives_from(cls, fields):
        """Tell whether anything derived follows from one of these field names."""
        sources = {
            "state",
            "publish_at",
            "sort_name",
            cls._meta.get_field(cls.title_field).name,
            *cls.markdown_fields,
        }
        suffixes = tuple(f"_{code.replace('-', '_')}" for code in TAGS)
        for field in fields:
            bare = next(
                (field[: -len(s)] for s in suffixes if field.endswith(s)), field
            )
            if bare in sources:
                return True
        return False

    def derive(self):
        """Set the fields that follow from others: life, HTML and sort keys."""
        now = timezone.now()
        if self.state == State.WITHDRAWN:
            self.withdrawn_at = self.withdrawn_at or now
        else:
            self.withdrawn_at = None
            if not self.was_public(now):
                shown = self.state == State.PUBLISHED
                start = max(self.publish_at or now, now)
                self.first_published_at = start if shown else None
        self._never_null()
        self.html = {
            f"{field}_{code}": html
            for field in self.markdown_fields
            for code in TAGS
            if (html := markdown_to_html(text_in(self, field, code)))
        }
        for code in TAGS:
            key = sort_key(self.name_to_sort_by(code))
            setattr(self, f"sort_key_{code.replace('-', '_')}", key)

    def name_to_sort_by(self, language):
        """Return the name to sort by among readers of that language."""
        names = [text_in(self, self.heading_field, code) for code in TAGS]
        return text_in(self, self.heading_field, language) or "".join(names)

    def derived_values(self):
        """Return the derived fields as keyword arguments for `update()`."""
        return {name: getattr(self, name) for name in self.derived}

    def _never_null(self):
        # Translated columns are nullable; a missing translation is "" all the same.
        for field in self._meta.concrete_fields:
            if getattr(self, field.attname, "") is None and isinstance(
                field, (models.CharField, models.TextField)
            ):
                setattr(self, field.attname, "")


def in_public(field, records):
    """
    Return the condition that the record in this field is among these public ones.

    Looked up row by row: a list of all public records would cost each query about
    some of them more, the more there are.
    """
    return models.Exists(records.filter(pk=models.OuterRef(field)))


def related_model(model, path):
    """Return the model at the end of a path such as "contributions__session"."""
    for name in path.split("__"):
        model = model._meta.get_field(name).related_model
    return model


def record_kinds():
    """Return the nine kinds of record as model classes."""
    return [model for model in apps.get_models() if issubclass(model, Record)]

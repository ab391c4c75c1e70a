"""What the admin of every kind of record shares: its life, its list, its form."""

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from records.admin.corrections import ReportsOfErrors
from records.admin.fields import both, field_label
from records.admin.life import LifeAdmin
from records.admin.needs import Needs, NeedsFilter
from records.admin.previews import Previews
from records.admin.proposing import ProposingAdmin
from records.admin.rows import AltNameInline, CitationInline, ExternalIdInline
from records.admin.sheets import Sheets
from records.admin.writing import WritingHelp
from records.languages import text_in, text_of
from records.models import Citation, State
from records.permissions import was_seen
from records.templatetags.records import heading, other_heading

PUBLICATION = (
    _("Publication"),
    {
        "fields": [
            "slug",
            ("standing", "first_published_at", "former_addresses"),
        ]
    },
)
NOTES = (
    _("Notes"),
    {"fields": [both("note"), "editor_note", "reports", "updated_at"]},
)
NAME_IN = {"en": _("English name"), "zh-hans": _("Chinese name")}


class RecordAdmin(
    ReportsOfErrors,
    Needs,
    WritingHelp,
    Previews,
    Sheets,
    LifeAdmin,
    ProposingAdmin,
):
    """
    The admin of a kind of record.

    `wanted` are the fields, translated or not, that a complete record has; `columns`
    stand between its name and its state; `needs` are what organizers look after
    besides what any record needs, {value: Gap}.
    """

    wanted = ()
    columns = ()
    inlines = [AltNameInline, CitationInline, ExternalIdInline]
    readonly_fields = [
        "standing",
        "first_published_at",
        "former_addresses",
        "reports",
        "updated_at",
    ]
    search_fields = ["slug", "alt_names__text"]

    def get_name_fields(self):
        return self.model.name_fields or (self.model.title_field,)

    def get_list_display(self, request):
        return ["names", *self.columns, "standing", "missing"]

    def get_list_filter(self, request):
        return ["state", *self.list_filter, NeedsFilter]

    def get_search_fields(self, request):
        names = [column for name in self.get_name_fields() for column in both(name)]
        return [*names, *self.search_fields]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": [both(self.model.title_field)[0]]}

    def get_queryset(self, request):
        """Annotate what the list says of every record; no query more."""
        public = self.model.objects.published().order_by().filter(pk=OuterRef("pk"))
        citations = Citation.objects.order_by().filter(
            content_type__app_label=self.opts.app_label,
            content_type__model=self.opts.model_name,
            object_id=OuterRef("pk"),
        )
        queryset = super().get_queryset(request)
        return queryset.annotate(is_public=Exists(public), has_source=Exists(citations))

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if help_text := HELP.get(db_field.name):
            field.help_text = help_text
        elif getattr(db_field, "translated_field", db_field).name in (
            self.model.markdown_fields
        ):
            field.help_text = field.help_text or _("Markdown.")
        return field

    def get_form(self, request, obj=None, change=False, **kwargs):
        """
        Label what may only be read like what may be written.

        The form of a withdrawn record says what of it stays public.
        """
        form = super().get_form(request, obj, change, **kwargs)
        labels = {f.name: field_label(f) for f in self.opts.concrete_fields}
        form._meta.labels = {**labels, **(form._meta.labels or {})}
        if obj and obj.state == State.WITHDRAWN and was_seen(obj):
            helps = form._meta.help_texts or {}
            form._meta.help_texts = {**helps, "standing": STILL_NAMED}
        return form

    def lookup_allowed(self, lookup, value, request):
        # A pattern that is none would only fail in the database.
        is_pattern = lookup.endswith("regex")
        return not is_pattern and super().lookup_allowed(lookup, value, request)

    def response_action(self, request, queryset):
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(key.isdecimal() and len(key) < 19 for key in keys):
            raise SuspiciousOperation("What is chosen of a list is no key.")
        return super().response_action(request, queryset)

    def view_on_site(self, obj):
        # As it is stored: a form that was refused may hold an address that is none.
        stored = self.model.objects.published().filter(pk=obj.pk).first()
        return stored and stored.get_absolute_url()

    @admin.display(description=_("name"), ordering="sort_key")
    def names(self, record):
        other = other_heading(record)
        name = heading(record) or record.slug
        return format_html("{}<small>{}</small>", name, other) if other else name

    @admin.display(description=_("what the public sees"), ordering="state")
    def standing(self, record):
        if record.pk is None:
            return self.get_empty_value_display()
        colour, words = _standing(record)
        return format_html('<span class="standing {}">{}</span>', colour, words)

    @admin.display(description=_("missing"))
    def missing(self, record):
        found = [
            str(words)
            for code, words in NAME_IN.items()
            if not any(text_in(record, name, code) for name in self.get_name_fields())
        ]
        for name in self.wanted:
            if not getattr(record, name):
                found.append(str(self.opts.get_field(name).verbose_name))
        if not record.has_source:
            found.append(gettext("source"))
        return pgettext("between the items of a list", ", ").join(found)

    @admin.display(description=_("former addresses"))
    def former_addresses(self, record):
        if record.pk is None:
            return self.get_empty_value_display()
        return ", ".join(former.slug for former in record.former_slugs.all())


STILL_NAMED = _(
    "Its page and its files still name it: a new name is public as soon as it is saved."
)
HELP = {
    "slug": _(
        "The last part of the page’s address, the same in both languages. If you "
        "change it after publication, the old address leads to the new one."
    ),
}


def _is_public(record):
    if not hasattr(record, "is_public"):
        public = type(record).objects.published().filter(pk=record.pk)
        record.is_public = public.exists()
    return record.is_public


def _standing(record):
    """Return a CSS class and the words for what the public sees of a record."""
    if record.state == State.WITHDRAWN:
        reason = text_of(record, "withdrawn_reason").text
        words = gettext("Withdrawn: %(reason)s") % {"reason": reason}
        return "is-withdrawn", words if reason else gettext("Withdrawn")
    if record.state == State.DRAFT:
        return "is-draft", gettext("Nothing: a draft")
    if _is_public(record):
        return "is-public", gettext("Published")
    if record.publish_at and record.publish_at > timezone.now():
        when = date_format(timezone.localtime(record.publish_at), "DATETIME_FORMAT")
        return "is-scheduled", gettext("Nothing until %(when)s") % {"when": when}
    return "is-scheduled", gettext("Nothing: what it belongs to is not public")

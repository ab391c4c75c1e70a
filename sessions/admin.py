from itertools import groupby

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Max
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries.filters import CountryFilter

from records.admin import (
    NOTES,
    PUBLICATION,
    RecordAdmin,
    RowForm,
    StackedInline,
    TabularInline,
    both,
    field_label,
)
from records.needs import of_filters
from sessions.changes import changes_of, with_details
from sessions.desk.admin import ProgrammeDesk
from sessions.filters import EditionFilter
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Material,
    Outcome,
    OutcomeUpdate,
    ProgrammeRelease,
    Room,
    Session,
    SpokenLanguage,
)
from sessions.models.timetable import REASON_WANTED, STATUS, lacks_reason
from sessions.needs import SESSION_NEEDS

CHANGES_SHOWN = 200  # on the page that closes a release


class DayInline(TabularInline):
    model = EditionDay
    fields = ["number", "date", *both("title")]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("edition")


class RoomInline(StackedInline):
    model = Room
    fields = [both("name"), ("slug", "floor", "position"), both("notes")]
    prepopulated_fields = {"slug": ["name_en"]}


class RoleInline(TabularInline):
    model = EditionRole
    fields = ["organization", "person", "role", *both("note"), "position"]
    autocomplete_fields = ["organization", "person"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("organization", "person")


class ReleaseInline(StackedInline):
    """The releases that were closed; only what they say can be mended here."""

    model = ProgrammeRelease
    fields = [("number", "closed_at", "closed_by"), both("note")]
    readonly_fields = ["number", "closed_at", "closed_by"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("closed_by")


class ReleaseForm(RowForm):
    class Meta:
        model = ProgrammeRelease
        fields = both("note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = field_label(self._meta.model._meta.get_field(name))
            field.widget.attrs["rows"] = 3


@admin.register(Edition)
class EditionAdmin(ProgrammeDesk, RecordAdmin):
    fieldsets = [
        (_("Name"), {"fields": [both("name"), ("year", "name_language")]}),
        (
            _("When and where"),
            {
                "fields": [
                    ("starts_on", "ends_on"),
                    both("city"),
                    ("country", "time_zone"),
                    both("venue"),
                    both("directions"),
                ]
            },
        ),
        (
            _("What it is about"),
            {"fields": [both("theme"), both("summary"), both("notice")]},
        ),
        PUBLICATION,
        NOTES,
    ]
    inlines = [DayInline, RoomInline, RoleInline, ReleaseInline, *RecordAdmin.inlines]
    columns = ["year", "starts_on", "ends_on", "city", "country"]
    wanted = ["starts_on", "city", "venue", "theme", "summary"]
    needs = of_filters(EditionFilter)
    list_filter = [("country", CountryFilter)]
    search_fields = [*RecordAdmin.search_fields, "year", *both("city"), *both("theme")]

    def save_related(self, request, form, formsets, change):
        """Save the days as well, and give them the sessions that wait for one."""
        super().save_related(request, form, formsets, change)
        if not self.proposes(request, form.instance.pk):
            form.instance.sessions.place()

    def get_urls(self):
        release = self.admin_site.admin_view(self.release_view)
        name = "forum_sessions_edition_release"
        return [path("<int:pk>/release/", release, name=name), *super().get_urls()]

    def release_view(self, request, pk):
        """Show what a release would close, and close it when that is confirmed."""
        edition = get_object_or_404(self.get_queryset(request), pk=pk)
        allowed = request.user.has_perm("forum_sessions.add_programmerelease")
        if not (allowed and self.has_change_permission(request, edition)):
            raise PermissionDenied
        releases = list(edition.releases.all())
        changes = changes_of(edition, releases) if edition.is_public else []
        if releases:
            changes = [c for c in changes if c.when > releases[0].closed_at]
        form = ReleaseForm(request.POST or None)
        if changes and request.method == "POST" and form.is_valid():
            release = ProgrammeRelease.objects.close(
                edition, by=request.user, **form.cleaned_data
            )
            words = gettext("%(release)s is closed.") % {
                "release": capfirst(str(release))
            }
            self.message_user(request, words)
            return redirect("admin:forum_sessions_edition_change", edition.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Close a programme release"),
            "edition": edition,
            "public": edition.is_public,
            "form": form,
            "number": releases[0].number + 1 if releases else 1,
            "total": len(changes),
            "changes": with_details(changes[:CHANGES_SHOWN]),
        }
        template = "admin/forum_sessions/edition/release.html"
        return TemplateResponse(request, template, context)


class OfEdition(forms.models.ModelChoiceIterator):
    """The days or rooms of one edition; of all, by edition, if that is not known."""

    def __iter__(self):
        yield "", self.field.empty_label
        parts = self.queryset
        if self.field.edition:
            parts = parts.filter(edition=self.field.edition)
            yield from (self.choice(part) for part in parts)
            return
        for edition, some in groupby(parts, lambda part: part.edition):
            yield str(edition), [self.choice(part) for part in some]


class InEdition(forms.ModelChoiceField):
    """
    A choice among the days or rooms of an edition, given by its key or None.

    One of another edition is no choice, and told of as that by the session.
    """

    iterator = OfEdition

    def __init__(self, *args, edition=None, **kwargs):
        self.edition = edition
        super().__init__(*args, **kwargs)

    def label_from_instance(self, part):
        if isinstance(part, Room):
            return str(part)
        words = [gettext("day %(number)d") % {"number": part.number}]
        if part.date:
            words.append(date_format(part.date, "SHORT_DATE_FORMAT"))
        return " · ".join(words)


class LastInEdition(RecordAdmin):
    """A kind whose new records come last in their edition unless placed by hand."""

    def save_model(self, request, obj, form, change):
        if not change and "position" not in form.changed_data:
            others = self.model.objects.filter(edition=obj.edition)
            last = others.aggregate(last=Max("position"))["last"]
            obj.position = (last or 0) + 1
        super().save_model(request, obj, form, change)

    @admin.display(description=_("year"), ordering="edition__year")
    def year(self, record):
        return record.edition.year


class SpokenLanguageInline(TabularInline):
    model = SpokenLanguage
    fields = ["language", "interpreted"]


class ContributionInline(TabularInline):
    model = Contribution
    fields = ["role", "person", "organization", "recording_consent", "position"]
    autocomplete_fields = ["person", "organization"]
    once = ("person", "organization", "role")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person", "organization")


class MaterialInline(StackedInline):
    model = Material
    fields = [
        ("kind", "availability", "language"),
        both("title"),
        ("file", "url"),
        "licence",
    ]


class SessionForm(RowForm):
    """The form of a session: to cancel or to move it wants a reason."""

    def clean(self):
        cleaned = super().clean()
        if STATUS.intersection(self.changed_data) and lacks_reason(cleaned):
            self.add_error("status_reason_en", REASON_WANTED)
        return cleaned


@admin.register(Session)
class SessionAdmin(LastInEdition):
    form = SessionForm
    fieldsets = [
        (_("Name"), {"fields": [both("title"), both("subtitle"), "name_language"]}),
        (
            _("When and where"),
            {
                "fields": [
                    "edition",
                    ("code", "format", "track"),
                    ("day", "room", "position"),
                    ("starts_at", "ends_at"),
                    ("event_status", "basis"),
                    both("status_reason"),
                    ("stream_url", "slide_language"),
                ]
            },
        ),
        (
            _("What it is about"),
            {
                "fields": [
                    both("abstract"),
                    ("topics", "regulations"),
                    ("minerals", "stages"),
                ]
            },
        ),
        PUBLICATION,
        NOTES,
    ]
    inlines = [
        ContributionInline,
        MaterialInline,
        SpokenLanguageInline,
        *RecordAdmin.inlines,
    ]
    autocomplete_fields = ["edition", "topics", "regulations", "minerals", "stages"]
    columns = ["year", "code", "format", "when"]
    wanted = ["abstract"]
    needs = SESSION_NEEDS
    list_select_related = ["edition", "day"]
    list_filter = ["edition", "format", "event_status", "basis"]
    search_fields = [*RecordAdmin.search_fields, "code", *both("subtitle")]
    date_hierarchy = "starts_at"

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in {"day", "room"}:
            parts = db_field.related_model.objects.select_related("edition")
            order = ["-edition__year", "edition", *parts.model._meta.ordering[1:]]
            kwargs |= {"form_class": InEdition, "queryset": parts.order_by(*order)}
            kwargs["edition"] = getattr(request, "edition", None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Show and read times by the clock of the place where the session is held."""
        with timezone.override(self._zone(request, object_id)):
            page = super().changeform_view(request, object_id, form_url, extra_context)
            return page.render() if hasattr(page, "render") else page

    def _zone(self, request, object_id):
        request.edition = self._asked_edition(request, object_id)
        found = request.edition
        return found.zone if found else timezone.get_default_timezone()

    def _asked_edition(self, request, object_id):
        """Return the edition that a form is filled in for, or None."""
        if chosen := request.POST.get("edition") or request.GET.get("edition"):
            try:
                return forms.ModelChoiceField(Edition.objects).clean(chosen)
            except ValidationError:
                return None
        session = object_id and self.get_object(request, unquote(object_id))
        return session.edition if session else None

    @admin.display(description=_("when"), ordering=F("starts_at").asc(nulls_last=True))
    def when(self, session):
        parts = []
        if session.day:
            parts.append(gettext("day %(number)d") % {"number": session.day.number})
        if session.starts_at:
            starts = timezone.localtime(session.starts_at, session.edition.zone)
            parts.append(date_format(starts, "SHORT_DATETIME_FORMAT"))
        return " · ".join(parts)

    def clock(self, request):
        if request.resolver_match.url_name.endswith("_add"):
            return gettext("By the clock of the edition’s place.")
        return super().clock(request)


class UpdateInline(TabularInline):
    model = OutcomeUpdate
    fields = ["date", "status", *both("note")]


@admin.register(Outcome)
class OutcomeAdmin(LastInEdition):
    fieldsets = [
        (
            _("What it is"),
            {
                "fields": [
                    ("edition", "session"),
                    ("kind", "status", "due_on"),
                    both("title"),
                    both("statement"),
                    "name_language",
                ]
            },
        ),
        (
            _("Who and what it is about"),
            {"fields": [("organizations", "people"), "topics", "position"]},
        ),
        PUBLICATION,
        NOTES,
    ]
    inlines = [UpdateInline, *RecordAdmin.inlines]
    autocomplete_fields = ["edition", "session", "organizations", "people", "topics"]
    columns = ["kind", "year", "status", "due_on"]
    list_select_related = ["edition"]
    list_filter = ["edition", "kind", "status"]
    date_hierarchy = "due_on"

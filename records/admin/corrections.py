"""The inbox of what readers reported, and how many reports a record has."""

from functools import partial

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from records.addresses import known_site
from records.admin.fields import Fields
from records.models import Correction
from records.notices import letter, post
from records.permissions import may_publish

SENT_BY_READER = [
    "about",
    "wrong",
    "correct",
    "source",
    "email",
    "language",
    "received_at",
    "closed_at",
]


@admin.register(Correction)
class CorrectionAdmin(Fields, admin.ModelAdmin):
    """
    What a reader sent stays as it is; state and answer are the editor's.

    An accepted report is told to the public: only who may publish the record accepts
    it, or changes it then. No versions are kept of what readers send.
    """

    list_per_page = 50

    readonly_fields = SENT_BY_READER
    radio_fields = {"state": admin.HORIZONTAL}
    list_display = ["__str__", "about", "state", "received_at"]
    list_filter = ["state", "language"]
    search_fields = ["wrong", "correct", "page"]
    date_hierarchy = "received_at"
    actions = ["take_in_hand"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("record")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and self.may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        return allowed and self.may_touch(request, obj)

    def may_touch(self, request, correction):
        accepted = correction and correction.state == Correction.State.ACCEPTED
        return not accepted or self.may_accept(request, correction)

    def may_accept(self, request, correction):
        record = correction.record
        return record is None or may_publish(request.user, record)

    def get_fieldsets(self, request, obj=None):
        """Show where a reader is answered to those alone who may answer."""
        hidden = set() if self.has_change_permission(request, obj) else {"email"}
        sent = [field for field in SENT_BY_READER if field not in hidden]
        return [
            (_("Report"), {"fields": sent}),
            (_("What becomes of it"), {"fields": ["state", "answer", "name"]}),
        ]

    def lookup_allowed(self, lookup, value, request):
        # An address in the query string would tell letter by letter whose it is.
        return not lookup.startswith("email") and super().lookup_allowed(
            lookup, value, request
        )

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if "state" in form.base_fields and not self.may_accept(request, obj):
            state = form.base_fields["state"]
            state.choices = [
                choice
                for choice in Correction.State.choices
                if choice[0] != Correction.State.ACCEPTED
            ]
            state.help_text = _("Who may publish the record can accept it.")
        return form

    @admin.display(description=_("record"))
    def about(self, correction):
        """Link to where the record is edited; without a record, to the page."""
        if correction.record is None:
            if not correction.page:
                return self.get_empty_value_display()
            path = f"/{correction.language}{correction.page}"
            return format_html('<a href="{}">{}</a>', path, correction.page)
        opts = correction.record._meta
        page = f"admin:{opts.app_label}_{opts.model_name}_change"
        try:
            url = reverse(page, args=[correction.object_id])
        except NoReverseMatch:
            return str(correction.record)
        return format_html('<a href="{}">{}</a>', url, correction.record)

    @admin.display(description=_("where it says so"))
    def source(self, correction):
        if not correction.evidence:
            return self.get_empty_value_display()
        return format_html(
            '<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>',
            correction.evidence,
        )

    @admin.action(
        description=_("Take the chosen reports in hand"), permissions=["change"]
    )
    def take_in_hand(self, request, queryset):
        for correction in queryset.filter(state=Correction.State.NEW):
            correction.state = Correction.State.IN_HAND
            correction.save()

    def save_model(self, request, obj, form, change):
        """Answer the reader once, when the report is closed."""
        to = obj.email
        super().save_model(request, obj, form, change)
        if to and not obj.is_open:
            transaction.on_commit(partial(post, [answer(obj, to)]), robust=True)


def answer(correction, to):
    """Return the letter to the reader, in the language of the report."""
    with override(correction.language):
        if correction.state == Correction.State.ACCEPTED:
            what = gettext("Thank you for your report. It was accepted.")
        else:
            what = gettext("Thank you for your report. It was not accepted.")
        page = correction.page and (
            f"{known_site()}/{correction.language}{correction.page}"
        )
        forgotten = gettext("Your e-mail address has been deleted from our records.")
        quoted = "\n".join(f"> {line}" for line in correction.wrong.splitlines())
        parts = [what, correction.answer, page, quoted, forgotten]
        return letter(
            gettext("Your report of an error"), "\n\n".join(filter(None, parts)), to
        )


class ReportsOfErrors(admin.options.BaseModelAdmin):
    """Shows on the page of a record how many reports of errors there are."""

    @admin.display(description=_("reports of errors"))
    def reports(self, record):
        about = (
            Correction.objects.of(record) if record.pk else Correction.objects.none()
        )
        total, still = about.count(), about.open().count()
        if not total:
            return self.get_empty_value_display()
        kind = ContentType.objects.get_for_model(record)
        query = urlencode({"content_type__id__exact": kind.pk, "object_id": record.pk})
        words = ngettext(
            "%(total)s report, %(open)s open", "%(total)s reports, %(open)s open", total
        ) % {"total": total, "open": still}
        url = reverse("admin:records_correction_changelist")
        return format_html('<a href="{}?{}">{}</a>', url, query, words)

"""Where publishers decide about proposed changes."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from records.admin.fields import field_label
from records.admin.naming import link_to
from records.admin.words import plain_words
from records.differences import Piece, pieces
from records.languages import TAGS
from records.models import Proposal, Record
from records.permissions import may_publish
from records.previews import token_for_staff


class DecisionForm(forms.Form):
    """A word of why; whoever declines must give one."""

    word = forms.CharField(
        label=_("Word of why"),
        help_text=_("The author reads it. Needed if you decline."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )


class Line(NamedTuple):
    """A field of a proposal as it is shown: how it would change, and what is now."""

    label: str
    lang: str
    pieces: list
    now: str


class Choice(NamedTuple):
    """What is decided by one tick; `heading` names the part that it is about."""

    item: Any
    heading: str
    lines: list
    taken: bool


def in_words(model, name, value):
    """Return the value of a field, as a proposal keeps it, in words; "" if empty."""
    field = model._meta.get_field(name)
    if value is None or value == "" or value == []:
        return ""
    if field.many_to_many or field.related_model:
        keys = value if field.many_to_many else [value]
        found = field.related_model._base_manager.in_bulk(keys)
        gone = gettext("not on record any more (%(number)s)")
        names = [str(found.get(key) or gone % {"number": key}) for key in keys]
        return pgettext("between the items of a list", ", ").join(names)
    if isinstance(field, models.FileField):
        return str(value)
    return plain_words(field, field.to_python(value))


def line(model, name, old, new, now=None):
    """Return a `Line`; what is there now is told only if it is neither."""
    field = model._meta.get_field(name)
    before, after = in_words(model, name, old), in_words(model, name, new)
    if isinstance(field, models.TextField | TranslationField):
        changed = pieces(before, after)
    else:
        both = Piece("removed", before), Piece("added", after)
        changed = [piece for piece in both if piece.text]
    lang = TAGS[field.language] if isinstance(field, TranslationField) else ""
    told = "" if now in (None, old, new) else in_words(model, name, now)
    return Line(field_label(field), lang, changed, told)


def choice(item, taken):
    """Return what is shown of an `Item`, and whether it is ticked."""
    heading = ""
    if item.part:
        words = gettext("changed")
        if item.gone:
            words = gettext("to be removed")
        elif item.is_new:
            words = gettext("new")
        part = capfirst(item.model._meta.verbose_name)
        if item.thing:
            part = gettext("%(part)s “%(name)s”") % {"part": part, "name": item.thing}
        heading = gettext("%(part)s: %(what)s") % {"part": part, "what": words}
    if item.is_whole:
        lines = [
            line(item.model, name, old, new, now if item.gone else None)
            for name, old, new, now in item.fields
        ]
        lines = [one for one in lines if one.pieces]
    else:
        lines = [line(item.model, item.name, item.old, item.new, item.now)]
    return Choice(item, heading, lines, taken)


@admin.register(Proposal)
class ProposalAdmin(admin.ModelAdmin):
    """A list of proposals, and a page on which each is decided about."""

    list_display = ["__str__", "kind", "author", "updated_at", "state", "decided_by"]
    list_filter = ["state"]
    list_select_related = ["author", "decided_by", "content_type"]
    date_hierarchy = "updated_at"
    actions = None

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("record")

    def changelist_view(self, request, extra_context=None):
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("kind"), ordering="content_type")
    def kind(self, proposal):
        model = proposal.content_type.model_class()
        return capfirst(model._meta.verbose_name) if model else ""

    # Deciding

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a proposal field by field; apply it, decline it, or take it back."""
        pk = unquote(object_id)
        proposal = pk.isdecimal() and self.get_object(request, pk)
        if not proposal:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, proposal):
            raise PermissionDenied
        if request.method == "POST":
            with transaction.atomic():
                waiting = self.model.objects.waiting().select_for_update()
                if still := waiting.filter(pk=proposal.pk).first():
                    return self._decide(request, still)
            words = gettext("It is decided already. Nothing was changed.")
            self.message_user(request, words, messages.WARNING)
            return redirect(request.path)
        return self._page(request, proposal, DecisionForm())

    def _decide(self, request, proposal):
        if "take_back" in request.POST and proposal.author == request.user:
            proposal.delete()
            self.message_user(request, gettext("You took your proposal back."))
            return redirect("admin:records_proposal_changelist")
        if not self._may_decide(request, proposal):
            raise PermissionDenied
        form = DecisionForm(request.POST)
        word = form.cleaned_data["word"] if form.is_valid() else ""
        if "decline" in request.POST:
            if not word and not form.errors:
                form.add_error("word", _("Say why, for the author."))
            if form.errors:
                return self._page(request, proposal, form)
            proposal.decline(request.user, word)
            return self._done(request, proposal, gettext("The proposal is declined."))
        return self._apply(request, proposal, form, word)

    def _apply(self, request, proposal, form, word):
        keys = request.POST.getlist("take")
        if not form.is_valid():
            return self._page(request, proposal, form, keys)
        if request.POST.get("digest") != proposal.digest():
            form.add_error(
                None,
                _(
                    "The record or the proposal changed while you looked at it. "
                    "Nothing is applied. This is how it stands now."
                ),
            )
            return self._page(request, proposal, form)
        if not set(keys) & {item.key for item in proposal.items()}:
            form.add_error(None, _("Choose what to apply, or decline."))
            return self._page(request, proposal, form, keys)
        try:
            proposal.apply(request.user, keys, word)
        except ValidationError as error:
            form.add_error(None, error.messages)
            # What was set so far is on the object in memory alone.
            fresh = self.model.objects.get(pk=proposal.pk)
            return self._page(request, fresh, form, keys)
        self.log_change(request, proposal.record, gettext("Applied a proposed change"))
        return self._done(request, proposal, gettext("The proposal is applied."))

    def _done(self, request, proposal, words):
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:records_proposal_changelist")

    def _may_decide(self, request, proposal):
        return proposal.record is not None and may_publish(
            request.user, proposal.record
        )

    def _page(self, request, proposal, form, keys=None):
        record = proposal.record
        items = proposal.items() if record else []
        if proposal.is_waiting:
            items = [item for item in items if not item.is_done]
        choices = [
            choice(item, item.key in keys if keys is not None else not item.is_conflict)
            for item in items
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Proposed change"),
            "subtitle": str(proposal),
            "media": self.media,
            "proposal": proposal,
            "record": record,
            "link": link_to(record) if record else "",
            "choices": choices,
            "digest": proposal.digest() if record else "",
            "may_decide": proposal.is_waiting and self._may_decide(request, proposal),
            "is_mine": proposal.is_waiting and proposal.author == request.user,
            "form": form,
            "preview_url": isinstance(record, Record)
            and reverse("preview", args=[token_for_staff(proposal)]),
            "form_url": record
            and reverse(
                f"admin:{record._meta.app_label}_{record._meta.model_name}_change",
                args=[record.pk],
            ),
        }
        return TemplateResponse(request, "admin/records/proposal.html", context)

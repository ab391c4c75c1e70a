"""The preview of a record, and links to it for people outside the office."""

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from records.addresses import site_url
from records.languages import OWN_NAMES, TAGS
from records.models import PreviewLink
from records.models.previews import DAYS
from records.permissions import may_publish
from records.previews import token_for_staff


def days_in_words(days):
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


class ShareForm(forms.ModelForm):
    """For how long a new link to a preview is to work, and whom it is for."""

    days = forms.TypedChoiceField(label=_("Works for"), coerce=int, initial=7)

    class Meta:
        model = PreviewLink
        fields = ["note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [(days, days_in_words(days)) for days in DAYS]


class Previews:
    """Adds “Preview” and “Share a preview” to the form of a record."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_previews"
        view = self.admin_site.admin_view(self.previews_view)
        return [
            path("<path:object_id>/previews/", view, name=name),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        record = self.get_object(request, unquote(object_id))
        context = {}
        if record:
            context["preview_url"] = reverse("preview", args=[token_for_staff(record)])
            if self.may_share(request, record):
                context["previews_url"] = self.previews_url(record)
        context |= extra_context or {}
        return super().change_view(request, object_id, form_url, context)

    def may_share(self, request, record):
        """
        Tell whether somebody may show a record to people outside the office.

        That takes the right to publish: whoever writes drafts shows them to nobody.
        """
        may_change = self.has_change_permission(request, record)
        return may_change and may_publish(request.user, record)

    def previews_url(self, record):
        """Return the address of the links to the preview of a record."""
        meta = self.opts
        name = f"admin:{meta.app_label}_{meta.model_name}_previews"
        return reverse(name, args=[record.pk])

    def previews_view(self, request, object_id):
        """List the links to the preview of a record, make one, take one back."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.may_share(request, record):
            raise PermissionDenied
        links = record.preview_links.select_related("made_by")
        form = ShareForm(request.POST or None)
        if request.method == "POST" and "revoke" in request.POST:
            key = request.POST["revoke"]
            link = get_object_or_404(links, pk=key if key.isdecimal() else 0)
            link.revoke()
            messages.success(request, gettext("The link works no more."))
            return HttpResponseRedirect(self.previews_url(record))
        if request.method == "POST" and form.is_valid():
            record.preview_links.create(
                made_by=request.user,
                expires_at=PreviewLink.until(form.cleaned_data["days"]),
                note=form.cleaned_data["note"],
            )
            messages.success(request, gettext("The link is made. Copy it from below."))
            return HttpResponseRedirect(self.previews_url(record))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Share a preview"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "form": form,
            "links": [(link, addresses(request, link)) for link in links],
        }
        return TemplateResponse(request, "admin/previews.html", context)


def addresses(request, link, name="preview"):
    """Return [(language tag, its own name, absolute address)] of a link."""
    found = []
    for code, tag in TAGS.items():
        with override(code):
            address = site_url(request) + reverse(name, args=[link.token])
        found.append((tag, OWN_NAMES[code], address))
    return found

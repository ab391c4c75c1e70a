"""People's rights in the admin: what is held on a person, and its removal."""

from django import forms
from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from organizations.models import Person, SpeakerLink
from organizations.rights import Removal, export
from records.admin.previews import ShareForm, addresses
from records.permissions import may_publish, may_withdraw

SHOWN = 100  # mentions of one page


class RemovalForm(forms.Form):
    """Asks for the address, so that nobody removes by a slip of the hand."""

    texts = forms.BooleanField(
        label=_("Take the name out of the texts below as well"),
        required=False,
        initial=True,
    )
    address = forms.CharField(
        label=_("Address of the person, to confirm"),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, person, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        words = _("The last part of the address of the page: %(slug)s")
        self.fields["address"].help_text = words % {"slug": person.slug}

    def clean_address(self):
        if self.cleaned_data["address"].strip() != self.person.slug:
            raise forms.ValidationError(_("This is not the address of the person."))
        return self.cleaned_data["address"]


class SpeakerShareForm(ShareForm):
    """For how long a private link is to work."""

    class Meta(ShareForm.Meta):
        model = SpeakerLink


class RightsAdmin(admin.ModelAdmin):
    """What the admin of people has besides for what people may ask for."""

    def get_urls(self):
        def guarded(view, name):
            view = self.admin_site.admin_view(view)
            return {"view": view, "name": f"organizations_person_{name}"}

        return [
            path("<int:pk>/held/", **guarded(require_safe(self.held_view), "held")),
            path("<int:pk>/remove/", **guarded(self.remove_view, "remove")),
            path("<int:pk>/links/", **guarded(self.links_view, "links")),
            *super().get_urls(),
        ]

    def has_removal_permission(self, user):
        """Tell whether somebody may remove people for good: an Administrator."""
        needed = ["records.add_removed", "organizations.delete_person"]
        return user.has_perms(needed) and may_withdraw(user, Person)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        extra = {}
        if object_id.isdecimal() and may_publish(request.user, Person):
            for name in ("held", "links"):
                url = f"admin:organizations_person_{name}"
                extra[f"{name}_url"] = reverse(url, args=[object_id])
        if object_id.isdecimal() and self.has_removal_permission(request.user):
            extra["remove_url"] = reverse(
                "admin:organizations_person_remove", args=[object_id]
            )
        return super().change_view(
            request, object_id, form_url, {**extra, **(extra_context or {})}
        )

    def held_view(self, request, pk):
        """Send all that is held on a person as a file."""
        if not may_publish(request.user, Person):
            raise PermissionDenied
        person = get_object_or_404(Person, pk=pk)
        response = HttpResponse(export(person), content_type="application/zip")
        name = f"{person.slug}-{timezone.localdate()}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "private, no-store"
        return response

    def links_view(self, request, pk):
        """List the private links of a person, make one, take one back."""
        if not may_publish(request.user, Person):
            raise PermissionDenied
        person = get_object_or_404(Person, pk=pk)
        kind = ContentType.objects.get_for_model(Person)
        links = SpeakerLink.objects.filter(content_type=kind, object_id=pk)
        form = SpeakerShareForm(request.POST or None)
        here = redirect("admin:organizations_person_links", pk)
        if request.method == "POST" and "revoke" in request.POST:
            key = request.POST["revoke"]
            get_object_or_404(links, pk=key if key.isdecimal() else 0).revoke()
            messages.success(request, gettext("The link works no more."))
            return here
        if request.method == "POST" and form.is_valid():
            SpeakerLink.objects.create(
                record=person,
                made_by=request.user,
                expires_at=SpeakerLink.until(form.cleaned_data["days"]),
                note=form.cleaned_data["note"],
            )
            messages.success(request, gettext("The link is made. Copy it from below."))
            return here
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Private link"),
            "opts": self.opts,
            "original": person,
            "form": form,
            "links": [
                (link, addresses(request, link, "sessions:speaker"))
                for link in links.select_related("made_by")
            ],
        }
        template = "admin/organizations/person/links.html"
        return TemplateResponse(request, template, context)

    def remove_view(self, request, pk):
        """Say exactly what a removal does; do it when that is confirmed."""
        if not self.has_removal_permission(request.user):
            raise PermissionDenied
        person = get_object_or_404(Person, pk=pk)
        removal = Removal(person)
        form = RemovalForm(person, request.POST or None)
        if request.method == "POST" and form.is_valid():
            removal.do(by=request.user, texts=form.cleaned_data["texts"])
            words = gettext("The data of the person were removed for good.")
            messages.success(request, words)
            return redirect("admin:organizations_person_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Remove at the person’s request"),
            "record": person,
            "removal": removal,
            "form": form,
            "mentions": removal.mentions[:SHOWN],
        }
        template = "admin/organizations/person/remove.html"
        return TemplateResponse(request, template, context)

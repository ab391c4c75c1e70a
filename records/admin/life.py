"""The steps of a record's life in the admin: buttons, list actions, confirm pages."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from records import effects
from records.admin.fields import DATE_AND_TIME
from records.admin.naming import blocking
from records.languages import OWN_NAMES, TAGS
from records.life import Step, StepError, may_take, steps, take
from records.permissions import may_delete, may_publish, may_withdraw, was_seen

SHOWN = 100  # records told of at length on a confirm page; the rest by their names


class ScheduleForm(forms.Form):
    """When it is published, by the forum's clock."""

    publish_at = forms.SplitDateTimeField(
        label=_("Publish at"), widget=admin.widgets.AdminSplitDateTime
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["publish_at"]
        for part, words in zip(field.widget.widgets, DATE_AND_TIME, strict=True):
            part.attrs["aria-label"] = f"{field.label}: {words}"
        zone = timezone.get_default_timezone_name()
        words = gettext("By the clock of %(zone)s.") % {"zone": zone}
        field.help_text = words

    def clean_publish_at(self):
        moment = self.cleaned_data["publish_at"]
        if moment <= timezone.now():
            raise forms.ValidationError(_("Give a moment that is still to come."))
        return moment

    def details(self):
        return {"publish_at": self.cleaned_data["publish_at"]}


class WithdrawForm(forms.Form):
    """Why it is withdrawn, in at least one language."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for code in TAGS:
            label = gettext("Reason for withdrawal (%(language)s)")
            self.fields[code] = forms.CharField(
                label=label % {"language": OWN_NAMES[code]},
                max_length=300,
                required=False,
                widget=forms.TextInput(
                    attrs={"class": "vTextField", "lang": TAGS[code]}
                ),
            )

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(
                _("Give the reason in at least one language. It is public.")
            )
        return cleaned

    def details(self):
        return {"reason": self.cleaned_data}


class NoForm(forms.Form):
    """A step that asks nothing."""

    def details(self):
        return {}


FORMS = {Step.SCHEDULE: ScheduleForm, Step.WITHDRAW: WithdrawForm}


def done_in_words(step, total):
    """Return what was done, in words, to so many records."""
    words = {
        Step.PUBLISH: ngettext("%(n)d published.", "%(n)d published.", total),
        Step.SCHEDULE: ngettext("%(n)d scheduled.", "%(n)d scheduled.", total),
        Step.WITHDRAW: ngettext("%(n)d withdrawn.", "%(n)d withdrawn.", total),
        Step.DRAFT: ngettext(
            "%(n)d is a draft again.", "%(n)d are drafts again.", total
        ),
    }
    return words[step] % {"n": total}


class LifeAdmin(admin.ModelAdmin):
    """
    What a kind of record has for the steps of its life.

    What the public sees is decided here alone: no form of a record has a field for
    it, and saving one never changes it.
    """

    actions = ["publish", "schedule", "withdraw", "back_to_draft", "delete_selected"]

    # Rights

    def has_publish_permission(self, request):
        return may_publish(request.user, self.model)

    def has_withdraw_permission(self, request):
        return may_withdraw(request.user, self.model)

    def has_delete_permission(self, request, obj=None):
        if obj is None or not isinstance(obj, self.model):
            return super().has_delete_permission(request, obj)
        return may_delete(request.user, obj)

    # Saving

    def save_model(self, request, obj, form, change):
        """Save what the form is about, never what the public sees."""
        stored = self.model._base_manager.filter(pk=obj.pk).first()
        reasons = [f"withdrawn_reason_{code.replace('-', '_')}" for code in TAGS]
        for name in ("state", "publish_at", "withdrawn_at", *reasons):
            empty = self.opts.get_field(name).get_default()
            setattr(obj, name, getattr(stored, name) if stored else empty)
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        return self._on_to_publish(request, obj) or super().response_add(
            request, obj, post_url_continue
        )

    def response_change(self, request, obj):
        return self._on_to_publish(request, obj) or super().response_change(
            request, obj
        )

    def _on_to_publish(self, request, obj):
        if "_publish" in request.POST and self._offered(request, Step.PUBLISH, obj):
            return redirect(self._address("step", obj.pk, Step.PUBLISH.value))
        return None

    # Pages

    def get_urls(self):
        view = self.admin_site.admin_view(self.step_view)
        name = self._name("step")
        return [path("<int:pk>/life/<str:step>/", view, name=name), *super().get_urls()]

    def _name(self, page):
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _address(self, page, *args):
        return reverse(f"admin:{self._name(page)}", args=args)

    def _offered(self, request, step, record):
        return step in steps(record) and may_take(request.user, step, record)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        record = object_id and self.get_object(request, unquote(object_id))
        context = {
            "life_steps": [
                (step.label, self._address("step", record.pk, step.value))
                for step in Step
                if self._offered(request, step, record)
            ]
            if record
            else [],
            "may_publish_next": self._offered(request, Step.PUBLISH, record)
            if record
            else self.has_publish_permission(request),
        }
        return super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )

    def step_view(self, request, pk, step):
        """Ask before a step of one record, and take it."""
        record = self.get_object(request, str(pk))
        if record is None or step not in Step.values:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        return self._ask(request, Step(step), self.get_queryset(request).filter(pk=pk))

    @admin.action(description=_("Publish…"), permissions=["publish"])
    def publish(self, request, queryset):
        return self._ask(request, Step.PUBLISH, queryset, action="publish")

    @admin.action(description=_("Schedule…"), permissions=["publish"])
    def schedule(self, request, queryset):
        return self._ask(request, Step.SCHEDULE, queryset, action="schedule")

    @admin.action(description=_("Withdraw…"), permissions=["withdraw"])
    def withdraw(self, request, queryset):
        return self._ask(request, Step.WITHDRAW, queryset, action="withdraw")

    @admin.action(description=_("Back to draft…"), permissions=["publish"])
    def back_to_draft(self, request, queryset):
        return self._ask(request, Step.DRAFT, queryset, action="back_to_draft")

    def _ask(self, request, step, queryset, action=""):
        """
        Show what a step of these records would change for the public, or take it.

        It is taken when the page is sent back. `action` is the name of the list's
        action that led here.
        """
        if not may_take(request.user, step, self.model):
            raise PermissionDenied
        if self.model.part_of:
            queryset = queryset.select_related(self.model.part_of)
        records = list(queryset.prefetch_related("former_slugs"))
        able = [record for record in records if step in steps(record)]
        if not able:
            words = gettext("No step to take: they are that already, or cannot be.")
            self.message_user(request, words, messages.WARNING)
            return redirect(self._back(action, records))
        confirmed = request.method == "POST" and "confirm" in request.POST
        with timezone.override(timezone.get_default_timezone()):
            form = FORMS.get(step, NoForm)(request.POST if confirmed else None)
            if confirmed and form.is_valid():
                # All that the page told of, or none: it was confirmed as a whole.
                return self._take(request, step, records, form, action)
            return self._page(request, step, records, able, form, action).render()

    def _take(self, request, step, records, form, action):
        try:
            taken = take(step, records, **form.details())
        except StepError as error:
            words = gettext("Nothing was done: %(names)s changed in the meantime.")
            names = {"names": error}
            self.message_user(request, words % names, messages.ERROR)
        else:
            for record in taken:
                self.log_change(request, record, Step(step).label.rstrip("…"))
            self.message_user(
                request, done_in_words(step, len(taken)), messages.SUCCESS
            )
        return redirect(self._back(action, records))

    def _back(self, action, records):
        if action or not records:
            return self._address("changelist")
        return self._address("change", records[0].pk)

    def _page(self, request, step, records, able, form, action):
        pks = [record.pk for record in able]
        hidden = self._hidden(able)
        one = able[0] if len(able) == 1 else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": step.label.rstrip("…"),
            "subtitle": str(one or ""),
            "media": self.media + form.media,
            "step": step.value,
            "one": one,
            "rows": [self._row(record) for record in able[:SHOWN]],
            "total": len(able),
            "more": able[SHOWN:],
            "left": [r for r in records if r not in able],
            "hidden": hidden,
            "belonging": effects.belonging(self.model, pks),
            "parts": effects.parts(self.model, pks),
            "pages": effects.pages(self.model, pks),
            "form": form,
            "action": action,
            "pks": pks,
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "back": self._back(action, able),
        }
        return TemplateResponse(request, "admin/life/step.html", context)

    def _hidden(self, records):
        """Return those which stay hidden because what they belong to is not public."""
        if not self.model.part_of:
            return []
        field = self.opts.get_field(self.model.part_of)
        wholes = {getattr(record, field.attname) for record in records}
        shown = field.related_model.objects.published().filter(pk__in=wholes)
        shown = set(shown.values_list("pk", flat=True))
        return [r for r in records if getattr(r, field.attname) not in shown]

    def _row(self, record):
        """Return what a confirm page says of one record."""
        addresses = []
        for code, tag in TAGS.items():
            with translation.override(code):
                addresses.append((tag, OWN_NAMES[code], record.get_absolute_url()))
        return {
            "record": record,
            "addresses": addresses,
            "standing": self.standing(record),
            "missing": self.missing(record),
            "former": [former.slug for former in record.former_slugs.all()],
        }

    # Deleting

    @admin.action(description=_("Delete…"), permissions=["delete"])
    def delete_selected(self, request, queryset):
        """Delete drafts; what the public has seen is withdrawn instead."""
        if refused := [r for r in queryset if not may_delete(request.user, r)]:
            self._refuse_to_delete(request, refused)
            return None
        return delete_selected(self, request, queryset)

    def delete_view(self, request, object_id, extra_context=None):
        record = self.get_object(request, unquote(object_id))
        may_any = super().has_delete_permission(request)
        if record and may_any and not may_delete(request.user, record):
            self._refuse_to_delete(request, [record])
            return redirect(self._address("change", record.pk))
        return super().delete_view(request, object_id, extra_context)

    def _refuse_to_delete(self, request, records):
        seen = [record for record in records if was_seen(record)]
        if seen:
            words = gettext(
                "Not deleted, because the public has seen it: %(names)s. Withdraw it, "
                "and its address will say so."
            )
        else:
            words = gettext("Only drafts can be deleted: %(names)s.")
        names = ", ".join(str(record) for record in (seen or records)[:10])
        self.message_user(request, words % {"names": names}, messages.ERROR)

    def get_deleted_objects(self, objs, request):
        deleted, counts, needed, _protected = super().get_deleted_objects(objs, request)
        return deleted, counts, needed, blocking(objs)

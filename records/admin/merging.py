"""Likely duplicates, making two records one, and making two of one, in the admin."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from records import duplicates
from records.admin.fields import field_label
from records.admin.words import plain_words
from records.languages import TAGS
from records.merging import BOTH, Merge, MergeError, may_merge
from records.models import NotTheSame
from records.splitting import Split
from records.templatetags.records import list_comma

MOST = 5  # records that one can compare side by side
SHOWN = 200  # pairs, or things that hang on a record, on one page


class MergeForm(forms.Form):
    """One row of radio buttons for each field whose values differ."""

    def __init__(self, merge, words, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.merge = merge
        self.fields["seen"] = forms.CharField(
            widget=forms.HiddenInput, initial=stamp(merge.records)
        )
        for choice in merge.choices:
            options = [
                (str(record.pk), words(choice.field, value))
                for record, value in zip(merge.records, choice.values, strict=True)
            ]
            if choice.joins:
                options.append((BOTH, gettext("both, one below the other")))
            self.fields[choice.field.name] = field = forms.ChoiceField(
                label=field_label(choice.field),
                choices=options,
                initial=str(choice.chosen),
                widget=forms.RadioSelect,
            )
            language = getattr(choice.field, "language", "")
            field.widget.attrs["lang"] = TAGS.get(language, "")

    def rows(self):
        """Yield (bound field, its language, its radio buttons in columns)."""
        for choice in self.merge.choices:
            bound = self[choice.field.name]
            yield bound, bound.field.widget.attrs["lang"], list(bound)

    def clean_seen(self):
        if self.cleaned_data["seen"] != stamp(self.merge.records):
            raise forms.ValidationError(
                _("A record was changed since you opened this page. Look again.")
            )
        return self.cleaned_data["seen"]

    def chosen(self):
        return {
            name: value if value == BOTH else int(value)
            for name, value in self.cleaned_data.items()
            if name != "seen"
        }

    def in_words(self):
        """Return (label, value in words) of what was chosen."""
        return [
            (field.label, dict(field.choices)[self.cleaned_data[name]])
            for name, field in self.fields.items()
            if name != "seen"
        ]


class SplitForm(forms.Form):
    """What the new record is called, and what of the old one it gets."""

    def __init__(self, split, words, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.split = split
        self.words = words
        model = type(split.record)
        for name in split.name_fields:
            field = model._meta.get_field(name)
            self.fields[name] = forms.CharField(
                label=field_label(field),
                max_length=field.max_length,
                required=False,
                widget=forms.TextInput(
                    attrs={"class": "vTextField", "lang": TAGS[field.language]}
                ),
            )
        self.fields["slug"] = forms.SlugField(
            label=capfirst(model._meta.get_field("slug").verbose_name),
            help_text=model._meta.get_field("slug").help_text,
            max_length=100,
            widget=forms.TextInput(attrs={"class": "vTextField"}),
        )
        self.fields["copied"] = forms.MultipleChoiceField(
            label=_("Copy to the new record"),
            required=False,
            choices=[
                (field.name, f"{field_label(field)}: {words(field, value)}")
                for field, value in split.filled
            ],
            widget=forms.CheckboxSelectMultiple,
        )
        for one, things in split.things.items():
            self.fields[one.key] = forms.MultipleChoiceField(
                label=one.label,
                required=False,
                choices=[(str(thing.pk), told(thing)) for thing in things],
                widget=forms.CheckboxSelectMultiple,
            )

    def clean(self):
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in self.split.name_fields):
            raise forms.ValidationError(_("Give a name in at least one language."))
        return cleaned

    def done(self, by):
        """Do it and return the new record; raise `MergeError` where it cannot be."""
        given = self.cleaned_data
        moved = {one: {int(pk) for pk in given[one.key]} for one in self.split.things}
        names = {name: given[name] for name in self.split.name_fields}
        return self.split.do(
            {**names, "slug": given["slug"]}, given["copied"], moved, by
        )


def stamp(records):
    """Return what tells that none of the records was written since."""
    return " ".join(f"{r.pk}@{r.updated_at.timestamp()}" for r in records)


def told(thing):
    """Return what a thing that hangs on a record is called, and whereof it is."""
    owner = next(
        (
            getattr(thing, name)
            for name in ("session", "edition", "outcome", "regulation", "source")
            if getattr(thing, f"{name}_id", None)
        ),
        None,
    )
    return f"{thing} ({owner})" if owner else str(thing)


class MergeAdmin(admin.ModelAdmin):
    """
    The admin of a kind whose records may turn out to be one, or two.

    What is done is an operation, so that it can be taken back.
    """

    def get_urls(self):
        def guarded(view, name):
            name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            return {"view": self.admin_site.admin_view(view), "name": name}

        return [
            path("merge/", **guarded(self.merge_view, "merge")),
            path("duplicates/", **guarded(self.duplicates_view, "duplicates")),
            path("<int:pk>/split/", **guarded(self.split_view, "split")),
            *super().get_urls(),
        ]

    def address(self, page, *args):
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=args)

    def get_actions(self, request):
        actions = super().get_actions(request)
        if actions and self.has_change_permission(request):
            actions["merge_selected"] = self.get_action("merge_selected")
        return actions

    @admin.action(description=_("Make selected %(verbose_name_plural)s one…"))
    def merge_selected(self, request, queryset):
        keys = [("record", pk) for pk in queryset.values_list("pk", flat=True)]
        return redirect(f"{self.address('merge')}?{urlencode(keys)}")

    def changelist_view(self, request, extra_context=None):
        extra = {}
        if self.has_change_permission(request):
            extra["duplicates_url"] = self.address("duplicates")
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        extra = {}
        record = self.get_object(request, object_id)
        if record and may_merge(request.user, [record]):
            extra["split_url"] = self.address("split", record.pk)
        return super().change_view(
            request, object_id, form_url, {**extra, **(extra_context or {})}
        )

    def page(self, request, template, title, **context):
        """Return a page of the admin about records of this kind."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            **context,
        }
        return TemplateResponse(request, f"admin/merging/{template}.html", context)

    def words(self, field, value):
        """Return the value of a field in words, as the history says it."""
        if field.is_relation and value is not None:
            one = field.related_model._base_manager.filter(pk=value).first()
            return str(one or value)
        if value is None or value in ("", []):
            return pgettext("value", "empty")
        return plain_words(field, value)

    # Duplicates

    def duplicates_view(self, request):
        """List the pairs that may be one; take note of those that are two."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            one, other = self._records(request.POST.getlist("record"))[:2]
            NotTheSame.objects.mark(one, other, by=request.user)
            messages.success(request, gettext("Noted: these two are not the same."))
            return redirect(self.address("duplicates"))
        pairs = duplicates.likely(self.model)
        return self.page(
            request,
            "duplicates",
            gettext("Possible duplicates"),
            total=len(pairs),
            merge_url=self.address("merge"),
            pairs=[(pair, may_merge(request.user, pair[:2])) for pair in pairs[:SHOWN]],
        )

    def _records(self, keys):
        """Return the records of these keys in their order, two at least, or 404."""
        keys = [int(key) for key in dict.fromkeys(keys) if key.isdecimal()][: MOST + 1]
        found = self.model._base_manager.in_bulk([key for key in keys if key < 2**62])
        records = [found[key] for key in keys if key in found]
        if len(records) < 2:
            raise Http404
        return records

    # Merging

    def merge_view(self, request):
        """Show records side by side; then what would be done; then do it."""
        keys = request.GET.getlist("record")
        try:
            records = self._records(keys)
        except Http404:
            messages.error(request, gettext("Choose two records or more."))
            return redirect(self.address("changelist"))
        if not may_merge(request.user, records):
            raise PermissionDenied
        if len(records) > MOST:
            words = gettext("Choose at most %(most)d records.") % {"most": MOST}
            messages.error(request, words)
            return redirect(self.address("changelist"))
        try:
            merge = self._merge_of(records, request.GET.get("stays", ""))
        except MergeError as error:
            messages.error(request, str(error))
            return redirect(self.address("changelist"))
        form = MergeForm(merge, self.words, request.POST or None)
        if request.method == "POST" and form.is_valid() and "back" not in request.POST:
            if "confirm" in request.POST:
                return self._merged(request, merge, form)
            return self._merge_page(request, "merge_confirm", merge, form)
        return self._merge_page(request, "merge", merge, form)

    def _merge_of(self, records, wanted):
        """Return the `Merge` into the record wanted, or into the best for it."""
        first = next((r for r in records if str(r.pk) == wanted), None)
        if first is None:
            errors = []
            for record in records:
                try:
                    return Merge(record, [r for r in records if r is not record])
                except MergeError as error:
                    errors.append(error)
            raise errors[0]
        return Merge(first, [r for r in records if r is not first])

    def _merge_page(self, request, template, merge, form):
        keys = [("record", record.pk) for record in merge.records]
        links = [
            f"?{urlencode([*keys, ('stays', other.pk)])}" for other in merge.others
        ]
        return self.page(
            request,
            template,
            gettext("Make these one"),
            merge=merge,
            form=form,
            others=list(zip(merge.others, links, strict=True)),
            here=f"?{urlencode([*keys, ('stays', merge.stays.pk)])}",
        )

    def _merged(self, request, merge, form):
        try:
            merge.do(form.chosen(), by=request.user)
        except MergeError as error:
            form.add_error(None, str(error))
            return self._merge_page(request, "merge", merge, form)
        words = ngettext(
            "%(count)d record is now part of this one. It can be taken back.",
            "%(count)d records are now part of this one. It can be taken back.",
            len(merge.others),
        )
        messages.success(request, words % {"count": len(merge.others)})
        return redirect(self.address("change", merge.stays.pk))

    # Splitting

    def split_view(self, request, pk):
        """Ask what of a record belongs to another one, and make that one."""
        record = get_object_or_404(self.model._base_manager, pk=pk)
        if not (may_merge(request.user, [record]) and self.has_add_permission(request)):
            raise PermissionDenied
        split = Split(record)
        form = SplitForm(split, self.words, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = form.done(request.user)
            except MergeError as error:
                form.add_error(None, str(error))
            else:
                words = gettext("The new record is a draft. It can be taken back.")
                messages.success(request, words)
                if former := made.former_slugs.values_list("slug", flat=True):
                    words = gettext(
                        "Its old address leads to it again: %(addresses)s. Readers "
                        "find nothing there until it is published."
                    )
                    told = {"addresses": list_comma().join(former)}
                    messages.warning(request, words % told)
                return redirect(self.address("change", made.pk))
        title = gettext("Make two of it")
        return self.page(request, "split", title, record=record, form=form, split=split)

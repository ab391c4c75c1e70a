"""A save by somebody who may not publish becomes a proposed change."""

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import partition
from django.utils.translation import gettext
from modeltranslation.fields import TranslationField

from records.admin.history import HistoryAdmin
from records.models import Proposal
from records.models.proposals import LIFE, differences, value_of
from records.notices import tell
from records.permissions import may_change_now


class ProposingAdmin(HistoryAdmin):
    """
    The admin of what is decided by publishers: others propose.

    Nothing of such a save is written but the proposal: not the record, not its tags,
    not its parts.
    """

    def proposes(self, request, pk):
        """Tell whether a change of that row by this user is a proposal."""
        stored = self.model._base_manager.filter(pk=pk).first() if pk else None
        return stored is not None and not may_change_now(request.user, stored)

    # The form, as its author left it

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        pk = object_id and unquote(object_id)
        record = pk and self.get_object(request, pk)
        proposes = bool(
            record
            and self.has_change_permission(request, record)
            and self.proposes(request, record.pk)
        )
        if proposes and request.method == "GET":
            request.proposal = _mine(request, record)
            self._tell_author(request)
        proposals = Proposal.objects.none()
        if record and request.user.has_perm("records.view_proposal"):
            proposals = Proposal.objects.waiting().about(record)
        context = {
            "proposes": proposes,
            "proposals": proposals.select_related("author"),
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, context)

    def _tell_author(self, request):
        words = gettext(
            "A publisher has decided about this record. What you save is a proposed "
            "change; nothing that the public sees changes before it is applied."
        )
        if request.proposal:
            words = gettext(
                "You see the change that you proposed. It waits for a publisher, and "
                "you can go on with it."
            )
        self.message_user(request, words, messages.INFO)

    def get_object(self, request, object_id, from_field=None):
        record = super().get_object(request, object_id, from_field)
        proposal = getattr(request, "proposal", None)
        if record and proposal:
            record = proposal.applied_to(record)
            record.proposed_rows = _new_rows(proposal, self.model)
        return record

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        proposal = getattr(request, "proposal", None)
        if proposal and hasattr(obj, "proposed_rows"):
            kwargs["proposed"] = {
                row["pk"]: row
                for row in proposal.changes.get("parts", [])
                if row["pk"] and _part_model(self.model, row) is inline.model
            }
            kwargs["initial"] = obj.proposed_rows.get(inline.model, [])
        return kwargs

    # Saving

    def save_model(self, request, obj, form, change):
        if not (change and self.proposes(request, obj.pk)):
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        if not (change and self.proposes(request, form.instance.pk)):
            super().save_related(request, form, formsets, change)
            return
        stored = self.model._base_manager.get(pk=form.instance.pk)
        changes = {
            "fields": _fields(stored, form),
            "parts": [row for of in formsets for row in _rows(stored, of)],
        }
        mine = _mine(request, stored)
        request.proposed = bool(changes["fields"] or changes["parts"])
        if not request.proposed:
            if mine:
                mine.delete()
            return
        if not mine or mine.changes != changes:
            self._propose(request, stored, changes)

    def _propose(self, request, stored, changes):
        proposal = _mine(request, stored) or Proposal(
            content_type=ContentType.objects.get_for_model(stored),
            object_id=stored.pk,
            author=request.user,
        )
        proposal.take(changes)
        proposal.save()
        self._tell_publishers(proposal, stored)

    def _tell_publishers(self, proposal, record):
        author = proposal.author.get_full_name() or proposal.author.get_username()
        said = {"name": str(record), "author": author}
        tell(
            "proposal",
            lambda: gettext("Proposed change: %(name)s") % said,
            lambda: gettext("%(author)s proposes a change of “%(name)s”.") % said,
            reverse("admin:records_proposal_change", args=[proposal.pk]),
        )

    # Bringing an earlier version back

    def _may_restore(self, request, current):
        if current is None:
            return super()._may_restore(request, current)
        return self.has_change_permission(request, current)

    def bring_back(self, request, current, deed):
        """Bring something back, or propose to where a publisher decides."""
        if current is None or not self.proposes(request, current.pk):
            return super().bring_back(request, current, deed)
        if _mine(request, current):
            words = gettext(
                "You have proposed a change of this record already. Take it back, or "
                "wait until it is decided."
            )
            raise ValidationError(words)
        kinds = self.part_kinds(request, current.pk, to_change=True)
        before = _snapshot(current, kinds)
        with transaction.atomic():
            # Written to see that it is valid and what it comes to, then undone.
            deed()
            restored = self.model._base_manager.get(pk=current.pk)
            after = _snapshot(restored, kinds)
            transaction.set_rollback(True)
        changes = _changes(before, after)
        request.proposed = bool(changes["fields"] or changes["parts"])
        if request.proposed:
            with transaction.atomic():
                self._propose(request, current, changes)
                self.log_change(request, current, gettext("Proposed a change"))
        return self.response_change(request, current)

    def construct_change_message(self, request, form, formsets, add=False):
        if hasattr(request, "proposed"):
            return gettext("Proposed a change") if request.proposed else ""
        return super().construct_change_message(request, form, formsets, add)

    def log_change(self, request, obj, message):
        if message or not hasattr(request, "proposed"):
            return super().log_change(request, obj, message)
        return None

    def response_change(self, request, obj):
        if not hasattr(request, "proposed") or IS_POPUP_VAR in request.POST:
            return super().response_change(request, obj)
        if request.proposed:
            words = gettext("Your change is proposed. A publisher decides about it.")
        else:
            words = gettext("Nothing differs from the record. Nothing is proposed.")
        self.message_user(request, words, messages.SUCCESS)
        page = "change" if "_continue" in request.POST else "changelist"
        args = [obj.pk] if page == "change" else []
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return redirect(reverse(name, args=args))


def _snapshot(record, kinds):
    """Return {(name of the parts, key): {field: value}} of a record and its parts."""
    found = {("", record.pk): _values(record, LIFE)}
    for kind in kinds:
        relation = next(
            field
            for field in record._meta.get_fields()
            if field.related_model is kind.model
            and (field.one_to_many or isinstance(field, GenericRelation))
            and _points(field) in kind.where
        )
        for part in kind.model._base_manager.filter(**kind.where):
            found[_accessor(relation), part.pk] = _values(part, kind.where)
    return found


def _points(relation):
    """Return the column by which parts of a relation name their record."""
    if isinstance(relation, GenericRelation):
        return relation.object_id_field_name
    return relation.field.attname


def _accessor(relation):
    if isinstance(relation, GenericRelation):
        return relation.name
    return relation.get_accessor_name()


def _values(thing, without):
    fields = (*thing._meta.concrete_fields, *thing._meta.many_to_many)
    # A text without its language is the one of the page's.
    bare = {
        field.translated_field.name
        for field in fields
        if isinstance(field, TranslationField)
    }
    return {
        field.name: value_of(thing, field)
        for field in fields
        if field.editable
        and not field.primary_key
        and not {field.name, field.attname} & {*without, *bare}
    }


def _changes(before, after):
    """Return what makes one snapshot the other, as a proposal keeps it."""
    fields, parts = {}, []
    for key in before | after:
        name, pk = key
        old, new = before.get(key), after.get(key)
        differ = {
            field: [(old or {}).get(field), (new or {}).get(field)]
            for field in old or new
            if not (old and new) or old[field] != new[field]
        }
        if not name:
            fields = differ
        elif differ:
            row = {"part": name, "pk": pk if old else None, "gone": new is None}
            parts.append({**row, "fields": differ})
    return {"fields": fields, "parts": parts}


def _mine(request, record):
    waiting = Proposal.objects.waiting().about(record)
    return waiting.filter(author=request.user).first()


def _part_model(model, row):
    return model._meta.get_field(row["part"]).related_model


def _new_rows(proposal, model):
    """Return {model of parts: initial values of the new ones}."""
    found = {}
    for row in proposal.changes.get("parts", []):
        if not row["pk"]:
            values = {name: new for name, (_old, new) in row["fields"].items()}
            found.setdefault(_part_model(model, row), []).append(values)
    return found


def _editable(form, without=()):
    """Return the names of the model's fields that a form sets: tags, and the rest."""
    opts = form._meta.model._meta
    names = []
    for name in form.fields:
        try:
            field = opts.get_field(name)
        except FieldDoesNotExist:
            continue
        if not field.primary_key and name not in (*without, *LIFE):
            names.append(name)
    return partition(lambda name: not opts.get_field(name).many_to_many, names)


def _fields(stored, form, without=()):
    """Return {field: [old, new]} of what a form would change; `stored` or None."""
    tags, plain = _editable(form, without)
    for name in plain:
        _keep_file(form.instance, form._meta.model._meta.get_field(name))
    found = differences(stored, form.instance, plain)
    for name in tags:
        field = form._meta.model._meta.get_field(name)
        old = value_of(stored, field) if stored else None
        new = sorted(one.pk for one in form.cleaned_data.get(name) or [])
        if old != new:
            found[name] = [old, new]
    return found


def _keep_file(thing, field):
    """Keep an uploaded file beside those shown; none shows it before it is applied."""
    if hasattr(field, "upload_to"):
        file = getattr(thing, field.name)
        if file and not file._committed:
            file.save(file.name, file.file, save=False)


def _rows(stored, formset):
    """Return what a formset would do to the parts of a record."""
    for form in formset.forms:
        gone = bool(formset.can_delete and formset._should_delete_form(form))
        pk = form.instance.pk
        if not (form.has_changed() or gone) or (gone and not pk):
            continue
        part = formset.model._base_manager.filter(pk=pk).first() if pk else None
        without = [formset.fk.name] if hasattr(formset, "fk") else []
        if gone:
            tags, plain = _editable(form, without)
            opts = formset.model._meta
            fields = {
                name: [value_of(part, opts.get_field(name)), None]
                for name in (*plain, *tags)
            }
        else:
            fields = _fields(part, form, without)
        if fields:
            yield {
                "part": _relation(type(stored), formset),
                "pk": pk,
                "gone": gone,
                "fields": fields,
            }


def _relation(model, formset):
    """Return the name by which a record knows the parts of a formset."""
    if hasattr(formset, "fk"):
        return formset.fk.remote_field.get_accessor_name()
    return next(
        field.name
        for field in model._meta.private_fields
        if isinstance(field, GenericRelation) and field.related_model is formset.model
    )

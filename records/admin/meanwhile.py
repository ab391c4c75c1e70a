"""
No save is lost: what to do when somebody else has saved since a form was opened.

A form carries the latest version of its record and of each kind of part, as they
were when it was opened. If there are later ones when it comes back, it is not saved:
it is shown again with what the others changed. What only they changed is taken over;
what both changed stays as it was typed, with theirs beside it to choose. Then it is
saved with the new versions in it.
"""

from collections import Counter
from typing import NamedTuple

from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.db import models, router, transaction
from django.forms import IntegerField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext

from records.admin.sent import as_words, is_compared, posted, put, same, shown
from records.restoring import thing_of
from records.timeline import Timeline

OPENED = "_opened"  # the versions that a form was opened with
LONGEST_KEY = 19  # digits; no database keeps a longer one
THEIRS = "_theirs"  # the names of fields in which theirs is chosen


class Found(NamedTuple):
    """A field or row that the others changed; `name` only if there is a choice."""

    label: str
    lang: str
    theirs: str
    yours: str
    name: str = ""


class Meanwhile:
    """What others saved while a form was open, and the form with that in it."""

    def __init__(self, site, request, obj, opened):
        self.site, self.request, self.obj = site, request, obj
        self.opened = opened
        self.data = request.POST.copy()
        self.timeline = site.timeline(request, obj.pk)
        self.taken, self.both = [], []
        self._compare_own()
        for formset, inline in formsets_of(site, request, obj):
            if inline.has_change_permission(request, obj):
                self._compare_rows(formset, inline)
        self.data.pop(THEIRS, None)

    def _before(self, model):
        """Return {key: version} of what the form was opened with."""
        kind = next((k for k in self.timeline.kinds if k.model is model), None)
        last = self.opened.get(model._meta.label_lower, 0)
        found = {}
        for pk, versions in self.timeline.rows[model].items() if kind else ():
            version = next((v for v in reversed(versions) if v.number <= last), None)
            if kind.holds(version):
                found[pk] = version
        return found

    def _compare_own(self):
        form_class = form_of(self.site, self.request, self.obj)
        form = form_class(instance=self.obj)
        theirs = shown(form)
        version = self._before(self.site.model).get(self.obj.pk)
        base = shown_before(form_class, version) if version else theirs
        mine = posted(self.data, "", theirs)
        merged = self._merge(form, "", "", base, theirs, mine)
        put(self.data, "", merged)

    def _merge(self, form, label, prefix, base, theirs, mine):
        """Return the fields of the two; note which were taken or are to choose."""
        merged = {}
        for name, their in theirs.items():
            my, was = mine[name], base.get(name, their)
            merged[name] = my
            if same(their, was) or same(their, my):
                continue
            if same(my, was):
                merged[name] = their
            field = form.fields[name]
            words = as_words(field, their), as_words(field, my)
            widget = getattr(field.widget, "widget", field.widget)
            lang = widget.attrs.get("lang", "")
            said = " · ".join(filter(None, [label, str(field.label)]))
            if same(my, was):
                self.taken.append(Found(said, lang, *words))
            else:
                self.both.append(Found(said, lang, *words, f"{prefix}{name}"))
        return merged

    def _compare_rows(self, formset, inline):
        prefix, model = formset.prefix, inline.model
        before = self._before(model)
        fields = {
            name: dict.fromkeys(endings_of(field))
            for name, field in formset.form.base_fields.items()
            if is_compared(name, field)
        }
        sent, new = {}, []
        for number in range(total(self.data, prefix)):
            at = f"{prefix}-{number}-"
            row = posted(self.data, at, fields), bool(self.data.get(f"{at}DELETE"))
            key = self.data.get(f"{at}id", "")
            if key.isdecimal():
                sent[int(key)] = row
            else:
                new.append(row)
        rows = []  # (key or None, values, is to be deleted)
        for form in formset.initial_forms:
            pk, their = form.instance.pk, shown(form)
            was = before.get(pk)
            was = shown_before(formset.form, was) if was else None
            at, label = f"{prefix}-{len(rows)}-", self._label(inline, len(rows))
            words = row_words(form, their)
            if pk not in sent:
                twin = next((n for n in new if alike(n[0], their)), None)
                if twin:
                    new.remove(twin)
                else:
                    self.taken.append(Found(label, "", words, gettext("not there")))
                rows.append((pk, their, False))
                continue
            mine, deleted = sent.pop(pk)
            if not deleted:
                mine = self._merge(form, label, at, was or their, their, mine)
            elif was and not alike(was, their):
                removed = gettext("removed")
                self.both.append(Found(label, "", words, removed, f"{at}DELETE"))
            rows.append((pk, mine, deleted))
        initial = len(rows)
        self._keep_removed(formset, inline, rows, before, sent)
        rows += [(None, mine, deleted) for mine, deleted in new]
        self._write(formset, rows, initial)

    def _keep_removed(self, formset, inline, rows, before, sent):
        """Add the rows that they removed and you changed: as new ones."""
        removed = gettext("removed")
        for pk, (mine, deleted) in sent.items():
            was = before.get(pk)
            if deleted or not was:
                continue
            form = formset.form(instance=thing_of(was))
            words = row_words(form, mine)
            if alike(shown_before(formset.form, was), mine):
                self.taken.append(Found(self._label(inline), "", removed, words))
                continue
            at = f"{formset.prefix}-{len(rows)}-DELETE"
            label = self._label(inline, len(rows))
            self.both.append(Found(label, "", removed, words, at))
            rows.append((None, mine, False))

    def _write(self, formset, rows, initial):
        prefix = formset.prefix
        own = formset.fk.name if hasattr(formset, "fk") else None
        for name in [n for n in self.data if n.startswith(f"{prefix}-")]:
            if not name.endswith(("-MIN_NUM_FORMS", "-MAX_NUM_FORMS")):
                del self.data[name]
        self.data[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
        self.data[f"{prefix}-INITIAL_FORMS"] = str(initial)
        for number, (pk, values, deleted) in enumerate(rows):
            at = f"{prefix}-{number}-"
            put(self.data, at, values)
            self.data[f"{at}id"] = str(pk or "")
            if own:
                self.data[f"{at}{own}"] = str(self.obj.pk)
            if deleted:
                self.data[f"{at}DELETE"] = "on"

    def _label(self, inline, number=None):
        name = capfirst(str(inline.opts.verbose_name))
        if number is None:
            return name
        return gettext("%(part)s %(number)d") % {"part": name, "number": number + 1}

    def who(self):
        """Return [(name, moment)] of those who saved meanwhile, the latest first."""
        latest = {}
        for kind in self.timeline.kinds:
            last = self.opened.get(kind.model._meta.label_lower, 0)
            for versions in self.timeline.rows[kind.model].values():
                for version in versions:
                    if version.number > last:
                        known = latest.get(version.editor, version.when)
                        latest[version.editor] = max(known, version.when)
        users = get_user_model().objects.in_bulk(latest.keys() - {None})
        found = [
            (str(users.get(pk) or gettext("Somebody")), when)
            for pk, when in latest.items()
        ]
        return sorted(found, key=lambda one: one[1], reverse=True)

    def sentence(self):
        """Return who saved when, in words."""
        who = self.who()
        name, when = who[0] if who else (gettext("Somebody"), timezone.now())
        local = timezone.localtime(when, timezone.get_default_timezone())
        return gettext(
            "%(name)s saved this on %(when)s, while you were writing. "
            "Nothing of yours is lost, and nothing of it is saved yet: "
            "look through it and save again."
        ) % {"name": name, "when": date_format(local, "DATETIME_FORMAT")}


class NoLostUpdate:
    """A form that notices when somebody else has saved since it was opened."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        key = object_id and unquote(object_id)
        if not (key and key.isdecimal() and len(key) < LONGEST_KEY):
            return super().changeform_view(request, object_id, form_url, extra_context)
        pk, context = int(key), dict(extra_context or {})
        with transaction.atomic(using=router.db_for_write(self.model)):
            if request.method == "POST":
                # Whoever saves second waits here, then sees what the first saved.
                rows = self.model._base_manager.select_for_update()
                obj = rows.filter(pk=pk).first()
                may_change = self.has_change_permission(request, obj)
                if not obj and may_change and (page := self.gone(request, pk)):
                    return page
                if obj and may_change:
                    self._look_meanwhile(request, obj, context)
            context["opened"] = self.opened_with(request, pk)
            return super().changeform_view(request, object_id, form_url, context)

    def _look_meanwhile(self, request, obj, context):
        if THEIRS in request.POST:
            request.POST = with_theirs(self, request, obj)
        opened = read_opened(request.POST.get(OPENED, ""))
        if not opened or opened == read_opened(self.opened_with(request, obj.pk)):
            return
        meanwhile = Meanwhile(self, request, obj, opened)
        request.POST = meanwhile.data
        if meanwhile.taken or meanwhile.both:
            request.meanwhile = context["meanwhile"] = meanwhile

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        if meanwhile := getattr(request, "meanwhile", None):
            form.refusal = meanwhile.sentence()
        return form

    def opened_with(self, request, pk):
        """Return the latest versions of a thing and its parts, as a form carries it."""
        found = None
        for kind in Timeline.kinds_of(self.model, pk, self.part_kinds(request, pk)):
            rows = kind.model.history.filter(**kind.where).order_by()
            label = models.Value(kind.model._meta.label_lower, models.CharField())
            rows = rows.annotate(label_=label).values("label_")
            rows = rows.annotate(last_=models.Max("history_id"))
            rows = rows.values_list("label_", "last_")
            found = rows if found is None else found.union(rows, all=True)
        return ",".join(f"{label}:{last}" for label, last in sorted(found) if last)


def read_opened(text):
    """Return {model: number of its latest version}, without what is malformed."""
    pairs = (one.partition(":") for one in text.split(","))
    return {
        label: int(number)
        for label, _colon, number in pairs
        if number.isdecimal() and len(number) < LONGEST_KEY
    }


def form_of(site, request, obj):
    """Return the class of a site's form for a thing."""
    return site.get_form(request, obj, change=True)


def formsets_of(site, request, obj):
    """Yield (formset as it is stored, inline) with the prefixes of the form."""
    seen = Counter()
    for formset, inline in site.get_formsets_with_inlines(request, obj):
        prefix = formset.get_default_prefix()
        seen[prefix] += 1
        if seen[prefix] > 1:
            prefix = f"{prefix}-{seen[prefix]}"
        rows = inline.get_queryset(request)
        yield formset(instance=obj, prefix=prefix, queryset=rows), inline


def shown_before(form_class, version):
    """Return what a form showed of a version."""
    tags = {name: list(keys) for name, keys in version.tags.items()}
    return shown(form_class(instance=thing_of(version), initial=tags))


def with_theirs(site, request, obj):
    """Return what was sent with their value in the fields where it was chosen."""
    data = request.POST.copy()
    chosen = set(data.pop(THEIRS))
    own = shown(form_of(site, request, obj)(instance=obj))
    put(data, "", {name: own[name] for name in chosen & own.keys()})
    for formset, _inline in formsets_of(site, request, obj):
        rows = {str(form.instance.pk): form for form in formset.initial_forms}
        for number in range(total(data, formset.prefix)):
            at = f"{formset.prefix}-{number}-"
            form = rows.get(data.get(f"{at}id", ""))
            if f"{at}DELETE" in chosen:
                # They kept what you remove; or they removed what you would keep.
                if form:
                    data.pop(f"{at}DELETE", None)
                else:
                    data[f"{at}DELETE"] = "on"
            elif form:
                values = shown(form)
                names = {n for n in values if f"{at}{n}" in chosen}
                put(data, at, {name: values[name] for name in names})
    return data


def endings_of(field):
    """Return the endings of the names of a field's inputs: "" unless several."""
    widget = getattr(field.widget, "widget", field.widget)
    return getattr(widget, "widgets_names", [""])


def total(data, prefix):
    """Return how many rows of a kind were sent, within what a form may send."""
    number = data.get(f"{prefix}-TOTAL_FORMS", "")
    return min(int(number), 2000) if number.isdecimal() and len(number) < 6 else 0


def alike(one, other):
    """Tell whether two rows hold the same."""
    return all(same(one[name], other[name]) for name in one.keys() & other.keys())


def row_words(form, values):
    """Return a row in words: what is filled in of it, but numbers."""
    words = (
        as_words(form.fields[name], of)
        for name, of in values.items()
        if any(of.values()) and not isinstance(form.fields[name], IntegerField)
    )
    return " · ".join(word for word in words if word)

"""
The health board, home of the admin: what needs a hand, counted.

Each number is a link to the list that it counts: a list of the admin with the filter
`needs` of `records.needs`, or with one of its own.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import CharField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from records import duplicates
from records.admin import MergeAdmin, RecordAdmin
from records.admin.needs import in_need
from records.files.store import usage
from records.languages import OTHER, TAGS, page_language
from records.models import Correction, LinkCheck, Proposal
from records.needs import OF_RECORD, plain

NEXT = 10  # publications that are told with their dates

# What comes in besides records: words, the rows that wait, the filter of their list
INBOX = [
    (_("Corrections received"), Correction.objects.open, "state__in=new,in-hand"),
    (_("Changes proposed"), Proposal.objects.waiting, "state__exact=waiting"),
    (_("Dead links"), LinkCheck.objects.dead, "dead_since__isnull=False"),
]


@dataclass
class Line:
    """What may need a hand, how many do or the rows that do, and where they are."""

    label: Any
    url: str
    rows: QuerySet | None = None
    count: int = 0


@dataclass
class Kind:
    """A kind of record: lines for what any record needs, and for needs of its own."""

    name: str
    url: str
    shared: list
    own: list

    @property
    def waits(self):
        return any(line.count for line in self.own)


def health(request):
    """
    Return what the board shows to this user, of what the user may view.

    One query counts, one finds what is scheduled, three look at times, however much
    there is; likely duplicates are looked for again only after a write.
    """
    viewable = [
        model_admin
        for model_admin in admin.site._registry.values()
        if model_admin.has_view_permission(request)
    ]
    kinds = [kind_of(one, request) for one in viewable if isinstance(one, RecordAdmin)]
    models = {model_admin.model for model_admin in viewable}
    letters = [
        Line(label, f"{list_of(rows.model)}?{query}", rows)
        for label, waiting, query in INBOX
        if (rows := waiting()).model in models
    ]
    count([*letters, *(line for kind in kinds for line in kind.shared + kind.own)])
    return {
        "inbox": letters,
        "inbox_waits": any(line.count for line in letters),
        "nothing_of": [kind.name for kind in kinds if kind.own and not kind.waits],
        "kinds": kinds,
        "columns": [need.label for need in OF_RECORD.values()],
        "files": files_kept(),
        "scheduled": scheduled(
            [one.model for one in viewable if isinstance(one, RecordAdmin)]
        ),
    }


def files_kept():
    """Return (bytes used, bytes allowed); None while the storage does not answer."""
    try:
        return usage()
    except ConnectionError:
        return None


def kind_of(model_admin, request):
    model, url = model_admin.model, list_of(model_admin.model)
    lines = {
        value: Line(
            need.label,
            f"{url}?needs={value}",
            plain(model).filter(in_need(model, need)),
        )
        for value, need in model_admin.get_needs().items()
    }
    shared = [lines.pop(value) for value in OF_RECORD]
    own = list(lines.values())
    if isinstance(model_admin, MergeAdmin) and model_admin.has_change_permission(
        request
    ):
        found = duplicates.count(model)
        label = _("Possible duplicates")
        own.append(Line(label, model_admin.address("duplicates"), count=found))
    return Kind(
        capfirst(model._meta.verbose_name_plural),
        url,
        shared,
        own,
    )


def list_of(model):
    """Return the address of the admin's list of a model."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def count(lines):
    """Set the count of each line that names rows, in one query for all."""
    counting = [
        line.rows.order_by()
        .annotate(
            _number=Value(str(number), output_field=CharField()),
            _count=Func(F("pk"), function="COUNT"),
        )
        .values_list("_number", "_count")
        for number, line in enumerate(lines)
        if line.rows is not None
    ]
    if counting:
        first, *others = counting
        for number, found in first.union(*others, all=True):
            lines[int(number)].count = found


def scheduled(models):
    """Return the next publications, of all these kinds together; one query."""
    here = page_language()
    rows = [
        plain(model)
        .filter(in_need(model, OF_RECORD["scheduled"]))
        .annotate(
            _kind=Value(model._meta.label, output_field=CharField()),
            _here=name_in(model, here),
            _there=name_in(model, OTHER[here]),
        )
        .values_list("publish_at", "_kind", "pk", "slug", "_here", "_there")
        for model in models
    ]
    if not rows:
        return []
    first, *others = rows
    by_label = {model._meta.label: model for model in models}
    found = []
    for when, label, pk, slug, said, other in first.union(*others, all=True).order_by(
        "publish_at", "pk"
    )[:NEXT]:
        meta = by_label[label]._meta
        change = f"admin:{meta.app_label}_{meta.model_name}_change"
        found.append(
            {
                "when": timezone.localtime(when),
                "kind": capfirst(meta.verbose_name),
                "name": said or other or slug,
                "lang": "" if said or not other else TAGS[OTHER[here]],
                "url": reverse(change, args=[pk]),
            }
        )
    return found


def name_in(model, language):
    """Return the expression for what a record is called in a language, or ""."""
    names = model.name_fields or (model.title_field,)
    suffix = language.replace("-", "_")
    said = [NullIf(F(f"{name}_{suffix}"), Value("")) for name in names]
    return Coalesce(*said, Value(""), output_field=TextField())

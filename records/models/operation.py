from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

AT_ONCE = 1000  # rows of one query


class Operation(models.Model):
    """
    Many writes that were done as one, and can be taken back as one.

    `counts` are {label of the model: [new, changed, deleted]}.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        MERGE = "merge", pgettext_lazy("operation", "Merge")
        SPLIT = "split", pgettext_lazy("operation", "Split")
        BULK = "bulk", _("Change of many")
        COPY = "copy", pgettext_lazy("operation", "Copy")
        UNDO = "undo", pgettext_lazy("operation", "Taken back")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    summary = models.CharField(_("what"), max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("who"),
    )
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    counts = models.JSONField(default=dict, editable=False)
    undoes = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        related_name="undone_by",
        null=True,
        blank=True,
        verbose_name=_("takes back"),
    )

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = pgettext_lazy("many writes", "operation")
        verbose_name_plural = pgettext_lazy("many writes", "operations")
        # Nobody adds, changes or deletes one by hand.
        default_permissions = ("view",)

    def __str__(self):
        kind = self.get_kind_display()
        return f"{kind}: {self.summary}" if self.summary else str(kind)

    @property
    def is_undone(self):
        return hasattr(self, "undone_by")

    def undo(self, by=None, reason=None):
        """
        Bring every row back to what it was before, and return that `Operation`.

        `reason` tells the public why what it has seen is withdrawn, as
        {language: text}. Raise `records.undo.UndoRefusedError`, with nothing
        written, where a row was edited since.
        """
        from records.undo import Undo

        return Undo(self, by, reason).do()

    undo.alters_data = True

    def keep(self, written):
        """
        Save what was written, as {model: {key: numbers of versions}}.

        What was made and deleted again inside is no part of it. `recording()` calls it.
        """
        rows = []
        for model, found in written.items():
            rows += self._rows_of(model, found)
        if not rows:
            return
        counts = {}
        for row in rows:
            label = row.model._meta.label_lower
            counts.setdefault(label, [0, 0, 0])["+~-".index(row.what)] += 1
        self.counts = counts
        self.save()
        OperationRow.objects.bulk_create(rows, batch_size=AT_ONCE)

    def _rows_of(self, model, found):
        kind, pks = ContentType.objects.get_for_model(model), list(found)
        for start in range(0, len(pks), AT_ONCE):
            some = {pk: found[pk] for pk in pks[start : start + AT_ONCE]}
            for pk, (was, versions) in _versions(model, some).items():
                after, last = versions[-1]
                if was is None and versions[0][1] != "+":
                    # Older than its history: then that is where it begins.
                    was = versions[0][0]
                if was is None and last == "-":
                    continue
                what = "+" if was is None else "-" if last == "-" else "~"
                row = OperationRow(operation=self, content_type=kind, object_id=pk)
                row.before, row.after, row.what = was, after, what
                yield row


def _versions(model, noted):
    """
    Return {key: (number before, versions)} of what was noted as {key: numbers}.

    Versions are (number, kind). The number before is None if there was no row, and
    what a savepoint has taken back is left out. Two queries.
    """
    history = model.history.model.objects.order_by()
    first = min(numbers[0] for numbers in noted.values())
    keys = Q(id__in=list(noted))
    latest = history.filter(keys, history_id__lt=first).values("id")
    latest = latest.annotate(last=Max("history_id")).values("last")
    read = Q(history_id__in=latest) | (keys & Q(history_id__gte=first))
    rows = history.filter(read).order_by("history_id")
    found = {}
    for pk, number, kind in rows.values_list("id", "history_id", "history_type"):
        _before, versions = found.setdefault(pk, (None, []))
        if number in noted[pk]:
            versions.append((number, kind))
        elif not versions:
            # Others may have written until the operation came to that row.
            found[pk] = None if kind == "-" else number, versions
    return {pk: both for pk, both in found.items() if both[1]}


class OperationRow(models.Model):
    """
    A row that an operation wrote.

    `before` and `after` are numbers of versions in its history; `before` is None if
    it did not exist.
    """

    class What(models.TextChoices):
        NEW = "+", pgettext_lazy("row", "New")
        CHANGED = "~", pgettext_lazy("row", "Changed")
        DELETED = "-", pgettext_lazy("row", "Deleted")

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="rows"
    )
    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+"
    )
    object_id = models.PositiveBigIntegerField()
    before = models.PositiveBigIntegerField(null=True)
    after = models.PositiveBigIntegerField()
    what = models.CharField(max_length=1, choices=What)

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self):
        return f"{self.content_type_id}/{self.object_id}: {self.get_what_display()}"

    @property
    def model(self):
        kinds = ContentType.objects
        return kinds.get_for_id(self.content_type_id).model_class()

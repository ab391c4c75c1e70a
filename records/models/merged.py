"""What became of records that were two for one, and of who asked to be forgotten."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from records.models.parts import FormerSlug, Part


class Merged(Part):
    """A record that was merged into the one it belongs to now, by its old keys."""

    former_id = models.PositiveBigIntegerField()
    uid = models.UUIDField(_("identifier"), editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("merged record")
        verbose_name_plural = _("merged records")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "former_id"], name="record_is_merged_once"
            )
        ]

    def __str__(self):
        past = self.past.order_by("-history_id").first()
        return str(past.instance) if past else str(self.uid)

    @property
    def past(self):
        """The versions of the record that it was."""
        history = self.content_type.model_class().history.model
        return history.objects.filter(id=self.former_id)

    def calls_it(self, names):
        """Tell whether the record was ever called by one of {column: name}."""
        called = models.Q(pk=None)
        for column, name in names.items():
            called |= models.Q(**{column: name}) if name else called
        return self.past.filter(called).exists()

    def move_to(self, record):
        """Let what was merged by mistake be part of another record, addresses too."""
        slugs = self.past.order_by().values("slug")
        there = FormerSlug.objects.filter(
            content_type=self.content_type, object_id=self.object_id
        )
        for former in there.filter(slug__in=slugs):
            former.record = record
            former.save()
        self.record = record
        self.save()


class NotTheSameQuerySet(models.QuerySet):
    def mark(self, one, other, by=None):
        """Note that two records of a kind are not the same thing."""
        first, second = sorted([one.pk, other.pk])
        kind = ContentType.objects.get_for_model(one)
        return self.get_or_create(
            content_type=kind, one=first, other=second, defaults={"by": by}
        )[0]


class NotTheSame(models.Model):
    """Two records of a kind, alike, that somebody has found to be two things."""

    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+"
    )
    one = models.PositiveBigIntegerField()  # the smaller key
    other = models.PositiveBigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField(auto_now_add=True)

    objects = NotTheSameQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("pair that is not the same")
        verbose_name_plural = _("pairs that are not the same")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "one", "other"], name="pair_is_marked_once"
            )
        ]

    def __str__(self):
        return f"{self.one} ≠ {self.other}"


class RemovedQuerySet(models.QuerySet):
    def keep(self, model, words):
        """Remember, without the words, that these led to a record that was removed."""
        kind = ContentType.objects.get_for_model(model)
        for word in words:
            self.get_or_create(content_type=kind, digest=digest(model, word))

    def of(self, model, word):
        """Return what was removed of a kind by an address or a key, or None."""
        found = self.filter(
            content_type__app_label=model._meta.app_label,
            content_type__model=model._meta.model_name,
            digest=digest(model, word),
        )
        return found.first()

    def among(self, model, words):
        """Return those of some words (set) that led to what was removed of a kind."""
        digests = {digest(model, word): word for word in words}
        found = self.filter(
            content_type__app_label=model._meta.app_label,
            content_type__model=model._meta.model_name,
            digest__in=digests,
        )
        return {digests[known] for known in found.values_list("digest", flat=True)}


class Removed(models.Model):
    """
    An address, or a key of a file, of a person whose data were removed.

    Only a keyed digest is kept: enough to answer “gone” at the address and to let no
    import bring the person back, too little to tell who it was.
    """

    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64)
    removed_at = models.DateTimeField(_("removed"), auto_now_add=True)

    objects = RemovedQuerySet.as_manager()

    class Meta:
        ordering = ["-removed_at", "-id"]
        verbose_name = _("removed address")
        verbose_name_plural = _("removed addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "digest"], name="address_is_removed_once"
            )
        ]

    def __str__(self):
        return self.digest[:12]


def digest(model, word):
    """Return what stands for an address or a key of a kind, by the secret key."""
    said = f"{model._meta.label_lower} {word.strip().casefold()}"
    return salted_hmac("records.removed", said, algorithm="sha256").hexdigest()

from django.db import models


class DocumentQuerySet(models.QuerySet):
    def search(self, text, at=None):
        """
        Return the `Results` of what somebody typed, best first.

        Only what is public at that moment is found, counted or proposed.
        """
        from search.results import search

        return search(text, at=at, using=self.db)


class Document(models.Model):
    """
    What one record is found by, and what a list of results shows of it.

    There is a document for each record that is published, or will be once its
    embargo passes. Its id says which: the record's primary key, plus the number of its
    kind times `SPAN`. The terms end with further ways to write the same, after
    " || "; segments are parted by " | ".
    """

    id = models.BigIntegerField(primary_key=True)
    slug = models.CharField(max_length=100)
    title_en = models.TextField(blank=True)
    title_zh_hans = models.TextField(blank=True)
    title_lang = models.CharField(max_length=20, blank=True)
    names = models.TextField(blank=True)  # other names and identifiers, one a line
    people = models.TextField(blank=True)  # who took part, one a line
    body_en = models.TextField(blank=True)
    body_zh_hans = models.TextField(blank=True)
    files = models.TextField(blank=True)
    title_terms = models.TextField()
    name_terms = models.TextField()
    people_terms = models.TextField()
    body_terms = models.TextField()
    visible_from = models.DateTimeField(null=True, blank=True, db_index=True)
    edition_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    # When an embargo passes of somebody whom it will name then.
    stale_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.title_en or self.title_zh_hans or self.slug


class Word(models.Model):
    """A word of a title, as it is written, for those who misspell it."""

    word = models.CharField(max_length=48, db_index=True)
    length = models.PositiveSmallIntegerField(db_index=True)

    class Meta:
        ordering = ["word"]

    def __str__(self):
        return self.word


class Dirty(models.Model):
    """
    A record whose document is out of step: written by triggers at every change.

    `source` is the word of a kind, or "ct" and the number of a content type.
    """

    source = models.CharField(max_length=20)
    record_id = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["source", "record_id"])]
        verbose_name_plural = "dirty"

    def __str__(self):
        return f"{self.source} {self.record_id}"


class FileText(models.Model):
    """The text in a file of a session, taken out once."""

    material_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=300)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["material_id"]

    def __str__(self):
        return self.name

"""
Documents kept in step with their records.

`refresh()` makes the documents of some records anew, in one transaction with the
write that asked for it. Where a record's name stands in the documents of others,
up to 200 of those follow at once and the rest are marked dirty; if what changed
is whether the record is public, all of them follow. `drain()` does what is left.
"""

from contextlib import contextmanager
from threading import local

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from search.analysis import words_of
from search.documents import describe, load
from search.kinds import BY_MODEL, BY_WORD, KINDS, NAMED_IN, kind_of
from search.models import Dirty, Document, Word

BATCH = 200
AT_ONCE = 200
FIELDS = [
    field.name for field in Document._meta.concrete_fields if not field.primary_key
]

_waiting = local()


@contextmanager
def together(using="default"):
    """
    Put the refreshing of all writes inside off to the end: once for each record.

    The writes and the refreshing are one transaction.
    """
    if getattr(_waiting, "pks", None) is not None:
        yield
        return
    with transaction.atomic(using=using):
        _waiting.pks = {}
        try:
            yield
            _waiting.later, _waiting.pks = _waiting.pks, None
            for kind in KINDS:
                pks = _waiting.later.pop(kind.number, ())
                refresh(kind, pks, using=using)
        finally:
            _waiting.pks = _waiting.later = None


def refresh(kind, pks, *, using="default", follow=True):
    """Make the documents of these records of a kind anew, or take them away."""
    pks = sorted(set(pks))
    if (waiting := getattr(_waiting, "pks", None)) is not None:
        waiting.setdefault(kind.number, set()).update(pks)
        return
    for batch in _batches(pks):
        with transaction.atomic(using=using, savepoint=False):
            _refresh(kind, batch, using, follow)


def _batches(pks):
    return (pks[start : start + BATCH] for start in range(0, len(pks), BATCH))


def _refresh(kind, pks, using, follow):
    now = timezone.now()
    documents = Document.objects.using(using)
    # Whoever writes a part of the same record waits here and then sees this one.
    rows = kind.model._base_manager.using(using).filter(pk__in=pks, state="published")
    shown = list(
        rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    )
    before = (
        {
            old.pk: _known_as(old, now)
            for old in documents.filter(pk__in=_ids(kind, pks))
        }
        if follow and kind.model in NAMED_IN
        else {}
    )
    made = [describe(record, using, now) for record in load(kind, shown, using)]
    kept = {document.pk for document in made}
    documents.filter(pk__in=[i for i in _ids(kind, pks) if i not in kept]).delete()
    if made:
        documents.bulk_create(
            made, update_conflicts=True, unique_fields=["id"], update_fields=FIELDS
        )
    _learn(made, using)
    forget(kind, pks, using)
    if follow and kind.model in NAMED_IN:
        after = {document.pk: _known_as(document, now) for document in made}
        renamed, shown_or_hidden = [], []
        for pk in pks:
            was, is_now = (known.get(kind.document_id(pk)) for known in (before, after))
            # A trigger has taken the document away when its state changed.
            if was is None or is_now is None or was[0] != is_now[0]:
                shown_or_hidden.append(pk)
            elif was != is_now:
                renamed.append(pk)
        _follow(kind, shown_or_hidden, None, using)
        _follow(kind, renamed, AT_ONCE, using)


def _ids(kind, pks):
    return [kind.document_id(pk) for pk in pks]


def _known_as(document, now):
    """Return whether others may name it now, and as what."""
    public = document.visible_from is None or document.visible_from <= now
    names = (document.title_en, document.title_zh_hans, document.names)
    return public, document.visible_from, names


def _follow(kind, pks, most, using):
    """Refresh the documents that name these records, up to so many at once."""
    left = most
    for part, who, whose in NAMED_IN[kind.model] if pks else ():
        model = part._meta.get_field(whose).related_model
        other = BY_MODEL[model]
        rows = part._base_manager.using(using).filter(**{f"{who}__in": pks})
        found = set(rows.order_by().values_list(f"{whose}_id", flat=True))
        # Those of a kind whose turn in `together()` is still to come need it once.
        later = getattr(_waiting, "later", None) or {}
        found = sorted(found.difference(later.get(other.number, ())))
        now, rest = (found, []) if left is None else (found[:left], found[left:])
        left = None if left is None else left - len(now)
        refresh(other, now, using=using, follow=False)
        Dirty.objects.using(using).bulk_create(
            [Dirty(source=other.word, record_id=pk) for pk in rest], batch_size=500
        )


def forget(kind, pks, using="default"):
    """Take the marks of these records away."""
    content_type = ContentType.objects.db_manager(using).get_for_model(kind.model)
    Dirty.objects.using(using).filter(
        source__in=[kind.word, f"ct{content_type.pk}"], record_id__in=pks
    ).delete()


def _learn(documents, using):
    """Keep the words of titles for those who misspell them."""
    words = set()
    for document in documents:
        for text in (document.title_en, document.title_zh_hans, document.names):
            words |= words_of(text)
    known = Word.objects.using(using).filter(word__in=words)
    new = words - set(known.values_list("word", flat=True))
    Word.objects.using(using).bulk_create(
        [Word(word=word, length=len(word)) for word in sorted(new)]
    )


def forget_names(sender, texts, **kwargs):
    """Forget the words of names that no title has any more, once they are removed."""
    drain()
    for word in set().union(*map(words_of, texts)):
        titles = Q(title_en__icontains=word) | Q(title_zh_hans__icontains=word)
        if not Document.objects.filter(titles | Q(names__icontains=word)).exists():
            Word.objects.filter(word__iexact=word).delete()
    if connection.vendor == "sqlite":
        # The index keeps what was taken out of it until it is put in order.
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_fts (search_fts) VALUES ('optimize')")


# What is left over


def dirty_count(using="default"):
    """Return how many records' documents are out of step."""
    marked = Dirty.objects.using(using).values("source", "record_id").distinct()
    return marked.count() + _stale(using).count()


def _stale(using):
    return Document.objects.using(using).filter(stale_at__lte=timezone.now())


def drain(using="default"):
    """Refresh all that is marked dirty; return how many records that were."""
    done = 0
    while marks := list(
        Dirty.objects.using(using)
        .order_by("id")
        .values_list("id", "source", "record_id")[:BATCH]
    ):
        for kind, pks in _by_kind((source, pk) for _, source, pk in marks).items():
            refresh(BY_WORD[kind], pks, using=using)
            done += len(pks)
        # Those that no kind answers for would come again.
        Dirty.objects.using(using).filter(pk__in=[mark[0] for mark in marks]).delete()
    for ids in _batches(list(_stale(using).values_list("pk", flat=True))):
        for kind in KINDS:
            pks = [kind.pk(i) for i in ids if kind_of(i) == kind]
            refresh(kind, pks, using=using)
            done += len(pks)
    return done


def _by_kind(marks):
    found = {}
    for source, pk in marks:
        if source.startswith("ct"):
            content_type = ContentType.objects.get_for_id(int(source[2:]))
            kind = BY_MODEL.get(content_type.model_class())
            source = kind and kind.word
        if source in BY_WORD:
            found.setdefault(source, set()).add(pk)
    return found


def rebuild(using="default"):
    """Make every document anew; yield (word of the kind, done, all) as it goes."""
    Word.objects.using(using).all().delete()
    for kind in KINDS:
        pks = list(
            kind.model._base_manager.using(using)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        known = set(pks)
        orphans = [
            i
            for i in Document.objects.using(using).values_list("pk", flat=True)
            if kind_of(i) == kind and kind.pk(i) not in known
        ]
        for ids in _batches(orphans):
            Document.objects.using(using).filter(pk__in=ids).delete()
        done = 0
        for batch in _batches(pks):
            refresh(kind, batch, using=using, follow=False)
            done += len(batch)
            yield kind.word, done, len(pks)
    drain(using)

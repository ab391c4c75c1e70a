"""Slugs and codes that nobody else has, or has ever had."""

import re

from django.contrib.contenttypes.models import ContentType
from django.utils.text import slugify

from records.models import FormerSlug
from records.pinyin import lazy_pinyin

CODE = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")


def ascii_of(text):
    """Return words in ASCII: no accents, Chinese by its pinyin; "" if none is left."""
    return slugify(" ".join(lazy_pinyin(text.casefold()))).replace("_", "-")


class Slugs:
    """The addresses of a kind of record, to which new ones are added."""

    def __init__(self, model, start=""):
        kind = ContentType.objects.get_for_model(model)
        past = model.history.filter(slug__startswith=start).order_by()
        former = FormerSlug.objects.filter(content_type=kind, slug__startswith=start)
        self.taken = {
            *model.objects.filter(slug__startswith=start).values_list(
                "slug", flat=True
            ),
            *former.values_list("slug", flat=True),
            *past.values_list("slug", flat=True).distinct(),
            *model.reserved_slugs,
        }

    def new(self, text, otherwise):
        """Return a free slug of at most 100 characters, with -2 where one is taken."""
        return free_slug(text, otherwise, self.taken)


def free_slug(text, otherwise, taken):
    bare = re.sub("-{2,}", "-", ascii_of(text)).strip("-") or otherwise
    slug = _cut(bare, 100)
    number = 1
    while slug in taken:
        number += 1
        slug = f"{_cut(bare, 99 - len(str(number)))}-{number}"
    taken.add(slug)
    return slug


def _cut(slug, most):
    if len(slug) <= most:
        return slug
    whole = slug[: most + 1].rpartition("-")[0]
    return whole if len(whole) > most // 2 else slug[:most].strip("-")


class Codes:
    """Codes of an edition's sessions: the file's own if it will do, else S01, S02."""

    def __init__(self, taken):
        self.taken, self.number = set(taken), 0

    def new(self, *wished):
        for code in wished:
            if CODE.match(code or "") and code not in self.taken:
                self.taken.add(code)
                return code
        while True:
            self.number += 1
            code = f"S{self.number:02d}"
            if code not in self.taken:
                self.taken.add(code)
                return code

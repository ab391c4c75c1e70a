"""
Records of one kind that are likely the same thing entered twice.

Two records are compared only if they share something rare: an identifier, a way to
write a name, or the beginning of a word in it. So the work grows with the number of
records, not with its square.
"""

import re
import unicodedata
from collections import defaultdict
from functools import cache
from itertools import combinations, product
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.utils.translation import gettext
from opencc import OpenCC
from rapidfuzz import fuzz

from records import content_version
from records.filters import in_both
from records.models import AltName, NotTheSame
from records.pinyin import lazy_pinyin

NEAR = 88  # of 100, by rapidfuzz
SHORTEST = 6  # letters of a name that may be nearly another
LETTERS = 4  # of a word that two near names have in common
MOST = 150  # records that share something; beyond, it tells nothing of any two
# Fields that name one thing in the world, whichever kind has them
IDENTIFIERS = ("orcid", "ror", "wikidata", "website", "official_url")

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]")
# What tells nothing apart: articles, and what a body is by law
FILLERS = frozenset(
    "a an and at de des du et for in la le les of on the und von "  # noqa: SIM905
    "ag bv co company corp corporation gmbh inc incorporated kg limited llc llp ltd "
    "nv oy plc pte pty sa sarl se spa srl".split()
)
TITLES = frozenset("dr h e prof mr mrs ms mx sir dame".split())  # noqa: SIM905
# As in German, and in the Nordic languages
SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "å": "aa"}
)
LEGAL_FORMS = re.compile(r"(?:股份)?(?:有限)?(?:责任)?公司|集团|先生|女士|教授|博士")


class Pair(NamedTuple):
    """Two records that may be one, the older first, and why."""

    record: models.Model
    other: models.Model
    why: str


class Written(NamedTuple):
    """A name as it is compared: its words in order, whether in Chinese characters."""

    words: tuple
    han: bool


def likely(model):
    """
    Return the `Pair`s of records of a kind that may be the same, the surest first.

    Drafts count as well: this is for the admin alone. Pairs that somebody has marked
    as not the same are left out. Found again only when something was written since.
    """
    keys = _found(model)
    records = model._base_manager.in_bulk({pk for *pair, _why in keys for pk in pair})
    return [
        Pair(records[one], records[other], REASONS[why]())
        for one, other, why in keys
        if one in records and other in records
    ]


def count(model):
    """Return how many such pairs there are."""
    return len(_found(model))


_kept = {}  # model → (content version, stamp, keys)


def _found(model):
    """
    Return the keys of the pairs, looked for again only where it could tell others.

    Nothing is asked while the content version stands; one query tells whether what
    was written since had to do with names of the kind.
    """
    if connection.in_atomic_block:
        # What a transaction sees may yet be undone, its version with it.
        return _Finder(model).pairs()
    version = content_version.current()
    known, stamp, keys = _kept.get(model, ("", None, ()))
    if known != version:
        now = _stamp(model)
        if now != stamp:
            keys = _Finder(model).pairs()
        _kept[model] = version, now, keys
    return keys


def _stamp(model):
    """Return what changes with the records of a kind, and their other names."""
    kind = ContentType.objects.get_for_model(model)
    alt_names = {"content_type": kind}
    counted = [
        (model.history.model._base_manager.all(), "MAX", "history_id"),
        (model._base_manager.all(), "COUNT", "pk"),
        (AltName.history.model._base_manager.filter(**alt_names), "MAX", "history_id"),
        (AltName._base_manager.filter(**alt_names), "COUNT", "pk"),
        (NotTheSame.objects.filter(**alt_names), "MAX", "pk"),
        (NotTheSame.objects.filter(**alt_names), "COUNT", "pk"),
    ]
    told = [
        models.Subquery(
            rows.order_by()
            .annotate(_n=models.Func(models.F(column), function=function))
            .values("_n"),
            output_field=models.BigIntegerField(),
        )
        for rows, function, column in counted
    ]
    return ContentType.objects.filter(pk=kind.pk).values_list(*told).get()


REASONS = {
    "identifier": lambda: gettext("the same identifier or website"),
    "name": lambda: gettext("the same name"),
    "order": lambda: gettext("the same name but for order, punctuation or legal form"),
    "letters": lambda: gettext("the same name, with “ae” for “ä” and the like"),
    "sound": lambda: gettext("the same name in characters and in pinyin"),
    "acronym": lambda: gettext("the acronym of the other"),
    "initials": lambda: gettext("the same name, one with initials"),
    "near": lambda: gettext("nearly the same name"),
}
SURENESS = list(REASONS)


def written(name):
    """Return a name as `Written`, without case, accents, punctuation, fillers."""
    text = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = unicodedata.normalize("NFKC", text)
    if HAN.search(text):
        bare = LEGAL_FORMS.sub("", text.translate(_simplified()))
        kept = "".join(c for c in bare if c.isalnum())
        return Written((kept,) if kept else (), True)
    words = [re.sub(r"\W|_", "", word) for word in re.split(r"[\s,;:/()–—-]+", text)]
    words = [word for word in words if word]
    told = [word for word in words if word not in FILLERS and word not in TITLES]
    return Written(tuple(told or words), False)


def spelled_out(name):
    """Return a name with two letters for one with a mark: Mueller for Müller."""
    return unicodedata.normalize("NFC", name.casefold()).translate(SPELLED_OUT)


@cache
def _simplified():
    """Return the table from traditional characters to simplified ones."""
    every = [chr(code) for code in range(0x3400, 0xA000)]
    folded = OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {ord(a): b for a, b in zip(every, folded, strict=True) if a != b}


class _Finder:
    """One search among all records of a kind; three queries, or four."""

    def __init__(self, model):
        self.model = model
        self.names = defaultdict(set)  # key → {name}
        self.acronyms = defaultdict(set)  # key → {acronym}
        self.identifiers = defaultdict(set)  # identifier → {key}
        self.found = {}  # (key, key) → reason
        self.are_people = False
        self._load()

    def _load(self):
        fields = {field.name for field in self.model._meta.concrete_fields}
        self.are_people = "sort_name" in fields
        titles = {self.model.title_field, "official_title"} & fields
        titles = [column for title in sorted(titles) for column in in_both(title)]
        more = [n for n in ("sort_name", "acronym", *IDENTIFIERS) if n in fields]
        rows = self.model._base_manager.values("pk", *titles, *more)
        for row in rows:
            pk = row["pk"]
            for column in [*titles, "sort_name"]:
                if row.get(column):
                    self.names[pk].add(row[column])
            if row.get("acronym"):
                self.acronyms[pk].add(row["acronym"])
            for name in IDENTIFIERS:
                if row.get(name):
                    self.identifiers[name, _bare(row[name])].add(pk)
        kind = ContentType.objects.get_for_model(self.model)
        alt_names = AltName.objects.filter(content_type=kind).order_by()
        for pk, text in alt_names.values_list("object_id", "text"):
            if pk in self.names or pk in self.acronyms:
                one_word = text.isascii() and text.isalnum() and text.upper() == text
                (self.acronyms if one_word else self.names)[pk].add(text)

    def pairs(self):
        """Return (key, key, reason) of each pair, the surest first."""
        for pks in self.identifiers.values():
            self._all_of(pks, "identifier")
        self.forms = {
            pk: {written(name) for name in names} for pk, names in self.names.items()
        }
        self._same()
        self._acronyms()
        self._near()
        kind = ContentType.objects.get_for_model(self.model)
        for pair in NotTheSame.objects.filter(content_type=kind).values_list(
            "one", "other"
        ):
            self.found.pop(pair, None)
        found = [(one, other, why) for (one, other), why in self.found.items()]
        return sorted(found, key=lambda row: (SURENESS.index(row[2]), row[:2]))

    def _add(self, one, other, why):
        pair = (one, other) if one < other else (other, one)
        if one != other and pair not in self.found:
            self.found[pair] = why

    def _all_of(self, pks, why):
        if 1 < len(pks) <= MOST:
            for one, other in combinations(sorted(pks), 2):
                self._add(one, other, why)

    def _same(self):
        """Find names that are the same in some way of writing them."""
        exact, bare, latin, chinese = (defaultdict(set) for _ in range(4))
        for pk, forms in self.forms.items():
            for name in self.names[pk]:
                exact[" ".join(name.casefold().split())].add(pk)
            for form in forms:
                bare["".join(sorted(form.words)), form.han].add(pk)
                for sound in _sounds(form):
                    (chinese if form.han else latin)[sound].add(pk)
        for pks in exact.values():
            self._all_of(pks, "name")
        for pks in bare.values():
            self._all_of(pks, "order")
        self._spelled_out(bare)
        for sound in chinese.keys() & latin.keys():
            if len(chinese[sound]) * len(latin[sound]) <= MOST:
                for pair in product(chinese[sound], latin[sound]):
                    self._add(*pair, "sound")

    def _spelled_out(self, bare):
        """Find names that another has with two letters for each with a mark."""
        for pk, names in self.names.items():
            for name in names:
                full = spelled_out(name)
                form = written(full)
                alike = bare.get(("".join(sorted(form.words)), form.han), set())
                if full != name.casefold() and len(alike) < MOST:
                    for other in alike:
                        self._add(pk, other, "letters")

    def _acronyms(self):
        """Find those who are called by the first letters, or the acronym, of others."""
        called = defaultdict(set)
        for pk, acronyms in self.acronyms.items():
            for acronym in acronyms:
                called[re.sub(r"\W", "", acronym).casefold()].add(pk)
        for pks in called.values():
            self._all_of(pks, "acronym")
        for pk, forms in self.forms.items():
            for form in forms:
                initials = "".join(word[0] for word in form.words)
                for said in {initials if len(initials) > 2 else "", *form.words[:1]}:
                    if said == initials or len(form.words) == 1:
                        for other in called.get(said, ()) if said else ():
                            self._add(pk, other, "acronym")

    def _near(self):
        """Find names that differ by a letter or two, or by initials."""
        blocks = defaultdict(set)
        for pk, forms in self.forms.items():
            for form in forms:
                for part in _parts(form):
                    blocks[part].add((pk, form))
        seen = set()
        for block in blocks.values():
            if not 1 < len(block) <= MOST:
                continue
            joined = [(pk, form, " ".join(sorted(form.words))) for pk, form in block]
            for (one, form, text), (other, form2, text2) in combinations(joined, 2):
                if one == other or (text, text2) in seen:
                    continue
                seen.add((text, text2))
                if why := _alike(form, text, form2, text2):
                    self._add(one, other, why)
                elif self.are_people and _initials_of(form.words, form2.words):
                    self._add(one, other, "initials")


def _bare(identifier):
    """Return an identifier or a web address without what makes no difference."""
    bare = re.sub(r"^https?://(?:www\.)?", "", identifier.strip().casefold())
    return bare.partition("#")[0].rstrip("/")


def _sounds(form):
    """Return the ways a name is written in pinyin, family name first or last."""
    if not form.words:
        return set()
    spoken = lazy_pinyin(form.words[0]) if form.han else list(form.words)
    if not 1 < len(spoken) <= (12 if form.han else 4):
        return {"".join(spoken)} if len("".join(spoken)) >= SHORTEST else set()
    return {"".join(spoken), "".join([*spoken[1:], spoken[0]])}


def _parts(form):
    """Return the beginnings of its words, or its neighbouring characters."""
    if form.han:
        [text] = form.words or [""]
        return {text[n : n + 2] for n in range(len(text) - 1)}
    return {word[:LETTERS] for word in form.words if len(word) > 1}


def _alike(form, text, other_form, other_text):
    """Return why two names are alike, or ""."""
    if form.han != other_form.han or _digits(text) != _digits(other_text):
        return ""
    shortest = 4 if form.han else SHORTEST
    if min(len(text), len(other_text)) < shortest:
        return ""
    return "near" if fuzz.ratio(text, other_text, score_cutoff=NEAR) else ""


def _digits(text):
    return re.findall(r"\d+", text)


def _initials_of(words, others):
    """Tell whether two names are the same, where one has letters for words."""
    if len(words) != len(others) or len(words) < 2:
        return False
    if (min(map(len, words)) == 1) == (min(map(len, others)) == 1):
        return False
    if min(map(len, words)) > 1:
        words, others = others, words
    long, rest = [w for w in words if len(w) > 1], list(others)
    for word in long:
        if word not in rest:
            return False
        rest.remove(word)
    firsts = sorted(word[0] for word in rest)
    return bool(long) and firsts == sorted(w for w in words if len(w) == 1)

"""A search from beginning to end: what was typed, what is found, how it is shown."""

from math import log2
from typing import NamedTuple

from django.db.models.functions import Substr
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from pyroaring import BitMap

from records import reading
from records.languages import TAGS, Text, other_language, page_language
from search import spelling
from search.excerpts import Marker
from search.kinds import BY_WORD, KINDS, SPAN, kind_of
from search.matching import hidden as hidden_ids
from search.matching import matching, newest
from search.models import Document
from search.query import Query, Term, parse
from search.ranking import MOST_CANDIDATES, candidates, found, newest_first, scores

COMMON = 2000  # a term of more documents says little about any of them
SUGGESTED_FROM = 80
FEW = 3  # with so few results, records that have most of the words are added
FEW_OF_A_RUN = 10  # Chinese without spaces: where its words end is not known
LENGTH_SHOWN = 20_000
FIELDS = {
    "title": _("Title"),
    "name": _("Other name or number"),
    "people": _("Who took part"),
    "text": _("Text"),
    "file": _("Document"),
}


class Hit(NamedTuple):
    """One result, ready to be shown in the page's language."""

    kind: str
    pk: int
    slug: str
    url: str
    title: Text
    title_html: SafeString
    other: Text  # the title in the other language; empty if there is none
    exact: bool
    field: str  # where it matched best: a key of FIELDS
    field_label: str
    matched: SafeString  # the other name or participant that matched, marked
    excerpt: SafeString
    excerpt_lang: str
    excerpt_foreign: bool


class Results:
    """
    What a search found, best first; slices are lists of `Hit`, so it can be paged.

    `query` is what was understood; `corrected` is the text that was searched for
    instead, "" if none; `relaxed` tells that no record has all the words.
    """

    def __init__(
        self, query, ids, *, corrected="", relaxed=None, exact=None, using="default"
    ):
        self.query = query
        self.ids = ids
        if exact is not None:
            self._exact = exact
        self.corrected = corrected
        self.relaxed = relaxed is not None
        self._relaxed = relaxed or {}
        self._using = using

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, part):
        if isinstance(part, slice):
            near = part.stop is not None and 0 <= part.stop <= len(self._best)
            return self._hits((self._best if near else self.order)[part])
        if not isinstance(part, int):
            raise TypeError(part)  # a template asks for each attribute so first
        return self._hits([self.order[part]])[0]

    def count(self):
        return len(self.ids)

    @cached_property
    def counts(self):
        """How many of each kind, as {"regulations": 3}; kinds without any are 0."""
        return {kind.word: len(kind.among(self.ids)) for kind in KINDS}

    def pks(self, kind):
        """Return the primary keys of the records of one kind, in no order."""
        return [BY_WORD[kind].pk(i) for i in BY_WORD[kind].among(self.ids)]

    def only(self, *kinds):
        """Return the results of these kinds alone."""
        ids = BitMap()
        for kind in kinds:
            ids |= BY_WORD[kind].among(self.ids)
        return self._with(ids)

    def narrow(self, kind, pks):
        """Return the results of one kind whose records are among these."""
        kept = BitMap([BY_WORD[kind].document_id(pk) for pk in pks])
        return self._with(self.ids & kept)

    def among(self, ids):
        """Return the results among these documents, a `BitMap`."""
        return self._with(self.ids & ids)

    def by(self, key):
        """Return the same results ordered by a key of ids; the best of equals first."""
        results = self._with(self.ids)
        results.order = results._best = sorted(self.order, key=key)
        return results

    def _with(self, ids):
        relaxed = self._relaxed if self.relaxed else None
        return Results(
            self.query,
            ids,
            corrected=self.corrected,
            relaxed=relaxed,
            exact=self.__dict__.get("_exact"),
            using=self._using,
        )

    @cached_property
    def order(self):
        """All ids, best first: exactly for the best few hundred, then by kind."""
        rest = self.ids - BitMap(self._best)
        return [
            *self._best,
            *newest_first(rest & self._named),
            *newest_first(rest - self._named),
        ]

    @cached_property
    def _best(self):
        query = self.query
        if self.relaxed:
            near = sorted(self.ids, key=lambda i: (-self._relaxed[i], i // SPAN, -i))
            chosen = near[:MOST_CANDIDATES]
        else:
            named = self._newest_named
            chosen = candidates(named)
            if len(chosen) < MOST_CANDIDATES:
                left = MOST_CANDIDATES - len(chosen)
                chosen |= candidates(self.ids - named, left)
            if len(self.ids) > len(chosen):
                chosen |= self.ids & self._exact
        return _sorted(scores(chosen, query, using=self._using))

    @cached_property
    def _newest_named(self):
        """Those of `_named` that are looked at closely; all, if they are few."""
        if self.relaxed or len(self.ids) <= MOST_CANDIDATES:
            return self.ids
        wanted, unwanted = self.query.wanted, self.query.unwanted
        kept = self.ids.__and__
        return newest(wanted, unwanted, kept, MOST_CANDIDATES, using=self._using)

    @cached_property
    def _named(self):
        """The ids of those that are found by what they are called."""
        if self.relaxed or len(self.ids) <= MOST_CANDIDATES:
            return self.ids
        query = self.query
        return self.ids & matching(
            query.wanted, query.unwanted, head=True, using=self._using
        )

    @cached_property
    def _exact(self):
        """The ids of those that are called just what was typed."""
        return _called(self.query.exact + self.query.number, self._using)

    # How results are shown

    def _hits(self, ids):
        rows = Document.objects.using(self._using).filter(pk__in=ids).defer("files")
        rows = rows.defer("files", "body_terms", "body_en", "body_zh_hans").annotate(
            text_en=Substr("body_en", 1, LENGTH_SHOWN),
            text_zh_hans=Substr("body_zh_hans", 1, LENGTH_SHOWN),
        )
        documents = {document.pk: document for document in rows}
        marker = Marker(self.query)
        return [self._hit(documents[i], marker) for i in ids if i in documents]

    def _hit(self, document, marker):
        kind = kind_of(document.pk)
        query = self.query
        exact = any(
            f" {term} " in document.title_terms + document.name_terms
            for term in query.exact + query.number
        )
        title = title_of(document)
        left = [term for term in query.wanted if not found(term, document.title_terms)]
        field, matched = "title", SafeString("")
        if len(left) < len(query.wanted) and not marker.places(
            title.text, by_sound=True
        ):
            others = {document.title_en, document.title_zh_hans} - {title.text, ""}
            matched = marker.mark(next(iter(others), ""), by_sound=True)
        for name, terms, lines in (
            ("name", document.name_terms, document.names),
            ("people", document.people_terms, document.people),
        ):
            if left and any(found(term, terms) for term in left):
                line = max(
                    lines.split("\n"),
                    key=lambda line: len(
                        {p[2] for p in marker.places(line, by_sound=True)}
                    ),
                )
                matched = matched or marker.mark(line[:300], by_sound=True)
                if field == "title" and len(left) == len(query.wanted):
                    field = name
                left = [term for term in left if not found(term, terms)]
        excerpt, lang = self._excerpt(document, marker, beginning=False)
        if left and len(left) == len(query.wanted):
            field = "text"
            if not excerpt:
                files = Document.objects.using(self._using).values_list(
                    "files", flat=True
                )
                text = files.get(pk=document.pk)
                if text and (excerpt := marker.excerpt(text, beginning=False)):
                    field, lang = "file", ""
        if not excerpt:
            excerpt, lang = self._excerpt(document, marker, beginning=True)
        return Hit(
            kind=kind.word,
            pk=kind.pk(document.pk),
            slug=document.slug,
            url=reverse(kind.model.page, args=[document.slug]),
            title=title,
            title_html=marker.mark(title.text, by_sound=True),
            other=other_title_of(document),
            exact=exact,
            field=field,
            field_label=FIELDS[field],
            matched=matched,
            excerpt=excerpt,
            excerpt_lang=lang,
            excerpt_foreign=bool(lang) and lang != TAGS[page_language()],
        )

    def _excerpt(self, document, marker, *, beginning):
        for code in (page_language(), other_language()):
            text = document.text_en if code == "en" else document.text_zh_hans
            if text and (excerpt := marker.excerpt(text, beginning=beginning)):
                return excerpt, TAGS[code]
        return SafeString(""), ""


def title_of(document):
    """Return what a document's record is called, as a `Text`."""
    for code in (page_language(), other_language()):
        text = document.title_en if code == "en" else document.title_zh_hans
        if text:
            tag = TAGS[code]
            if code == "en" and document.title_lang:
                tag = document.title_lang
            return Text(text, tag, tag != TAGS[page_language()])
    return Text(document.slug, TAGS["en"], False)


def other_title_of(document):
    """Return the title in the language the page is not in, as a `Text`."""
    titles = {"en": document.title_en, "zh-hans": document.title_zh_hans}
    here, there = titles[page_language()], titles[other_language()]
    tag = TAGS[other_language()]
    if other_language() == "en" and document.title_lang:
        tag = document.title_lang
    return Text(there if here and here != there else "", tag, True)


def everything(at=None, using=None):
    """Return the `Results` of all that is public, for filters to choose from."""
    using = reading.database(using)
    hidden = hidden_ids(at or timezone.now(), using)
    ids = Document.objects.using(using).order_by().values_list("pk", flat=True)
    return Results(parse(""), BitMap(list(ids)) - hidden, using=using)


def _sorted(score):
    """Return ids by their score; those alike by kind, the newest first."""
    return sorted(score, key=lambda i: (-round(score[i], 6), i // SPAN, -i))


def search(text, at=None, using=None):
    """
    Return the `Results` of a typed text.

    Where no record has all the words: those of a number or name that was typed,
    else of the nearest spelling, else the records that have the most of them.
    """
    using = reading.database(using)
    query = parse(text)
    hidden = hidden_ids(at or timezone.now(), using)
    exact = _called(query.exact + query.number, using)
    query, ids = _all_words(query, exact, hidden, using)
    run = any(term.kind == "han" and len(term.folded) > 3 for term in query.terms)
    if len(ids) > (FEW_OF_A_RUN if run else FEW) or not query:
        return Results(query, ids, exact=exact, using=using)
    if named := exact - hidden:
        return Results(query, ids | named, exact=exact, using=using)
    if ids:
        return _with_some_words(query, ids, hidden, using)
    if better := spelling.corrected(query, hidden, using):
        exact = _called(better.exact + better.number, using)
        tried, ids = _all_words(better, exact, hidden, using)
        if ids:
            return Results(tried, ids, corrected=better.text, exact=exact, using=using)
        query = tried.but(ignored=query.ignored, cut=query.cut)
    results = _with_some_words(query, BitMap(), hidden, using)
    results.corrected = query.text if better and results.ids else ""
    return results


def _with_some_words(query, ids, hidden, using):
    """Add to the few that have all the words those that have most of them."""
    if any(term.phrase for term in query.wanted) or len(_pieces(query)) < 2 + bool(ids):
        return Results(query, ids, using=using)
    pieces, weights = _some_words(query, hidden, using)
    weights |= dict.fromkeys(ids, 1.0)
    if len(weights) == len(ids):
        return Results(query, ids, using=using)
    return Results(pieces, BitMap(list(weights)), relaxed=weights, using=using)


def _all_words(query, exact, hidden, using):
    """
    Return (query, ids): its last word may be the beginning of one.

    `exact` are the ids of what is called just so.
    """
    ids = matching(query.wanted, query.unwanted, using=using) - hidden
    last = query.terms[-1:]
    if last and not last[0].out and last[0].kind == "word":
        named = BitMap()
        if ids or len(query.terms) > 1:
            named = matching(last, head=True, most=len(hidden) + 1, using=using)
        if not named - hidden:
            longer = query.with_last_unfinished()
            more = matching(longer.wanted, longer.unwanted, using=using) - hidden
            if more - ids:
                query, ids = longer, more
    if query.exact:
        ids |= exact - hidden
    return query, ids


def _called(exact, using):
    """Return the ids of the documents of which one name or number is just that."""
    ids = BitMap()
    for name in exact:
        ids |= matching([Term("", ((name,),))], head=True, using=using)
    return ids


def _pieces(query):
    """Return {ways: weight} of the smallest things that can be asked for alone."""
    pieces = {}
    for term in query.wanted:
        alone = [term.ways] if len(term.ways) > 1 else [((t,),) for t in term.ways[0]]
        for ways in alone:
            pieces[ways] = 2.0 if term.kind == "number" else 1.0
    return dict(list(pieces.items())[:24])


def _some_words(query, hidden, using):
    """Return (query of its pieces, {id: part of them}) for what has most of them."""
    pieces, weights = [], {}

    def ask(ways, weight):
        ids = matching([Term("", ways)], query.unwanted, most=COMMON + 1, using=using)
        if len(ids) > COMMON:
            weight *= 0.02
        else:
            weight /= 1 + log2(2 + len(ids)) / 4
            for i in ids - hidden:
                weights[i] = weights.get(i, 0.0) + weight
        if ids:
            pieces.append(Term("", ways, weight=weight))
        return ids

    known, unknown = set(), {}
    for ways, weight in _pieces(query).items():
        if ask(ways, weight):
            known.update(ways[0][0])
        elif not ways[0][0].isascii():
            unknown.update(dict.fromkeys(ways[0][0]))
    for character in [c for c in unknown if c not in known][:6]:
        ask(((character + "*",),), 0.5)
    total = sum(term.weight for term in pieces)
    kept = {i: weight / total for i, weight in weights.items() if weight >= total / 2}
    return query.but(terms=(*pieces, *query.unwanted)), kept


# Suggestions


class Suggestion(NamedTuple):
    """A record whose name begins like what is being typed."""

    kind: str
    pk: int
    slug: str
    url: str
    title: Text
    title_html: SafeString
    matched: SafeString  # the other title or name that matched, marked; else ""


def suggest(text, limit=8, at=None, using=None):
    """
    Return [(kind, [Suggestion])] for a text that is still being typed.

    Looks at what records are called alone; at most `limit` in all, the kind with
    the best one first.
    """
    query: Query = parse(text).with_last_unfinished()
    if not query:
        return []
    using = reading.database(using)
    hidden = BitMap()

    def public(ids):
        if ids:
            hidden.update(hidden_ids(at or timezone.now(), using))
        return ids - hidden

    ids = newest(query.wanted, query.unwanted, public, SUGGESTED_FROM, using=using)
    if not ids:
        return []
    chosen = candidates(ids, SUGGESTED_FROM)
    chosen |= _called(query.exact, using) - hidden
    score = scores(chosen, query, body=False, using=using)
    best = _sorted(score)[:limit]
    columns = ("id", "slug", "title_en", "title_zh_hans", "title_lang", "names")
    rows = Document.objects.using(using).only(*columns, "title_terms").in_bulk(best)
    marker = Marker(query)
    groups = {}
    for i in best:
        document, kind = rows[i], kind_of(i)
        title = title_of(document)
        matched = SafeString("")
        if not all(found(term, document.title_terms) for term in query.wanted):
            lines = [
                marker.mark(line, by_sound=True) for line in document.names.split("\n")
            ]
            matched = max(lines, key=lambda line: line.count("<mark>"))
        title_html = marker.mark(title.text, by_sound=True)
        if not matched and "<mark>" not in title_html:
            other = marker.mark(other_title_of(document).text, by_sound=True)
            matched = other if "<mark>" in other else matched
        groups.setdefault(kind.word, []).append(
            Suggestion(
                kind=kind.word,
                pk=kind.pk(i),
                slug=document.slug,
                url=reverse(kind.model.page, args=[document.slug]),
                title=title,
                title_html=title_html,
                matched=matched,
            )
        )
    return list(groups.items())

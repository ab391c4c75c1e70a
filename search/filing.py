"""What results are filed under: what filters keep, and the counts of facets."""

from typing import NamedTuple

from django.db.models import Value
from django_countries import countries
from pyroaring import BitMap

from organizations.models import Organization
from records.filters import Year
from search.filters import kind_choices
from search.kinds import BY_WORD
from search.subjects import subjects
from search.unions import among, columns, key, pks_by_kind, text, union
from sessions.models import Contribution, Edition, EditionRole, Outcome, Session
from topics.models import LifecycleStage, Regulation
from topics.models.regulations import jurisdiction_name

NOBODY = BitMap()
LONG = 10  # values; a longer list scrolls in its own box


class FacetValue(NamedTuple):
    """One value to choose, and how many results there are with it."""

    value: str
    label: str
    lang: str  # "" if it is the page's own
    count: int
    selected: bool


class Facet(NamedTuple):
    """Values of which any may hold."""

    name: str
    label: str
    values: list
    long: bool


# Where it stands under what a result is filed: (kind, parts, owner, path). What
# is tied by a part, such as a contribution, holds only if that part is public.
FILED = {
    "topic": [
        ("sessions", Session, "pk", "topics"),
        ("regulations", Regulation, "pk", "topics"),
        ("outcomes", Outcome, "pk", "topics"),
        ("minerals", Session, "minerals", "topics"),
        ("organizations", Contribution, "organization", "session__topics"),
        ("people", Contribution, "person", "session__topics"),
    ],
    "mineral": [
        ("sessions", Session, "pk", "minerals"),
        ("regulations", Regulation, "pk", "minerals"),
        ("organizations", Contribution, "organization", "session__minerals"),
        ("people", Contribution, "person", "session__minerals"),
    ],
    "stage": [
        ("sessions", Session, "pk", "stages"),
        ("regulations", Regulation, "pk", "stages"),
        ("minerals", Session, "minerals", "stages"),
        ("organizations", Contribution, "organization", "session__stages"),
        ("people", Contribution, "person", "session__stages"),
    ],
    "edition": [
        ("sessions", Session, "pk", "edition"),
        ("outcomes", Outcome, "pk", "edition"),
        ("regulations", Session, "regulations", "edition"),
        ("topics", Session, "topics", "edition"),
        ("minerals", Session, "minerals", "edition"),
        ("organizations", Contribution, "organization", "session__edition"),
        ("organizations", EditionRole, "organization", "edition"),
        ("people", Contribution, "person", "session__edition"),
        ("people", EditionRole, "person", "edition"),
    ],
    "jurisdiction": [("regulations", Regulation, "pk", "jurisdiction")],
    "country": [("organizations", Organization, "pk", "country")],
}
YEARS = [
    ("editions", Edition, "pk", "year"),
    ("sessions", Session, "pk", "edition__year"),
    ("outcomes", Outcome, "pk", "edition__year"),
    ("regulations", Regulation, "pk", "milestones__date__year"),
]


class Filed:
    """
    The results of a search by what they are filed under, in five queries.

    `ids` are all of them. Keeping and counting read the same sets, so a count is
    always what choosing the value brings.
    """

    def __init__(self, results, wanted):
        self.ids = results.ids
        self.wanted = wanted
        self.pks = pks_by_kind(self.ids)
        stages = {stage.pk: stage for stage in LifecycleStage.objects.published()}
        self.subjects = {**subjects(), "stage": stages}
        self.stages = {}  # of each result, in the order of the core
        years = {"year": YEARS} if {"year_from", "year_to"} & wanted.keys() else {}
        under = self._read({**FILED, **years})
        self.under = {
            name: {value: BitMap(sorted(ids)) for value, ids in of_value.items()}
            for name, of_value in under.items()
        }
        self.under["kind"] = {w: BY_WORD[w].among(self.ids) for w in self.pks}

    def _read(self, filed):
        """Return {parameter: {value: ids of the results}}, by one query."""
        found = {}
        lines = {name: _lines(records) for name, records in self.subjects.items()}
        arms = [
            self._arm(name, *where)
            for name, places in filed.items()
            for where in places
            if where[0] in self.pks
        ]
        for name, kind, owner, value in union(arms):
            if not value or owner is None:
                continue
            i = BY_WORD[kind].document_id(owner)
            if i not in self.ids:
                continue
            under = found.setdefault(name, {})
            if name in lines:
                for slug in lines[name].get(int(value), ()):
                    under.setdefault(slug, set()).add(i)
            else:
                under.setdefault(value, set()).add(i)
            if name == "stage" and int(value) in self.subjects["stage"]:
                self.stages.setdefault(i, set()).add(int(value))
        return found

    def _arm(self, name, kind, model, owner, path):
        """Return the rows (parameter, kind, key of the result, value)."""
        rows = model.objects.order_by()
        if owner != "pk":
            rows = model.objects.published().order_by()
        rows = among(rows, owner, self.pks[kind])
        return columns(rows, Value(name), Value(kind), key(owner), text(path))

    def of(self, name, values):
        """Return the ids of the results that have any of the values."""
        under = self.under.get(name, {})
        return BitMap.union(BitMap(), *(under.get(v, BitMap()) for v in values))

    def kept(self, wanted):
        """Return the ids of the results that have what is wanted."""
        ids = self.ids
        wanted = dict(wanted)
        first = wanted.pop("year_from", None)
        last = wanted.pop("year_to", None)
        if first or last:
            first, last = (int(float(y[0])) if y else None for y in (first, last))
            ids = ids & self.of(
                "year",
                [
                    year
                    for year in self.under.get("year", {})
                    if (first or 0) <= int(year) <= (last or 9999)
                ],
            )
        for name, values in wanted.items():
            ids = ids & self.of(name, values)
        return ids

    def without(self, name, value=None):
        """Return what is wanted when a parameter, or one value of it, is not."""
        wanted = {**self.wanted}
        left = [v for v in wanted.pop(name, []) if value is not None and v != value]
        return {**wanted, name: left} if left else wanted

    def facets(self, filterset):
        """Return the facets of these results; none has a query of its own."""
        return [
            facet
            for name, filter_ in filterset.filters.items()
            if not isinstance(filter_, Year)
            and (facet := self._facet(name, filter_, filterset.labels.get(name, {})))
        ]

    def _facet(self, name, filter_, selected):
        under = self.under.get(name, {})
        base = self.kept(self.without(name))
        named = self._labels(name, {*under, *selected})
        values = [
            FacetValue(
                value=value,
                label=label,
                lang=lang,
                count=base.intersection_cardinality(under.get(value, NOBODY)),
                selected=value in selected,
            )
            for value, label, lang in named
        ]
        if name in {"topic", "mineral", "jurisdiction", "country"}:
            values.sort(key=lambda value: -value.count)
        return values and Facet(name, filter_.label, values, len(values) > LONG)

    def _labels(self, name, values):
        """Return (value, label, lang) of these values in their own order."""
        if name == "stage":
            stages = self.subjects[name].values()
            found = [(s.slug, str(s)) for s in stages if s.slug in values]
        elif name == "kind":
            found = [(word, label) for word, label in kind_choices() if word in values]
        elif name == "jurisdiction":
            found = sorted((v, jurisdiction_name(v)) for v in values)
        elif name == "country":
            found = [(v, label) for v, label in countries if v in values]
        else:
            return [
                (one.slug, one.name.text, one.name.lang if one.name.foreign else "")
                for one in self.subjects[name].values()
                if one.slug in values
            ]
        return [(value, label, "") for value, label in found]

    def stages_of(self, document_id):
        """Return the life-cycle stages of a result, in the order of the core."""
        stages = self.subjects["stage"]
        found = [stages[pk] for pk in self.stages.get(document_id, ())]
        return sorted(found, key=lambda s: (s.core_place or 9, s.order))


def _lines(records):
    """Return {key: slugs of the record and of all that is broader}."""
    return {pk: [r.slug for r in _upwards(records, pk)] for pk in records}


def _upwards(records, pk):
    seen = set()
    while pk in records and pk not in seen:
        seen.add(pk)
        yield records[pk]
        pk = getattr(records[pk], "parent_id", None)


def broader(filed, hits):
    """Return the topics right above those of the best few results, each once."""
    topics = filed.subjects["topic"]
    found = {}
    for hit in hits:
        parent = hit.kind == "topics" and hit.pk in topics and topics[hit.pk].parent_id
        if parent in topics:
            found[parent] = topics[parent]
    return list(found.values())


def broadest(filed):
    """Return the topics that have nothing above them."""
    topics = filed.subjects["topic"]
    return [topic for topic in topics.values() if topic.parent_id not in topics]

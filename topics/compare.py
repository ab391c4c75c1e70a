"""Two to four instruments side by side: a row for each fact, differences marked."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import F, Prefetch, Q, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from records.filters import MOST_VALUES, in_both
from records.languages import date_in_words, text_of
from records.models import SLUG, related_model
from records.templatetags.records import colon, comma
from topics.filters import read_as_of
from topics.instruments import status_among, telling_milestones
from topics.models import (
    Duty,
    IssuingBody,
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)

FEWEST, MOST = 2, 4
MOST_OFFERED = 500  # instruments to choose from on one page

Session = related_model(Regulation, "sessions")


class Said(NamedTuple):
    """One thing in a cell: in words, by an identifier, and where it leads."""

    text: str
    id: str
    url: str = ""
    lang: str = ""  # "" when the words are in the page's own language
    status: str = ""


class Row(NamedTuple):
    """One fact of every instrument; what is not on record is an empty cell."""

    name: str
    label: str
    cells: list

    @property
    def differs(self):
        said = [{one.id for one in cell} for cell in self.cells]
        return any(one != said[0] for one in said[1:])


class Comparison:
    """
    What an address asks to compare: `r` by slug, `as_of`, and only `differences`.

    `regulations` are those compared, in the order asked for; `ignored` names what is
    not understood, `left_out` the records beyond the fourth.
    """

    def __init__(self, query):
        asked = list(dict.fromkeys(slug for slug in query.getlist("r") if slug))
        slugs = [slug for slug in asked[:MOST_VALUES] if SLUG.regex.match(slug)]
        found = Regulation.objects.published().in_bulk(slugs, field_name="slug")
        chosen = [found[slug] for slug in slugs if slug in found]
        self.regulations, self.left_out = chosen[:MOST], chosen[MOST:]
        self.ignored = [("r", slug) for slug in asked if slug not in found]
        self.as_of, unread = read_as_of(query)
        said = query.get("differences", "")
        self.only_differences = said == "1"
        if said not in {"", "0", "1"}:
            unread.append(("differences", said))
        self.ignored += unread

    @property
    def is_ready(self):
        return len(self.regulations) >= FEWEST

    def query(self, *, without=None, differences=None):
        """Return the query of this comparison, or of one that differs from it."""
        pairs = [("r", r.slug) for r in self.regulations if r != without]
        if self.as_of:
            pairs.append(("as_of", self.as_of.isoformat()))
        if self.only_differences if differences is None else differences:
            pairs.append(("differences", "1"))
        return urlencode(pairs)

    @property
    def path(self):
        """The address of this comparison in the language of the moment."""
        return f"{reverse('topics:compare')}?{self.query()}"

    def rows(self):
        """Return the rows that are asked for."""
        if self.only_differences:
            return [row for row in self.all_rows if row.differs]
        return self.all_rows

    @cached_property
    def all_rows(self):
        """All rows, in ten queries for any number of facts."""
        self._load()
        rows = [
            self._row("kind", _("Kind"), _kind),
            self._row("binding", _("Binding"), _binding),
            self._row("jurisdiction", _("Jurisdiction"), _jurisdiction),
            self._row("status", _("Status today"), self._status_today),
        ]
        if self.as_of:
            day = date_in_words(self.as_of.isoformat())
            label = _("Status as of %(date)s") % {"date": day}
            rows.append(self._row("status_as_of", label, self._status_as_of))
        rows += [
            self._row("last_verified_on", _("Last verified"), _verified),
            self._row("issuing_bodies", _("Issued by"), _bodies),
            self._row("identifiers", _("Identifiers"), _identifiers),
            self._row("official_title", _("Official title"), _title),
            self._row("official_url", _("Official text"), _official_text),
            *self._milestones(),
            self._row("stages", _("Life-cycle stages"), lambda r: _all(r.stages)),
            self._row("minerals", _("Minerals"), lambda r: _all(r.minerals)),
            self._row("topics", _("Topics"), lambda r: _all(r.topics)),
            self._row("duties", _("Duties"), _duties),
            self._row("relations", _("Relations between them"), self._relations_within),
            self._row(
                "other_relations", _("Relations to others"), self._relations_beyond
            ),
            self._row("sessions", _("Discussed in"), self._sessions),
        ]
        return rows

    def _row(self, name, label, find):
        return Row(name, label, [list(find(one)) for one in self.regulations])

    def _load(self):
        self.today = timezone.localdate()
        bodies = IssuingBody.objects.published().select_related("organization")
        prefetch_related_objects(
            self.regulations,
            "identifiers",
            Prefetch("milestones", telling_milestones()),
            Prefetch("issuing_bodies", bodies),
            Prefetch("duties", Duty.objects.published()),
            Prefetch("topics", Topic.objects.published()),
            Prefetch("minerals", Mineral.objects.published()),
            Prefetch("stages", LifecycleStage.objects.published()),
        )
        among = [one.pk for one in self.regulations]
        tied = Q(regulation__in=among) | Q(target__in=among)
        relations = RegulationRelation.objects.published().filter(tied)
        self.relations = list(relations.select_related("regulation", "target"))
        named = ("slug", "name_language", *in_both("title"), "edition__year")
        sessions = (
            Session.objects.published()
            .filter(regulations__in=among)
            .annotate(about=F("regulations"))
            .select_related("edition")
            .only(*named)
        )
        self.discussed = {}
        for session in sessions:
            self.discussed.setdefault(session.about, []).append(session)

    def _status_today(self, regulation):
        return [_status(regulation, self.today)]

    def _status_as_of(self, regulation):
        return [_status(regulation, self.as_of)]

    def _milestones(self):
        """Return a row for each kind of milestone that one of them has."""
        rows = []
        for kind, label in Milestone.Kind.choices:
            cells = [
                [
                    _milestone(m)
                    for m in reversed(one.milestones.all())
                    if m.kind == kind
                ]
                for one in self.regulations
            ]
            if any(cells):
                rows.append(Row(f"milestone_{kind.replace('-', '_')}", label, cells))
        return rows

    def _related(self, regulation):
        """Return (words, kind, the other) of each relation, seen from this one."""
        found = []
        for one in self.relations:
            if one.regulation_id == regulation.pk:
                found.append((one.get_kind_display(), one.kind, one.target))
            elif one.target_id == regulation.pk:
                kind = f"{one.kind}-inverse"
                found.append((one.get_inverse_display(), kind, one.regulation))
        return found

    def _relations_within(self, regulation):
        return [_tie(*r) for r in self._related(regulation) if r[2] in self.regulations]

    def _relations_beyond(self, regulation):
        related = self._related(regulation)
        return [_tie(*r) for r in related if r[2] not in self.regulations]

    def _sessions(self, regulation):
        for session in self.discussed.get(regulation.pk, ()):
            said = _record(session)
            year = f"{said.text}{comma()}{session.edition.year}"
            yield said._replace(text=year)


def _text(thing, field, key="", url=""):
    said = text_of(thing, field)
    lang = said.lang if said.foreign else ""
    return Said(said.text, key or said.text, url, lang)


def _record(record):
    return _text(record, record.heading_field, record.slug, record.get_absolute_url())


def _all(relation):
    return [_record(one) for one in relation.all()]


def _kind(regulation):
    return [Said(regulation.get_kind_display(), regulation.kind)]


def _binding(regulation):
    return [Said(_("Yes"), "yes") if regulation.binding else Said(_("No"), "no")]


def _jurisdiction(regulation):
    address = f"{reverse('topics:regulations')}?jurisdiction={regulation.jurisdiction}"
    return [Said(regulation.jurisdiction_name, regulation.jurisdiction, address)]


def _status(regulation, day):
    status = status_among(regulation.milestones.all(), day)
    return Said(str(status.label), status.value, status=status.value)


def _verified(regulation):
    if not regulation.last_verified_on:
        return []
    iso = regulation.last_verified_on.isoformat()
    status = "stale" if regulation.is_stale else ""
    words = date_in_words(iso)
    if status:
        words = _("%(date)s, more than six months ago") % {"date": words}
    return [Said(words, iso, status=status)]


def _bodies(regulation):
    return [
        _record(body.organization) if body.organization else _text(body, "name")
        for body in regulation.issuing_bodies.all()
    ]


def _identifiers(regulation):
    return [Said(str(one), str(one)) for one in regulation.identifiers.all()]


def _title(regulation):
    said = _text(regulation, "official_title")
    return [said] if said.text else []


def _official_text(regulation):
    address = regulation.official_url
    return [Said(address, address, address)] if address else []


def _milestone(milestone):
    iso = milestone.iso_date()
    note = text_of(milestone, "note")
    words = date_in_words(iso)
    if note.text:
        words = f"{words}{colon()}{note.text}"
    return Said(words, iso, lang=note.lang if note.text and note.foreign else "")


def _duties(regulation):
    for duty in regulation.duties.all():
        said = _text(duty, "text")
        words = f"{duty.article}{colon()}{said.text}" if duty.article else said.text
        if duty.applies_from:
            day = date_in_words(duty.applies_from.isoformat())
            words += comma() + _("from %(date)s") % {"date": day}
        yield said._replace(text=words, id=f"{duty.article}:{said.text}")


def _tie(words, kind, other):
    said = _record(other)
    return said._replace(text=f"{words}{colon()}{said.text}", id=f"{kind}:{other.slug}")

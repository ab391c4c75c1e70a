"""
What a record leads to through the sessions that it has part in.

    trace = Trace(KINDS["regulations"], regulation)
    trace.groups            [Group(title, total, rows)] for the table of the page
    trace.rows()            every tie, for the CSV file

A regulation leads to its sessions, to the organizations there, and to the other
regulations that these organizations discussed in any session. A topic leads to its
sessions, and to the organizations and regulations there. An organization leads to
its sessions, to their regulations and topics, and to the other organizations there.

The sets of sessions are those of the lists (exchange.pictures.sets), so that a number
is what its list counts: of a topic with what is narrower, and nothing that is hidden.
"""

from functools import cached_property
from typing import Any, NamedTuple

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from pyroaring import BitMap

from exchange.pictures.picture import Number, sentence
from exchange.pictures.sets import Name, Sets
from organizations.models import Organization
from records.filters import in_both
from records.languages import text_of
from sessions.filters import SessionFilter
from sessions.models import Session
from topics.models import Regulation, Topic

MOST_ROWS = 12  # of a group on the page
MOST_NAMED = 3  # records that a row is connected with
MODELS = {"organization": Organization, "regulation": Regulation, "topic": Topic}
TITLES = {
    "organization": _("Organizations in these sessions"),
    "regulation": _("Regulations discussed in these sessions"),
    "topic": _("Topics of these sessions"),
}


class Kind(NamedTuple):
    """Where a trace may begin: `near` are the kinds one step out, `far` is beyond."""

    name: str  # of its filter of sessions
    model: Any
    near: tuple
    far: str
    far_title: Any
    others: str  # a list that counts what is near, or far: its path is to be filtered


# By the folder of the address
KINDS = {
    "regulations": Kind(
        "regulation",
        Regulation,
        ("organization",),
        "regulation",
        _("Other regulations that these organizations discussed"),
        "",
    ),
    "topics": Kind(
        "topic", Topic, ("organization", "regulation"), "", "", "organizations:list"
    ),
    "organizations": Kind(
        "organization",
        Organization,
        ("regulation", "topic"),
        "organization",
        _("Other organizations in these sessions"),
        "organizations:list",
    ),
}


class Node(NamedTuple):
    """A record that a trace leads to; `sessions` are those that tie it."""

    kind: str
    slug: str
    name: Name
    sessions: BitMap


class Row(NamedTuple):
    """A record in the table; `named` are the records that it is connected with."""

    name: Name
    number: Number | None
    about: Name | None
    named: list
    more: int


class Group(NamedTuple):
    """The rows of one kind; `url` is the list of all, if there is one."""

    title: str
    total: int
    rows: list
    url: str = ""


class Trace:
    """What a record leads to; the sets are read in one query, the sessions in one."""

    def __init__(self, kind, record):
        self.kind, self.record = kind, record
        every = SessionFilter(QueryDict(), Session.objects.published())
        self.sets = Sets(every, tuple(MODELS))
        self.own = self.sets.groups(kind.name).get(record.slug, BitMap())
        # A tie to what is far counts all sessions where that is asked, else these.
        beyond = kind.far == kind.name == "regulation"
        self.scope = self.sets.found if beyond else self.own
        self.near = {name: self._nodes(name, self.own) for name in kind.near}
        reached = self.own
        if beyond:
            every = [node.sessions for node in self.near["organization"]]
            reached = BitMap().union(*every) if every else BitMap()
        self.far = self._nodes(kind.far, reached) if kind.far else []

    def _nodes(self, name, among):
        """Return the records of a kind with sessions among these, the most first."""
        found = []
        for slug, sessions in self.sets.groups(name).items():
            if name == self.kind.name and slug == self.record.slug:
                continue
            if count := sessions.intersection_cardinality(among):
                found.append((-count, self.sets.place(name, slug), slug))
        page = MODELS[name]
        return [
            Node(name, slug, self._called(name, slug, page), self._set(name, slug))
            for _count, _place, slug in sorted(found)
        ]

    def _set(self, name, slug):
        return self.sets.groups(name)[slug]

    def _called(self, name, slug, model):
        url = model(slug=slug).get_absolute_url()
        return self.sets.name(name, slug)._replace(url=url)

    @property
    def every_near(self):
        return [node for nodes in self.near.values() for node in nodes]

    def near_count(self, node):
        return node.sessions.intersection_cardinality(self.own)

    @cached_property
    def far_reach(self):
        """The sessions in which what is far is counted."""
        if self.scope is self.own:
            return self.own
        every = [node.sessions for node in self.every_near]
        return BitMap().union(*every) if every else BitMap()

    def tie(self, one, other):
        """Return in how many sessions two records are tied."""
        both = one.sessions & other.sessions
        return both.intersection_cardinality(self.scope)

    def tie_url(self, one, other):
        """Return the list of the sessions that tie two records; "" if none says it."""
        if self.scope is not self.own:
            return self.sets.url(**{one.kind: one.slug, other.kind: other.slug})
        if self.kind.name in {one.kind, other.kind}:
            return ""  # a filter has one value of the record and one of another
        asked = {one.kind: one.slug, other.kind: other.slug}
        return self.sets.url(**{self.kind.name: self.record.slug}, **asked)

    def sessions(self, most=None):
        """Return these sessions as nodes with their editions, the latest first."""
        sessions = (
            Session.objects.published()
            .filter(pk__in=list(self.own))
            .select_related("edition")
            .only("slug", "name_language", *in_both("title"), *EDITION)
            .order_by("-edition__year", "edition", "position", "pk")
        )
        found = []
        for session in sessions[:most]:
            node = Node("session", session.slug, named(session), BitMap([session.pk]))
            found.append((node, named(session.edition)))
        return found

    @property
    def headline(self):
        total = self.sets.total
        if self.kind.name == "organization":
            words = ngettext(
                "{name} took part in {count} of {total} session on record",
                "{name} took part in {count} of {total} sessions on record",
                total,
            )
        else:
            words = ngettext(
                "{name} was discussed in {count} of {total} session on record",
                "{name} was discussed in {count} of {total} sessions on record",
                total,
            )
        own = len(self.own)
        return sentence(words, name=named(self.record), count=own, total=total)

    def groups(self):
        """Return the groups of the table, each with its first rows."""
        found = [self._sessions_group()]
        for name, nodes in self.near.items():
            others = [
                node
                for other, ones in self.near.items()
                if other != name
                for node in ones
            ]
            tied = self.far or others
            rows = [self._row(n, self.near_count(n), tied) for n in nodes[:MOST_ROWS]]
            url = self.others_url(name)
            found.append(Group(TITLES[name], len(nodes), rows, url))
        if self.kind.far:
            rows = [
                self._row(n, n.sessions.intersection_cardinality(self.far_reach),
                          self.every_near, far=True)
                for n in self.far[:MOST_ROWS]
            ]  # fmt: skip
            url = self.others_url(self.kind.far)
            found.append(Group(self.kind.far_title, len(self.far), rows, url))
        return [group for group in found if group.total]

    def _sessions_group(self):
        rows = []
        for node, edition in self.sessions(MOST_ROWS):
            there = [n for n in self.every_near if n.sessions >= node.sessions]
            rows.append(self._joined(node.name, None, edition, there))
        return Group(_("Sessions"), len(self.own), rows, self.sessions_url)

    def _row(self, node, count, others, far=False):
        ties = [(-self.tie(node, other), n) for n, other in enumerate(others)]
        there = [others[n] for count_, n in sorted(ties) if count_]
        if far:
            url = "" if self.scope is not self.own else self._with_record(node)
        else:
            url = self._with_record(node)
        return self._joined(node.name, Number(count, url), None, there)

    def _joined(self, name, number, about, there):
        shown = [node.name for node in there[:MOST_NAMED]]
        return Row(name, number, about, shown, len(there) - len(shown))

    def _with_record(self, node):
        if node.kind == self.kind.name:
            return ""  # one filter, two values: a list would show either
        return self.sets.url(**{self.kind.name: self.record.slug, node.kind: node.slug})

    @property
    def sessions_url(self):
        return self.sets.url(**{self.kind.name: self.record.slug})

    def others_url(self, name):
        """Return the list that holds all of these, if there is one."""
        if name != "organization" or not self.kind.others:
            return ""
        return f"{reverse(self.kind.others)}?{self.kind.name}={self.record.slug}"

    def rows(self):
        """Yield every tie: from whom, to whom, in how many sessions."""
        start = [self.kind.name, self.record.slug, str(self.record)]
        nodes = [node for node, _edition in self.sessions()]
        by_key = {next(iter(node.sessions)): node for node in nodes}
        for node in nodes:
            yield [*start, *ended(node), 1, node.name.url]
        for near in self.every_near:
            for key in near.sessions & self.own:
                if key in by_key:
                    yield [*ended(by_key[key]), *ended(near), 1, near.name.url]
        for near in self.every_near:
            for far in self.far:
                if count := self.tie(near, far):
                    yield [*ended(near), *ended(far), count, far.name.url]


COLUMNS = ("from_kind", "from_id", "from", "to_kind", "to_id", "to", "sessions", "url")
EDITION = [
    f"edition__{name}" for name in ("slug", "year", "name_language", *in_both("name"))
]


def ended(node):
    return [node.kind, node.slug, node.name.text]


def named(record):
    """Return what a record is called, in which language, and where its page is."""
    said = text_of(record, record.heading_field)
    lang = said.lang if said.foreign else ""
    return Name(said.text or record.slug, lang, record.get_absolute_url())

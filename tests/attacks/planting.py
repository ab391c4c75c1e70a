"""
A portal whose every text is an attack: markup, schemes, formulas, ends of lines.

The texts carry "zqx"; whoever reads an answer must find it as text and as nothing
else. Models and their text fields are found by their kind, as for tests/leaks.
"""

from collections import defaultdict
from itertools import combinations, count

from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from records.models import AltName, Citation, ExternalId, FormerSlug, Source
from search.index import together
from sessions.models import Edition, Material, Outcome, Session
from tests import factories, files
from tests.leaks.planting import MAKE, PARTS, needed, texts

SHORT = [
    "<zqx>",
    "=zqx(1)",
    "@zqx(1)",
    "+zqx(1)",
    "-zqx(1)",
    "\tzqx(1)",
]
MARKUP = [
    "<script>zqx()</script>",
    "\"'><img src=x onerror=zqx()>",
    "</title></textarea></script></style>--><svg onload=zqx()>",
    "]]><zqx a='b'/>&zqx;<!--",
    "[zqx](javascript:zqx()) <javascript:zqx()> ![zqx](data:text/html,zqx)",
    "[zqx]: javascript:zqx()\n\n[zqx] <a href=javascript:zqx()>zqx</a>",
    "zqx\r\nZQX-INJECTED: zqx\nTY  - ZQXINJ\n@misc{zqxinj,}\x85\u2028zqx",
    "{{ zqx }}{% zqx %}{# zqx #} %(zqx)s {zqx} ${zqx}",
    "\\},\n  zqxinj = {zqx}",
    "\u202ezqx\u2066\ufeff\u0001",
]
# What fields for addresses must refuse, and what they take
REFUSED = [
    "javascript:zqx()",
    "javascript://example.org/%0azqx()",
    "data:text/html,<script>zqx()</script>",
    "vbscript:zqx",
    "\tjavascript:zqx()",
    "//zqx.example/",
    "https://zqx.example/\r\nZQX-INJECTED: zqx",
]
TAKEN = [
    "https://zqx.example/\"'><script>zqx()</script>",
    "https://zqx.example/?a=1&zqx;=]]>#{zqx}%(zqx)s",
    "https://zqx.example/</script><svg/onload=zqx()>",
]
turn = count()


def attack(field):
    """Return a text for a field, another one each time, as long as may be."""
    most = field.max_length or 3000
    first = next(turn)
    if isinstance(field, models.URLField):
        return f"{TAKEN[first % len(TAKEN)]}{first}"[:most]
    said = SHORT[first % len(SHORT)]
    for step in range(len(MARKUP)):
        more = MARKUP[(first + step) % len(MARKUP)]
        if len(said) + len(more) < most:
            said += f" {more}"
    return said[:most]


def plain(field):
    """Return a text that a form takes, another one each time."""
    if isinstance(field, models.URLField):
        return f"https://example.org/{next(turn)}"
    special = [one for one in field.validators if not hasattr(one, "limit_value")]
    return "" if special and field.blank else f"Words {next(turn)}"


class Stocked:
    """
    A record of each kind, twice public and once a draft, with all parts.

    It has what `tests.leaks.walking.Addresses` asks of what was planted. `write`
    returns the text of a field.
    """

    @together()  # what answers say does not need each step indexed
    def __init__(self, write=attack):
        self.write = write
        self.public, self.hidden = defaultdict(list), defaultdict(list)
        self.slugs, self.former, self.files = defaultdict(list), set(), []
        self.tokens = ["no-such-token"]
        self.forum = factories.make_forum(**self.words(factories.Forum))
        for kind in MAKE:
            for state in ("published", "published", "draft"):
                kept = self.hidden if state == "draft" else self.public
                kept[kind].append(self.record(kind, state))
        self.parts()
        for kind, records in self.public.items():
            for field in kind._meta.many_to_many:
                for record in records:
                    getattr(record, field.name).add(*self.public[field.related_model])
        Outcome.objects.filter(pk=self.public[Outcome][0].pk).update(
            session=self.public[Session][0]
        )

    def words(self, model):
        """Return {field: text} of all text fields of a model but its address."""
        return {
            field.name: self.write(field)
            for field in texts(model)
            if field.name != "slug"
        }

    def record(self, kind, state):
        number = next(turn)
        given = self.words(kind) | {"slug": f"zqx-{number}", "state": state}
        if kind is Edition:
            given |= {"starts_on": "2024-05-01", "ends_on": "2024-05-02"}
        if kind in (Session, Outcome):
            given["edition"] = self.public[Edition][0]
        if kind is Session:
            start = timezone.now().replace(microsecond=0)
            end = start + timezone.timedelta(hours=1)
            given |= {"code": f"Z{number}", "starts_at": start, "ends_at": end}
        record = MAKE[kind](**given)
        for model in (AltName, ExternalId):
            model.objects.create(record=record, **self.words(model))
        source = Source.objects.create(**self.words(Source))
        Citation.objects.create(record=record, source=source, certainty="stated")
        FormerSlug.objects.create(record=record, slug=f"old-{number}")
        return record

    def parts(self):
        """Give the public records the parts of their kinds, alone and in pairs."""
        for model in PARTS:
            ends = {
                field.name: field.related_model
                for field in model._meta.concrete_fields
                if field.related_model in MAKE
            }
            names = list(ends)
            for pair in [names] if len(names) == 1 else combinations(names, 2):
                if set(pair) == {"person", "organization"} and len(names) == 3:
                    continue  # these stand for one another
                alike = len(set(ends.values())) == 1
                self.part(
                    model,
                    {
                        name: self.public[ends[name]][place if alike else 0]
                        for place, name in enumerate(pair)
                    },
                )

    def part(self, model, links):
        given = self.words(model) | links
        given |= needed(model, given)
        if any(field.name == "slug" for field in model._meta.concrete_fields):
            given["slug"] = f"zqx-{next(turn)}"
        if model is Material:
            given["kind"] = "slides"
        part = model(**given)
        if model is Material:
            part.file.save("slides.pdf", ContentFile(files.pdf("zqx")), save=False)
            self.files.append(part.file.name)
        part.save()

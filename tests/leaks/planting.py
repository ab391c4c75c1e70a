"""
A portal full of what nobody may see, each piece with a word of its own.

A hidden word is "zqx" and a number, a public one "vqy" and a number. Every text field
of every model is found by its kind, so that a new one is planted by itself.
"""

import datetime
import re
import uuid
from collections import defaultdict
from itertools import combinations, count

from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from organizations.models import Organization, Person
from organizations.rights import Removal
from records.models import (
    AltName,
    Citation,
    Correction,
    ExternalId,
    FormerSlug,
    Operation,
    PreviewLink,
    Proposal,
    Record,
    Source,
    record_kinds,
)
from sessions.models import Contribution, Edition, Material, Outcome, Session
from tests import factories, files
from tests.past import days_pass

HIDDEN = re.compile(r"zqx\d+x|5ec2e75e-c2e7[0-9a-f-]*")
PUBLIC = re.compile(r"vqy\d+y")
# In every long text, to search for
SECRET, OPEN = "wolframit", "vanadit"
# What is a code and no text
CODES = {"language", "name_language", "slide_language", "time_zone", "about"}
LIVES = ("draft", "embargoed", "withdrawn")
KINDS = {kind._meta.model_name: kind for kind in record_kinds()}
MAKE = {
    Edition: factories.make_edition,
    Session: factories.make_session,
    Outcome: factories.make_outcome,
    Person: factories.make_person,
    Organization: factories.make_organization,
    KINDS["topic"]: factories.make_topic,
    KINDS["mineral"]: factories.make_mineral,
    KINDS["lifecyclestage"]: factories.make_stage,
    KINDS["regulation"]: factories.make_regulation,
}
PARTS = [
    model
    for model in apps.get_models()
    if hasattr(model, "public_fields")
    and not issubclass(model, Record)
    and any(field.related_model in MAKE for field in model._meta.concrete_fields)
]
number = count(1)


class Words:
    """Words that occur once, and what each of them stands in."""

    def __init__(self):
        self.place = {}

    def hidden(self, place):
        return self._new("zqx%dx", place)

    def public(self, place):
        return self._new("vqy%dy", place)

    def _new(self, pattern, place):
        word = pattern % len(self.place)
        self.place[word] = place
        return word


def texts(model):
    """Return the fields of a model that people write words in."""
    names = {field.name for field in model._meta.concrete_fields}
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, models.UUIDField)
        and not field.choices
        and field.editable
        and field.name not in CODES
        and f"{field.name}_en" not in names
        and (field.max_length or 1000) >= 12
    ]


def filled(model, word, life):
    """Return {field: words} of all text fields; `word` makes words."""
    found = {}
    for field in texts(model):
        place = f"{field.name} of a {life} {model._meta.model_name}"
        hidden = word.__name__ == "hidden"
        made = word(place)
        if isinstance(field, models.URLField):
            made = f"https://{made}.example.org/"
        elif (field.max_length or 1000) >= 200:
            made = f"{SECRET if hidden else OPEN} {made}"
        found[field.name] = made
    return found


def needed(model, given):
    """Return values for the fields that must have one and are not given."""
    found = {}
    for field in model._meta.concrete_fields:
        if field.name in given or field.has_default() or field.primary_key:
            continue
        if field.choices and (not field.blank or field.name == "kind"):
            found[field.name] = field.choices[0][0]
        elif isinstance(field, models.DateField) and not field.blank:
            found[field.name] = datetime.date(2024, 5, 1)
        elif field.name == "language":
            found[field.name] = "en"
        elif field.name == "number":
            found[field.name] = next(number)
    return found


class Planted:
    """All that is planted; `hidden` and `public` are {kind: [records]}."""

    def __init__(self):
        self.words = Words()
        self.hidden, self.public = defaultdict(list), defaultdict(list)
        self.told = set()  # words of what is withdrawn that its own address may tell
        self.slugs = defaultdict(list)  # hidden addresses by kind, former ones too
        self.former = set()  # which of them are former ones
        self.files = []  # names of stored files that nobody may open
        self.tokens = []
        self.author = User.objects.create_user(self.words.hidden("name of a user"))
        # What the public sees was once a draft that said something else.
        for kind in MAKE:
            for _ in range(2):
                self.public[kind].append(self.record(kind, "draft", state="draft"))
        for kind in MAKE:
            for life in LIVES:
                self.hidden[kind].append(self.record(kind, life, **lived(life)))
        for kind in (Session, Outcome):
            for edition in self.hidden[Edition]:
                life = "published, in a hidden edition,"
                self.hidden[kind].append(self.record(kind, life, edition=edition))
        self.parts()
        days_pass(10)
        self.publish()
        for kind in MAKE:
            for record, life in zip(self.hidden[kind], LIVES, strict=False):
                if life == "withdrawn":
                    self.withdraw(record)
        self.tag()
        self.name_only = self.person_by_name_only()
        self.remove_a_person()
        self.beside()

    def record(self, kind, life, **fields):
        word = self.words.hidden
        given = filled(kind, word, life)
        given["slug"] = given["slug"].split()[-1]
        if kind is Session:
            given["code"] = word(f"code of a {life} session")
            start = timezone.now().replace(microsecond=0)
            given |= {
                "starts_at": start,
                "ends_at": start + datetime.timedelta(hours=1),
            }
            given["event_status"] = "cancelled"
        if kind in (Session, Outcome) and "edition" not in fields:
            given["edition"] = self.public[Edition][0]
        if kind is Edition:
            given |= {
                "starts_on": datetime.date(2024, 5, 1),
                "ends_on": datetime.date(2024, 5, 2),
            }
        place = uuid.UUID(f"5ec2e75e-c2e7-4000-8000-{next(number):012d}")
        record = MAKE[kind](**{**given, "uid": place, **fields})
        self.slugs[kind].append(record.slug)
        self.belongings(record, word, life)
        former = word(f"former address of a {life} {kind._meta.model_name}")
        FormerSlug.objects.create(record=record, slug=former)
        self.slugs[kind].append(former)
        self.former.add(former)
        link = PreviewLink.objects.create(
            record=record, expires_at=timezone.now(), note=word("note of a link")
        )
        self.tokens += [link.token, link.token[:-1] + "_"]
        return record

    def belongings(self, record, word, life):
        life = f"{life} {record._meta.model_name}’s"
        for model in (AltName, ExternalId):
            model.objects.create(record=record, **filled(model, word, life))
        source = Source.objects.create(**filled(Source, word, life))
        Citation.objects.create(record=record, source=source, certainty="stated")

    def parts(self):
        """Give every record the parts of its kind, alone and between any two."""
        for model in PARTS:
            ends = {
                field.name: field.related_model
                for field in model._meta.concrete_fields
                if field.related_model in MAKE
            }
            if len(ends) == 1:
                [(name, kind)] = ends.items()
                for record in self.hidden[kind]:
                    self.part(model, "hidden", **{name: record})
                continue
            for one, other in combinations(ends, 2):
                if {one, other} == {"person", "organization"} and len(ends) == 3:
                    continue  # these stand for one another
                for near, far in ((one, other), (other, one)):
                    for record in self.hidden[ends[near]]:
                        public = self.public[ends[far]][0]
                        self.part(model, "hidden", **{near: record, far: public})

    def part(self, model, life, **links):
        word = self.words.hidden if life == "hidden" else self.words.public
        given = filled(model, word, life) | links
        if "slug" in given:
            given["slug"] = given["slug"].split()[-1]
        given |= needed(model, given)
        if model is Material:
            given["kind"] = "slides"
        part = model(**given)
        if model is Material:
            page = files.pdf(given["title_en"])
            part.file.save("slides.pdf", ContentFile(page), save=False)
            if life == "hidden":
                self.files.append(part.file.name)
        part.save()
        return part

    def publish(self):
        """Make public, with public words, what was a draft until ten days ago."""
        word = self.words.public
        for kind, records in self.public.items():
            for record in records:
                for part in (record.alt_names, record.external_ids, record.citations):
                    part.all().delete()
                record.former_slugs.all().delete()
                given = filled(kind, word, "public")
                given |= {
                    "slug": given["slug"].split()[-1],
                    "state": "published",
                    "uid": uuid.uuid4(),
                    "editor_note": self.words.hidden("editor’s note"),
                    "withdrawn_reason_en": self.words.hidden("reason of no withdrawal"),
                    "withdrawn_reason_zh_hans": "",
                }
                if kind is Session:
                    given["code"] = word("code")
                for name, value in given.items():
                    setattr(record, name, value)
                record.save()
                self.belongings(record, word, "public")
        for model in PARTS:
            ends = {
                field.name: field.related_model
                for field in model._meta.concrete_fields
                if field.related_model in MAKE
            }
            self.public_parts(model, ends)
        for model in (kind for kind in MAKE if hasattr(kind, "session")):
            model.objects.filter(pk=self.public[model][0].pk).update(
                session=self.public[Session][0]
            )

    def public_parts(self, model, ends):
        names = list(ends)
        pairs = [names[:1]] if len(names) == 1 else list(combinations(names, 2))
        for pair in pairs:
            if set(pair) == {"person", "organization"} and len(names) == 3:
                continue
            links = {
                name: self.public[ends[name]][
                    place if len(set(ends.values())) == 1 else 0
                ]
                for place, name in enumerate(pair)
            }
            self.part(model, "public", **links)

    def withdraw(self, record):
        """Withdraw what the public saw: its own address tells its name and why."""
        record.state, record.publish_at = "published", None
        record.save()
        days_pass(2, record)
        record.state = "withdrawn"
        record.save()
        for name in (record.heading_field, "withdrawn_reason"):
            for code in ("en", "zh_hans"):
                said = getattr(record, f"{name}_{code}", "") or ""
                self.told |= {*HIDDEN.findall(said)}
        self.told |= {str(record.uid), record.slug}

    def tag(self):
        """Let what is public name what is hidden, wherever one may name another."""
        for kind, records in self.public.items():
            for field in kind._meta.many_to_many:
                there = field.related_model
                first = getattr(records[0], field.name)
                first.add(*self.hidden[there], self.public[there][0])
                for record in self.hidden[kind]:
                    getattr(record, field.name).add(self.public[there][0])
            for field in kind._meta.concrete_fields:
                there = field.related_model
                if field.null and there in MAKE:
                    for record in self.hidden[there]:
                        links = {field.name: record}
                        if kind is Outcome:
                            links["edition"] = self.public[Edition][0]
                        MAKE[kind](**links)

    def person_by_name_only(self):
        named = {
            "name_en": "Only Name",
            "name_zh_hans": "只有名字",
            "slug": "only-name",
        }
        given = filled(Person, self.words.hidden, "by name only")
        person = MAKE[Person](**{**given, **named, "sort_name": "", "listed": False})
        photo = ContentFile(files.picture(colour=(9, 99, 9)))
        person.photo.save("photo.png", photo)
        self.files.append(person.photo.name)
        for model in (AltName, ExternalId):
            model.objects.create(
                record=person, **filled(model, self.words.hidden, "by name only")
            )
        organization = self.public[Organization][0]
        affiliation = apps.get_model("organizations.Affiliation")
        self.part(affiliation, "hidden", person=person, organization=organization)
        self.part(
            Contribution, "hidden", person=person, session=self.public[Session][0]
        )
        return person

    def remove_a_person(self):
        given = filled(Person, self.words.hidden, "removed")
        given["slug"] = given["slug"].split()[-1]
        person = MAKE[Person](**given)
        self.belongings(person, self.words.hidden, "removed")
        session = self.public[Session][0]
        self.part(Contribution, "hidden", person=person, session=session)
        session.abstract_en += f" With {person.name_en}."
        session.save()
        self.slugs[Person].append(person.slug)
        Removal(person).do()

    def beside(self):
        """Plant proposals, reports, operations and what imports remember."""
        word = self.words.hidden
        for kind, records in self.public.items():
            for record in records:
                new = filled(kind, word, "proposed")
                changes = {name: [getattr(record, name), new[name]] for name in new}
                part = {"text": ["", word("proposed name")]}
                row = {"part": "alt_names", "pk": None, "gone": False, "fields": part}
                Proposal.objects.create(
                    record=record,
                    author=self.author,
                    changes={"fields": changes, "parts": [row]},
                    word=word("word of why"),
                )
                Correction.objects.create(
                    record=record,
                    page=record.address,
                    language="en",
                    **{
                        field.name: value
                        for field in texts(Correction)
                        if field.name not in {"page", "email"}
                        for value in [word(f"{field.name} of a report")]
                    },
                    email=f"{word('address of a reader')}@example.org",
                )
        Operation.objects.create(kind="import", summary=word("summary"))
        for model, fields in {
            "exchange.ImportedRow": {"kind": "session", "object_id": 1},
            "forum_portal.LoadedRow": {},
            "exchange.UploadedSchedule": {"choices": {}, "content": b"x"},
        }.items():
            model = apps.get_model(model)
            given = filled(model, word, "remembered") | fields
            names = {field.name for field in model._meta.concrete_fields}
            if "cells" in names:
                given["cells"] = {"title": word("cell of an import")}
            if "user" in names:
                given["user"] = self.author
            if "edition" in names:
                given["edition"] = self.public[Edition][0]
            model.objects.create(**given)


def lived(life):
    later = timezone.now() + datetime.timedelta(days=99)
    return {
        "draft": {"state": "draft"},
        "embargoed": {"state": "published", "publish_at": later},
        "withdrawn": {"state": "draft"},
    }[life]

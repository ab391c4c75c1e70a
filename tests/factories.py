"""One valid object each; a test states only the fields that it is about."""

import datetime
import itertools

from forum_portal.models import Forum
from organizations.models import Affiliation, Organization, Person
from records.models import Citation, Source
from sessions.models import Contribution, Edition, EditionRole, Outcome, Session
from topics.models import (
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)

number = itertools.count(1)


def make(model, defaults, fields, relations=()):
    """
    Save an object of defaults and fields; many-to-many fields are set after.

    All of these are one version in its history, as if a form had saved them.
    """
    later = {name: fields.pop(name) for name in relations if name in fields}
    thing = model.objects.create(**{**defaults, **fields})
    for place, (name, related) in enumerate(later.items(), 1):
        thing.skip_history_when_saving = True
        if place == len(later):
            del thing.skip_history_when_saving
        getattr(thing, name).set(related)
    return thing


def record(word, **defaults):
    n = next(number)
    return {"slug": f"{word}-{n}", "state": "published", **defaults}


def make_forum(**fields):
    return make(Forum, {"name_en": "Test Forum", "short_name_en": "Forum"}, fields)


def make_organization(**fields):
    n = next(number)
    defaults = record("organization", name_en=f"Organization {n}", kind="company")
    return make(Organization, defaults, fields)


def make_person(**fields):
    return make(Person, record("person", name_en=f"Person {next(number)}"), fields)


def make_affiliation(**fields):
    person = fields.pop("person", None) or make_person()
    organization = fields.pop("organization", None) or make_organization()
    return make(Affiliation, {"person": person, "organization": organization}, fields)


def make_topic(**fields):
    return make(Topic, record("topic", label_en=f"Topic {next(number)}"), fields)


def make_mineral(**fields):
    defaults = record("mineral", label_en=f"Mineral {next(number)}", kind="metal")
    return make(Mineral, defaults, fields)


def make_stage(**fields):
    defaults = record("stage", label_en=f"Stage {next(number)}")
    return make(LifecycleStage, defaults, fields)


def make_regulation(**fields):
    defaults = record(
        "regulation",
        short_name_en=f"Regulation {next(number)}",
        kind="regulation",
        binding=True,
        jurisdiction="EU",
    )
    return make(Regulation, defaults, fields, ["topics", "minerals", "stages"])


def make_milestone(date, kind, **fields):
    regulation = fields.pop("regulation", None) or make_regulation()
    date = datetime.date.fromisoformat(date)
    defaults = {"regulation": regulation, "date": date, "kind": kind}
    return make(Milestone, defaults, fields)


def make_relation(regulation, kind, target):
    return RegulationRelation.objects.create(
        regulation=regulation, kind=kind, target=target
    )


def make_edition(**fields):
    defaults = record("edition", name_en="Forum 2026", year=2026)
    return make(Edition, defaults, fields)


def make_edition_role(edition, who, role, **fields):
    kind = "person" if isinstance(who, Person) else "organization"
    defaults = {"edition": edition, kind: who, "role": role}
    return make(EditionRole, defaults, fields)


def make_session(**fields):
    edition = fields.pop("edition", None) or make_edition()
    n = next(number)
    defaults = record(
        "session",
        edition=edition,
        code=f"S{n}",
        title_en=f"Session {n}",
        format="plenary",
        position=n,
    )
    relations = ["topics", "regulations", "minerals", "stages"]
    return make(Session, defaults, fields, relations)


def make_contribution(session, who, role="speaker", **fields):
    kind = "person" if isinstance(who, Person) else "organization"
    return make(Contribution, {"session": session, kind: who, "role": role}, fields)


def make_outcome(**fields):
    edition = fields.pop("edition", None) or make_edition()
    defaults = record(
        "outcome",
        edition=edition,
        kind="outcome",
        statement_en=f"Something came of it {next(number)}.",
    )
    return make(Outcome, defaults, fields, ["organizations", "people", "topics"])


def make_citation(record, **fields):
    n = next(number)
    source = fields.pop("source", None) or Source.objects.create(
        title_en=f"Source {n}", url=f"https://example.org/{n}"
    )
    defaults = {"record": record, "source": source, "certainty": "stated"}
    return make(Citation, defaults, fields)

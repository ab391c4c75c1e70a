"""
The files of a content folder and their columns, in the order they are loaded.

A column that is marked optional may be missing from its file; every other one
must be there, though its cells may be empty unless they are required.
"""

import re
from dataclasses import dataclass

from exchange.cells import (
    Address,
    Choice,
    Clock,
    Country,
    Day,
    Language,
    Listed,
    Number,
    Slug,
    YesNo,
)
from forum_portal.loading.columns import Column, Given, One, Place, Several
from forum_portal.loading.instruments import (
    Amends,
    Identifiers,
    IssuingBodies,
    IssuingBodiesInChinese,
    Milestones,
    MilestonesInChinese,
)
from forum_portal.loading.names import (
    AltNames,
    FromMemory,
    InSource,
    NamesInOtherLanguages,
    NamesInSource,
    Sources,
)
from forum_portal.loading.programme import (
    AffiliationNotes,
    Affiliations,
    Contributions,
    DayNumber,
    LocalTime,
    RolesAtEdition,
    RolesOfEdition,
    RolesOfPerson,
    RoomName,
    SpokenLanguages,
)
from forum_portal.models import Forum
from organizations.models import Organization, Person
from records.models import Source
from sessions.models import Edition, Outcome, Session
from topics.models import (
    LifecycleStage,
    Mineral,
    Regulation,
    Topic,
)
from topics.models.regulations import jurisdiction_name


@dataclass(frozen=True)
class Table:
    """
    A file: whose rows it holds, by which column, and what its columns are.

    `only` is the key of the one row of a file without a key column. `prefetch`
    are the relations that comparing all rows with the database looks at.
    """

    file: str
    model: type
    columns: tuple
    key: str = "slug"
    only: str = ""
    required: bool = False
    prefetch: tuple = ()

    def column_named(self, name):
        """Return the column of that name, or None."""
        for column in self.columns:
            if column.name == name and not column.hidden:
                return column
        if self.model is Organization and re.fullmatch(r"roles_[a-z0-9-]+", name):
            return RolesAtEdition(name)
        return None


class Key(Column):
    """The column that tells the rows of a file apart."""

    def write(self, record, value, directory):
        """Do nothing: an address is given once, and changed in the admin."""

    def dump(self, record, directory):
        return directory.key(record)


class Sequence(Column):
    """The place of a session; gives it the code S01 unless it has one."""

    def write(self, record, value, directory):
        record.position = value
        record.code = record.code or f"S{value:02d}"


class Jurisdiction(Country):
    expected = "a country code such as CN, or EU, or INT"

    def parse(self, text):
        if not jurisdiction_name(text):
            raise ValueError
        return text


class InSourceStage(InSource):
    """Stages that the source names fill the places of the core, if there are five."""

    late = False
    places = 5

    def write(self, record, value, directory):
        if record.pk or not value:
            return
        rows = directory.folder.rows_of(LifecycleStage)
        rows = [row for row in rows if row.values[self.name]]
        rows.sort(key=lambda row: row.values["order"])
        place = [row.key for row in rows].index(record.slug) + 1
        taken = LifecycleStage.objects.filter(core_place=place).exists()
        if len(rows) <= self.places and not taken:
            record.core_place = place


SLUG = Key("slug", cell=Slug(), required=True)
SOURCE = Sources()
NOTES = Column("notes", "editor_note")
PUBLIC_NOTES = (
    Column("note_en", optional=True),
    Column("note_zh", "note_zh_hans", optional=True),
)
NAME_LANGUAGE = Column("name_language", cell=Language(), optional=True)


def text(name, **options):
    """Return the columns of a text in both languages."""
    field = options.pop("field", name)
    return (
        Column(f"{name}_en", f"{field}_en", **options),
        Column(f"{name}_zh", f"{field}_zh_hans", **options),
    )


ORGANIZATION_KINDS = {
    "industry association": "industry-association",
    "NGO": "ngo",
    "multi-stakeholder initiative": "multi-stakeholder-initiative",
    "financial investor": "financial-investor",
}
VOLUNTARY = {"voluntary standard": "voluntary-standard"}

TABLES = (
    Table(
        "forum.csv",
        Forum,
        (*text("name"), *text("short_name"), *text("tagline"), Column("contact")),
        key="",
        only="forum",
        required=True,
    ),
    Table(
        "sources.csv",
        Source,
        (
            Key("token", cell=SLUG.cell, required=True),
            *text("title"),
            Column("url", cell=Address()),
            Column("publisher"),
            Column("published_on", cell=Day()),
            Column("language", cell=Language()),
            Column("kind", cell=Choice(Source.Kind), required=True),
        ),
        key="token",
    ),
    Table(
        "topics.csv",
        Topic,
        (
            SLUG,
            One("parent", Topic),
            *text("label"),
            AltNames("alt_labels"),
            NamesInSource("alt_labels"),
            NamesInOtherLanguages("alt_labels"),
            *text("definition"),
            Column("oecd_annex_ii"),
            SOURCE,
            InSource(),
            *PUBLIC_NOTES,
        ),
        prefetch=("parent", "alt_names", "citations__source"),
    ),
    Table(
        "minerals.csv",
        Mineral,
        (
            SLUG,
            *text("label"),
            Column("symbol"),
            Column("kind", cell=Choice(Mineral.Kind), required=True),
            One("parent", Mineral),
            Column("lists", cell=Listed(Choice(Mineral.List))),
            SOURCE,
            NOTES,
            *PUBLIC_NOTES,
        ),
        prefetch=("parent", "citations__source"),
    ),
    Table(
        "lifecycle_stages.csv",
        LifecycleStage,
        (
            SLUG,
            Column("order", cell=Number(), required=True),
            *text("label"),
            AltNames("alt_labels"),
            NamesInSource("alt_labels"),
            NamesInOtherLanguages("alt_labels"),
            SOURCE,
            InSourceStage(),
            *text("definition"),
            *PUBLIC_NOTES,
        ),
        prefetch=("alt_names", "citations__source"),
    ),
    Table(
        "organizations.csv",
        Organization,
        (
            SLUG,
            *text("name"),
            Column("acronym"),
            AltNames("other_names"),
            NamesInSource("other_names"),
            NamesInOtherLanguages("other_names"),
            Column(
                "type",
                "kind",
                Choice(Organization.Kind, ORGANIZATION_KINDS),
                required=True,
            ),
            Column("country_iso2", "country", Country()),
            Column("website", cell=Address()),
            Column("ror_id", "ror"),
            Column("wikidata"),
            *text("description"),
            SOURCE,
            NOTES,
            NAME_LANGUAGE,
            *PUBLIC_NOTES,
        ),
        prefetch=("alt_names", "citations__source"),
    ),
    Table(
        "forum_editions.csv",
        Edition,
        (
            SLUG,
            *text("name"),
            Column("year", cell=Number(1900, 2999), required=True),
            Column("starts", "starts_on", Day()),
            Column("ends", "ends_on", Day()),
            Column("city", "city_en"),
            Column("city_zh", "city_zh_hans", optional=True),
            Column("country_iso2", "country", Country()),
            Column("venue", "venue_en"),
            Column("venue_zh", "venue_zh_hans", optional=True),
            Given("time_zone", optional=True),
            RolesOfEdition("organizers", "organizer"),
            RolesOfEdition("supporters", "supporter"),
            *text("theme"),
            *text("summary"),
            SOURCE,
            NOTES,
            *PUBLIC_NOTES,
        ),
        required=True,
        prefetch=("citations__source",),
    ),
    Table(
        "regulations.csv",
        Regulation,
        (
            SLUG,
            Column("official_title_en"),
            Column("short_name_en"),
            Column("name_zh", "short_name_zh_hans"),
            Column("acronym"),
            AltNames("aliases"),
            NamesInSource("aliases"),
            NamesInOtherLanguages("aliases"),
            Column("kind", cell=Choice(Regulation.Kind, VOLUNTARY), required=True),
            Column("binding", cell=YesNo(), required=True),
            Column("jurisdiction", cell=Jurisdiction(), required=True),
            IssuingBodies(),
            IssuingBodiesInChinese(),
            Identifiers(),
            Column("official_url", cell=Address()),
            Milestones("milestones", "note_en"),
            MilestonesInChinese(),
            Several("topics", Topic),
            Several("minerals", Mineral),
            Several("lifecycle_stages", LifecycleStage, "stages"),
            *text("summary"),
            Amends(),
            SOURCE,
            InSource(),
            FromMemory(),
            NOTES,
            NAME_LANGUAGE,
            *PUBLIC_NOTES,
        ),
        prefetch=(
            "alt_names",
            "issuing_bodies__organization",
            "identifiers",
            "milestones",
            "topics",
            "minerals",
            "stages",
            "relations__target",
            "citations__source",
        ),
    ),
    Table(
        "people.csv",
        Person,
        (
            SLUG,
            *text("name"),
            Column("sort_name", optional=True),
            Column("orcid", optional=True),
            *text("role"),
            Affiliations(),
            AffiliationNotes("affiliation_notes_en", "note_en"),
            AffiliationNotes("affiliation_notes_zh", "note_zh_hans"),
            RolesOfPerson(),
            *text("bio"),
            SOURCE,
            NOTES,
            *PUBLIC_NOTES,
        ),
        prefetch=(
            "affiliations__organization",
            "edition_roles__edition",
            "citations__source",
        ),
    ),
    Table(
        "sessions.csv",
        Session,
        (
            SLUG,
            One("edition", Edition, required=True),
            *text("title"),
            Given("code", optional=True),
            Sequence("sequence", "position", Number(1), required=True),
            Column("format", cell=Choice(Session.Format), required=True),
            DayNumber("day", cell=Number(1, 99)),
            LocalTime("starts", "starts_at", Clock(), optional=True),
            LocalTime("ends", "ends_at", Clock(), optional=True),
            RoomName("room", optional=True),
            Column("basis", cell=Choice(Session.Basis), required=True),
            *text("abstract"),
            Contributions("organizations", Organization, "organization"),
            Contributions("people", Person, "person", optional=True),
            SpokenLanguages(),
            Several("topics", Topic),
            Several("regulations", Regulation),
            Several("minerals", Mineral),
            Several("lifecycle_stages", LifecycleStage, "stages"),
            SOURCE,
            NOTES,
            *PUBLIC_NOTES,
        ),
        prefetch=(
            "edition",
            "day",
            "room",
            "contributions__organization",
            "contributions__person",
            "spoken_languages",
            "topics",
            "regulations",
            "minerals",
            "stages",
            "citations__source",
        ),
    ),
    Table(
        "statements.csv",
        Outcome,
        (
            SLUG,
            Place("position", cell=Number(1)),
            Column("kind", cell=Choice(Outcome.Kind), required=True),
            One("edition", Edition, required=True),
            *text("text", field="statement"),
            Several("organizations", Organization),
            Several("people", Person),
            Several("topics", Topic),
            One("session", Session),
            SOURCE,
            NOTES,
            *PUBLIC_NOTES,
        ),
        prefetch=(
            "edition",
            "session",
            "organizations",
            "people",
            "topics",
            "citations__source",
        ),
    ),
)

"""What people may ask for: all that is held on them, and its removal."""

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from exchange.models import ImportedRow, UploadedSchedule
from exchange.sheets.plan import Plan
from exchange.sheets.reading import read_sheets
from exchange.sheets.tables import tables_of
from forum_portal.models import LoadedRow
from organizations.models import Person
from organizations.rights import Removal, export, keys_of
from records.merging import Merge
from records.models import (
    AltName,
    Correction,
    ExternalId,
    Merged,
    Operation,
    Removed,
)
from records.operations import recording
from records.splitting import Split
from search.models import Document
from sessions.models import Contribution, Material, Session
from tests import factories as make
from tests.exchange.oai.harvester import ask

ORCID = "0000-0002-1825-0097"
pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
WORDS = [
    *("Zimbrella", "Quorvane", "兹布瑞拉", "Quorvinus", "quorvane-zimbrella"),
    *("ministrix", "部长词", "biographique", "noteworthily", "editorially", "Zimmy"),
    *("0000-0002-1825-0097", "photographique", "chairwomanly", "affiliately"),
    *("importkeyed", "outsidekey", "correctly", "zimbrella-old", "rolenote"),
]


@pytest.fixture
def person(settings, tmp_path):
    """Return a person with a word of their own in all that may be said of them."""
    settings.MEDIA_ROOT = tmp_path
    photo = default_storage.save("photos/photographique.jpg", ContentFile(b"picture"))
    person = make.make_person(
        slug="zimbrella-old",
        name_en="Zimbrella Quorvane",
        name_zh_hans="兹布瑞拉",
        sort_name="Quorvinus, Zimbrella",
        role_en="ministrix",
        role_zh_hans="部长词",
        bio_en="biographique",
        note_en="noteworthily",
        editor_note="editorially",
        orcid="0000-0002-1825-0097",
        photo=photo,
    )
    person.slug = "quorvane-zimbrella"
    person.save()
    house = make.make_organization(slug="house")
    session = make.make_session(
        slug="talk",
        title_en="A talk",
        abstract_en="With Zimbrella Quorvane, in person.",
        abstract_zh_hans="Zimbrella Quorvane到场。",
    )
    make.make_contribution(session, person, "speaker")
    make.make_contribution(session, person, "host", organization=house)
    make.make_contribution(session, house, "panelist")
    make.make_contribution(session, person, "panelist", organization=house)
    make.make_edition_role(session.edition, person, "speaker", note_en="rolenote")
    make.make_affiliation(
        person=person,
        organization=house,
        title_en="chairwomanly",
        note_en="affiliately",
    )
    make.make_outcome(slug="promise", edition=session.edition, people=[person])
    AltName.objects.create(record=person, text="Zimmy")
    ExternalId.objects.create(record=person, system="x", value="outsidekey")
    make.make_citation(person)
    Correction.objects.create(
        record=person, wrong="correctly Zimbrella Quorvane", language="en"
    )
    with recording("merge", "Somebody into Zimbrella Quorvane"):
        person.role_en = "ministrix twice"
        person.save()
    ImportedRow.objects.create(
        edition=session.edition,
        kind="person",
        key="importkeyed",
        object_id=person.pk,
        cells={"bio_en": "biographique"},
    )
    LoadedRow.objects.create(
        file="people.csv", slug="quorvane-zimbrella", cells={"name_en": "Zimmy"}
    )
    LoadedRow.objects.create(
        file="sessions.csv", slug="talk", cells={"speakers": "quorvane-zimbrella; x"}
    )
    user = User.objects.create_user("uploader")
    UploadedSchedule.objects.create(user=user, name="x", content=b"Zimmy")
    return person


def found_in_database():
    """Return {table: words} of the words that any row of any table holds."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            rows = " ".join(map(str, cursor.fetchall()))
            rows += rows.encode().decode("unicode_escape", "ignore")
            if held := {word for word in WORDS if word.lower() in rows.lower()}:
                found[table] = held
    return found


def ids(things):
    return {thing.pk for thing in things}


def test_after_a_removal_no_table_and_no_address_holds_a_word(person, client):
    staff = User.objects.create_superuser("admin")
    client.force_login(staff)
    uid, photo = person.uid, person.photo.name
    change = reverse("admin:organizations_person_change", args=[person.pk])
    assert "Zimbrella" in client.get(change).text
    before = found_in_database()
    assert set(WORDS) == set().union(*before.values())
    Removal(person).do(by=staff)
    assert found_in_database() == {}
    assert not Person.objects.exists()
    session = Session.objects.get()
    assert session.abstract_en == "With [name removed], in person."
    assert session.abstract_zh_hans == "［姓名已移除］到场。"
    said = session.contributions.order_by("pk").values_list(
        "role", "person", "organization__slug", "name_removed"
    )
    assert list(said) == [
        ("speaker", None, None, True),
        ("host", None, "house", True),
        ("panelist", None, "house", False),
    ]
    client.logout()
    page = client.get("/en/sessions/talk/")
    assert page.text.count("Name removed at the person’s request") == 1
    assert page.text.count("name removed at the person’s request") == 1
    for end in ("/", ".json", ".bib", ".atom"):
        for slug in ("quorvane-zimbrella", "zimbrella-old"):
            gone = client.get(f"/zh-hans/people/{slug}{end}")
            assert gone.status_code == 410
            assert "uorvan" not in gone.text.replace(slug, "")
    assert client.get("/api/v1/people/quorvane-zimbrella/").status_code == 410
    tree = ask(
        client,
        verb="GetRecord",
        metadataPrefix="oai_dc",
        identifier=f"oai:testserver:{uid}",
    )
    assert "deleted" in str([e.attrib for e in tree.iter()])
    assert not default_storage.exists(photo) or connection.in_atomic_block
    assert len(Document.objects.search("Zimbrella")) == 0


def test_what_was_merged_into_a_person_is_held_and_removed_as_well(person, client):
    staff = User.objects.create_superuser("admin")
    client.force_login(staff)
    photo = default_storage.save("photos/twin-zimbrella.jpg", ContentFile(b"picture"))
    twin = make.make_person(
        slug="twin-zimbrella", name_en="Z. Quorvane", bio_en="biographique", photo=photo
    )
    further = make.make_person(slug="third", name_en="Zimbrella of Quorvane")
    make.make_contribution(make.make_session(slug="more"), further, "speaker")
    AltName.objects.create(record=further, text="Zimmy Zim")
    keys = ids([twin, further])
    Merge(twin, [further]).do()
    operation = Merge(person, [twin]).do()
    person = Person.objects.get(pk=person.pk)
    with zipfile.ZipFile(io.BytesIO(export(person))) as archive:
        assert f"files/{photo}" in archive.namelist()
        past = json.loads(archive.read("held.json"))["held"]["Historical people"]
    assert {"Z. Quorvane", "Zimbrella of Quorvane"} <= {row["name_en"] for row in past}
    Removal(person).do(by=staff)
    assert found_in_database() == {}
    for key in keys:
        back = reverse("admin:organizations_person_restore", args=[key])
        assert "Quorvane" not in client.get(back, follow=True).text
    undo = reverse("admin:records_operation_undo", args=[operation.pk])
    client.post(undo, {"confirm": "1"})
    assert not Person.objects.exists()


def test_who_was_merged_by_mistake_and_split_off_is_left_alone(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    photo = default_storage.save("photos/ben.jpg", ContentFile(b"picture"))
    ann = make.make_person(slug="ann", name_en="Ann Quorvane")
    ben = make.make_person(
        slug="ben-zimbrella", name_en="Ben Zimbrella", photo=photo, orcid=ORCID
    )
    session = make.make_session(abstract_en="With Ann Quorvane and Ben Zimbrella.")
    make.make_contribution(session, ben, "speaker")
    former = ben.pk
    past = {*Person.history.filter(id=former).values_list("history_id", "name_en")}
    Merge(ann, [ben]).do()
    split = Split(Person.objects.get(pk=ann.pk))
    parts = {one: {p.pk for p in found} for one, found in split.things.items()}
    moved = {one: pks for one, pks in parts.items() if one.model is not Merged}
    given = {"name_en": "Ben Zimbrella", "slug": "zimbrella"}
    made = split.do(given, ["photo", "orcid"], moved)
    assert keys_of(made) == {made.pk, former}
    Person.objects.filter(pk=ann.pk).update(photo="", orcid="")
    Removal(Person.objects.get(pk=ann.pk)).do()
    made = Person.objects.get()
    assert (made.name_en, made.orcid, str(made.photo)) == (
        "Ben Zimbrella",
        ORCID,
        photo,
    )
    assert default_storage.exists(photo)
    assert {(s.slug, s.record) for s in made.former_slugs.all()} == {
        ("ben-zimbrella", made)
    }
    assert past <= {*Person.history.values_list("history_id", "name_en")}
    session.refresh_from_db()
    assert session.abstract_en == "With [name removed] and Ben Zimbrella."
    assert session.contributions.get().person == made


def test_the_texts_of_others_may_keep_the_name(person):
    removal = Removal(person)
    mention, _chinese = removal.mentions
    assert mention.label == "Abstract (English)"
    assert mention.excerpt == "With Zimbrella Quorvane, in person."
    removal.do(texts=False)
    assert Session.objects.get().abstract_en == "With Zimbrella Quorvane, in person."
    held = set(found_in_database())
    assert held == {"forum_sessions_session", "forum_sessions_historicalsession"} | {
        table for table in held if table.startswith("search_")
    }


def test_a_sheet_does_not_bring_a_person_back(person, admin_user):
    slug = person.slug
    Removal(person).do()
    rows = f"slug,name_en\n{slug},Back\nanother,Another\n".encode()
    tables = tables_of(Person)
    plan = Plan(tables, read_sheets(rows, tables[0].name), admin_user).compared()
    back, other = (row for part in plan.parts for row in part.rows)
    assert [column for column, _said in back.errors] == ["slug"]
    assert other.errors == []


def test_an_import_does_not_bring_a_person_back(tmp_path, person):
    Removal(person).do()
    rivers = Path(__file__).parent.parent / "data" / "rivers"
    shutil.copytree(rivers, tmp_path / "rivers")
    with (tmp_path / "rivers" / "people.csv").open("a", encoding="utf-8") as file:
        row = {
            "slug": "quorvane-zimbrella",
            "name_en": "Zimbrella Quorvane",
            "source": "minutes",
        }
        header = (rivers / "people.csv").read_text(encoding="utf-8").split("\n")[0]
        csv.DictWriter(file, header.split(","), "").writerow(row)
    call_command("load_forum", str(tmp_path / "rivers"), verbosity=0)
    assert not Person.objects.filter(slug="quorvane-zimbrella").exists()
    again = Person(slug="quorvane-zimbrella", name_en="Another")
    assert again._slug_was_public_elsewhere()


def test_all_that_is_held_is_handed_out(person):
    with zipfile.ZipFile(io.BytesIO(export(person))) as archive:
        names = archive.namelist()
        said = archive.read("held.json").decode()
    assert names == ["held.json", f"files/{person.photo.name}"]
    assert [word for word in WORDS if word.lower() not in said.lower()] == []
    held = json.loads(said)["held"]
    assert len(held["People"]) == 1
    assert [row["role"] for row in held["Contributions"]] == [
        "speaker",
        "host",
        "panelist",
    ]
    assert len(held["Historical people"]) == 3


def test_only_an_administrator_removes_and_only_after_confirming(person, client):
    path = reverse("admin:organizations_person_remove", args=[person.pk])
    held = reverse("admin:organizations_person_held", args=[person.pk])
    for group, may_read in (("Editor", False), ("Publisher", True)):
        user = User.objects.create_user(group, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client.force_login(user)
        answers = client.get(path), client.post(path, {"address": person.slug})
        assert [a.status_code for a in answers] == [403, 403]
        assert client.get(held).status_code == (200 if may_read else 403)
    client.force_login(User.objects.create_superuser("admin"))
    page = client.get(path)
    assert "Affiliations" in page.text
    assert "With Zimbrella Quorvane, in person." in page.text
    assert client.post(path, {"address": "wrong"}).status_code == 200
    assert Person.objects.exists()
    done = client.post(path, {"address": person.slug, "texts": "on"})
    assert done.url == reverse("admin:organizations_person_changelist")
    assert found_in_database() == {}
    assert Operation.objects.get().summary == "Somebody into [name removed]"
    assert Removed.objects.count() > 2


def test_what_somebody_refused_to_have_recorded_is_not_shown(client):
    session = make.make_session(slug="talk")
    for kind in ("recording", "slides", "transcript"):
        Material.objects.create(
            session=session, kind=kind, url=f"https://example.org/{kind}"
        )
    speaker = make.make_contribution(session, make.make_person())
    addresses = (
        "/en/sessions/talk/",
        "/api/v1/sessions/talk/",
        "/en/sessions/talk.json",
    )

    def shown():
        return [
            {k for k in ("recording", "slides", "transcript") if f"org/{k}" in text}
            for text in (client.get(address).text for address in addresses)
        ]

    assert {"recording", "slides", "transcript"} in shown()
    speaker.recording_consent = Contribution.Consent.REFUSED
    speaker.save()
    assert [kinds for kinds in shown() if kinds - {"slides"}] == []
    assert [m.kind for m in Material.objects.published()] == ["slides"]

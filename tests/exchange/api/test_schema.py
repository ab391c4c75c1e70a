"""The description of the API holds: for programs, and for people."""

import pytest
from django.core.management import call_command

from exchange.api.kinds import SERIALIZERS
from records.languages import TAGS

pytestmark = pytest.mark.either_database

# Of the columns of a list's file, those that the API tells in another way
OTHERWISE = {
    "name_en": "name",
    "name_zh_hans": "name",
    "source_urls": "sources",
    "language_ids": "languages",
    "room_id": "room",
    "roles": "contributions",
    "role_ids": "contributions",
    "person_ids": "people",
    "list_ids": "lists",
    "edition_id": "edition",
    "session_id": "session",
    "parent_id": "parent",
    "issuing_body_ids": "issuing_bodies",
    **{
        f"{name}_ids": f"{name}s"
        for name in (
            "topic", "mineral", "stage", "regulation", "organization", "organizer",
            "milestone", "relation", "update",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("language", TAGS)
def test_the_description_is_valid_openapi_without_a_warning(language, tmp_path):
    call_command(
        "spectacular", "--fail-on-warn", "--validate", lang=language,
        file=str(tmp_path / "schema.yaml"),
    )  # fmt: skip


@pytest.mark.parametrize("serializer", SERIALIZERS, ids=lambda s: s.table.name)
def test_a_thing_has_the_same_name_as_in_the_file_of_the_list(serializer):
    columns = {column.name for column in serializer.table.columns} | {"url"}
    assert {OTHERWISE.get(name, name) for name in columns} <= set(serializer.names())


@pytest.mark.parametrize("language", TAGS)
def test_the_page_names_all_that_there_is_to_ask_for(client, db, language):
    page = client.get(f"/{language}/api/v1/docs/")
    said = page.content.decode()
    described = client.get("/api/v1/schema/", {"lang": language}).json()
    assert described["openapi"] == "3.1.1"
    assert described["servers"] == [{"url": "http://testserver"}]
    missing = []
    for path, operations in described["paths"].items():
        for one in operations["get"]["parameters"]:
            assert one["description"], (path, one["name"])
            name = "id" if one["name"] == "slug" else one["name"]
            if f"<code>{name}</code>" not in said:
                missing.append((path, name))
    assert missing == []
    assert "style=" not in said

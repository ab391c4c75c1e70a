"""
What a portal apart shows, run inside of it: `python -m … {fill|restore} FILE SEEN`.

`fill` puts content, files and a release in and backs them up to FILE, `restore`
restores that; both then write what the portal holds and shows to SEEN, as JSON.
"""

import hashlib
import json
import os
import re
import sys
from pathlib import Path

import django

LOCATION = re.compile(r"<loc>http://localhost([^<]+)</loc>")
KINDS = ("sessions", "people", "organizations", "topics", "editions")
RIVERS = Path(__file__).parent.parent.parent / "data" / "rivers"


def fill(file):
    from django.contrib.auth.models import User
    from django.core.files.base import ContentFile
    from django.core.management import call_command
    from django.test import Client

    from organizations.models import Organization
    from records.files.store import names
    from sessions.models import Material, Session
    from tests.files import pdf, picture

    call_command("load_forum", str(RIVERS), verbosity=0)
    organization = Organization.objects.published().first()
    organization.logo.save("logo.png", ContentFile(picture()))
    material = Material(
        session=Session.objects.published().first(),
        kind="paper",
        title_en="Paper",
        language="en",
        availability="here",
    )
    material.file.save("论文.pdf", ContentFile(pdf("Watersheds")))
    call_command("release_dataset", site="https://record.example.org", verbosity=0)
    assert len(list(names())) >= 2
    Client().force_login(User.objects.create_user("editor"))
    call_command("backup", file, verbosity=0)


def seen():
    """Return {"pages": {address: digest}, "rows": {table: digest}, "files": …}."""
    from django.core.files.storage import storages
    from django.db import connection
    from django.test import Client

    from organizations.models import Organization
    from records.files.store import names
    from sessions.models import Material

    visitor = Client(headers={"host": "localhost"})
    addresses = [
        f"/{language}/{path}"
        for language in ("en", "zh-hans")
        for path in (
            *(f"{kind}.csv" for kind in KINDS),
            *("sessions.json", "people.atom", "topics.bib"),
            *("about/data/", "about/coverage/", "search/?q=river", "explore/"),
            "sessions/?sort=name",
        )
    ]
    addresses += [f"/api/v1/{kind}/" for kind in KINDS]
    addresses += [one.logo.url for one in Organization.objects.exclude(logo="")]
    addresses += [one.file.url for one in Material.objects.exclude(file="")]
    for section in LOCATION.findall(visitor.get("/sitemap.xml").text):
        addresses += LOCATION.findall(visitor.get(section).text)
    pages = {}
    for address in dict.fromkeys(addresses):
        answer = visitor.get(address)
        pages[address] = [answer.status_code, digest(answer.getvalue())]
    rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found = sorted(map(repr, map(plain, cursor.fetchall())))
            rows[table] = [len(found), digest("\n".join(found).encode())]
    files = {
        f"{alias}/{name}": digest(storages[alias].open(name).read())
        for alias in ("default", "releases")
        for name in names(storage=storages[alias])
    }
    return {"pages": pages, "rows": rows, "files": files}


def plain(row):
    return [bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]


def digest(content):
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    django.setup()
    deed, archive, into = sys.argv[1:]
    if deed == "fill":
        fill(archive)
    else:
        from django.core.management import call_command

        call_command("restore", archive, verbosity=0)
    Path(into).write_text(json.dumps(seen()))

"""A portal and its backup, made once for all that is done with them."""

import json
from types import SimpleNamespace

import pytest

from tests.copies import Place

PROGRAM = "tests.forum_portal.backups.place"


@pytest.fixture(scope="package")
def both(tmp_path_factory, django_db_setup, django_db_blocker):
    """A portal, its backup, the portal restored from that; what each of them shows."""
    folder = tmp_path_factory.mktemp("backups")
    file = folder / "all.tar"
    seen, places = {}, {}
    with django_db_blocker.unblock():
        for deed in ("fill", "restore"):
            places[deed] = Place(folder / deed, f"keep_{deed}", filled=deed == "fill")
            seen[deed] = run(places[deed], deed, file)
    return SimpleNamespace(file=file, seen=seen, places=places)


def run(place, deed, file):
    """Fill a place and back it up, or restore it; return what it shows then."""
    into = place.folder / "seen.json"
    status, _said, errors = place.run("-m", PROGRAM, deed, file, into)
    assert status == 0, errors
    return json.loads(into.read_text())

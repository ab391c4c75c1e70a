"""Every package that the portal runs with has a licence that may be used."""

import pytest

from tests import dependencies


def test_every_package_and_font_has_an_accepted_licence():
    found = {name.lower().replace("_", "-") for name, *_rest in dependencies.licences()}
    assert {"django", "gunicorn", "psycopg2-binary"} <= found
    assert dependencies.unaccepted() == []


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("GPL-3.0 OR MIT", True),
        ("BSD License; MIT License", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("UNKNOWN", False),
    ],
)
def test_which_licences_are_accepted(licence, accepted):
    assert dependencies.is_accepted(licence) == accepted

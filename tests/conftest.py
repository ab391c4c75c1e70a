"""What every test may use."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import translation

CONTENT = Path(__file__).parent.parent / "data" / "smisc"


def pytest_configure():
    """Hash passwords fast: tests make accounts, they do not guard them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def english():
    """Begin each test in English: a request leaves its language behind."""
    with translation.override("en"):
        yield


@pytest.fixture
def transactional_db(emptied_quietly, transactional_db):
    """Commit for real, and leave nothing behind for the tests that come after."""


@pytest.fixture
def emptied_quietly(django_db_setup, django_db_blocker):
    """Forget the marks that emptying the tables leaves in the search index."""
    yield
    with django_db_blocker.unblock():
        apps.get_model("search.Dirty").objects.all().delete()


@pytest.fixture(scope="module")
def content(django_db_setup, django_db_blocker):
    """Load the starting content once for all tests of a module, then undo it."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_forum", str(CONTENT), verbosity=0)
        yield
        transaction.set_rollback(True)

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


def pytest_collection_modifyitems(items):
    """Begin with the crawl: it takes longest, and the other core must not wait."""
    items.sort(key=lambda item: item.path.name != "test_links.py")


@pytest.fixture(autouse=True)
def english():
    """Begin each test in English: a request leaves its language behind."""
    with translation.override("en"):
        yield


@pytest.fixture
def _django_db_helper(in_step_again, _django_db_helper):
    """Give the test its database, as pytest-django does, and look after it."""


@pytest.fixture
def in_step_again(django_db_setup, django_db_blocker):
    """
    Forget what the search index has marked when the tables were emptied.

    They are after a test that commits, which may come before one that does not.
    """
    with django_db_blocker.unblock():
        apps.get_model("search.Dirty").objects.all().delete()


@pytest.fixture(scope="module")
def content(django_db_setup, django_db_blocker):
    """Load the starting content once for all tests of a module, then undo it."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_forum", str(CONTENT), verbosity=0)
        yield
        transaction.set_rollback(True)

"""What every test may use."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import translation

from tests import prepared

# Where what search keeps is looked at after every write
IN_STEP = ("tests/attacks/", "tests/leaks/", "tests/search/")
BROWSER = "tests/browser/"
# What looks at one portal, made once
TOGETHER = (BROWSER, "tests/forum_portal/backups/")
# What takes longest
LONG = (BROWSER, "tests/attacks/", "tests/leaks/", "tests/test_links.py")
CONTENT = Path(__file__).parent.parent / "data" / "smisc"


def pytest_configure():
    """
    Hash passwords fast: tests make accounts, they do not guard them.

    All tests ask from one address, and much: those of the rates set them again.
    """
    settings.RATES = dict.fromkeys(settings.RATES, "100000000/minute")
    settings.EXPORT_TURNS = 100000000, 100000000
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_make_parametrize_id(val, argname):
    """Name what is long by its length: processes tell each other names all the time."""
    if isinstance(val, bytes | str) and len(val) > 200:
        return f"{argname} of {len(val)}"
    return None


def pytest_itemcollected(item):
    """
    Keep a module on one core, as two groups if only some tests need the content.

    What looks at one portal stays together: that is made once. This early, because
    pytest-xdist looks at the groups before the hook below.
    """
    name = item.path.relative_to(item.config.rootpath).with_suffix("").as_posix()
    name = next((folder for folder in TOGETHER if name.startswith(folder)), name)
    group = f"{name} with content" if needs_content(item) else name
    item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(config, items):
    """
    Put the tests of the starting content last, where it is loaded once and stays.

    What uses no database, or says that it is the same on either, runs on SQLite alone.
    """
    if config.getoption("--db") == "postgres":
        alike = [item for item in items if not depends_on_database(item)]
        items[:] = [item for item in items if depends_on_database(item)]
        config.hook.pytest_deselected(items=alike)
    # What takes long begins early: no core must wait for it at the end.
    items.sort(key=lambda one: (needs_content(one), not one.nodeid.startswith(LONG)))


def needs_content(item):
    """Tell whether a test reads the starting content in the tests' own database."""
    return "loaded_content" in item.fixturenames


def commits(item):
    """Tell whether what a test writes is committed, and may be read elsewhere."""
    marker = item.get_closest_marker("django_db")
    asked = bool(marker and (marker.args or marker.kwargs.get("transaction")))
    return asked or bool({"transactional_db", "live_server"} & set(item.fixturenames))


def depends_on_database(item):
    """Tell whether a test may come out differently on another database."""
    if item.get_closest_marker("either_database"):
        return False
    return bool(
        item.get_closest_marker("django_db")
        or {"db", "transactional_db", "django_db_setup", "model"}
        & set(item.fixturenames)
    )


@pytest.fixture(autouse=True)
def _begin_in_english():
    """
    Begin each test in English: a request leaves its language behind.

    The underscore keeps the name free: a test whose parameter had the same name
    would take this fixture's place, and begin in the language of the test before.
    """
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Begin with a copy of the database that has every migration applied."""
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        test["NAME"] = str(settings.VAR_DIR / "tests.sqlite3")
        prepared.copy_to(test["NAME"])
    else:
        test["TEMPLATE"] = prepared.TEMPLATE
        prepared.wait()


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb):
    """Let Django take the file it finds; PostgreSQL copies its template itself."""
    return django_db_keepdb or connection.vendor == "sqlite"


@pytest.fixture
def _django_db_helper(request, in_step_again, _django_db_helper):
    """Give the test its database, as pytest-django does, and look after it."""
    if commits(request.node) or request.node.nodeid.startswith(IN_STEP):
        yield
    else:
        from tests.later import searched_later  # has models: only once Django runs

        with searched_later():
            yield


@pytest.fixture
def in_step_again(django_db_setup, django_db_blocker):
    """
    Forget what the search index has marked when the tables were emptied.

    They are after a test that commits, which may come before one that does not.
    """
    with django_db_blocker.unblock():
        apps.get_model("search.Dirty").objects.all().delete()


@pytest.fixture(scope="session")
def loaded_content(django_db_setup, django_db_blocker):
    """Load the starting content; it stays until the last test has run."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_forum", str(CONTENT), verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def content(loaded_content, django_db_blocker):
    """Give the starting content to a module, and undo what it adds."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)

"""The portal that faults happen to: prepared once, copied for each test."""

import pytest

from tests import pgserver
from tests.faults.portal import Portal


@pytest.fixture(scope="session")
def postgres(request):
    """The PostgreSQL of this run, which may be stopped; None for SQLite."""
    if request.config.getoption("--db") == "sqlite":
        return None
    if pgserver.private is None:
        pytest.skip("the server that TEST_DATABASE_URL names is not ours to stop")
    return pgserver.private


@pytest.fixture(scope="session")
def model(tmp_path_factory, postgres):
    """A portal with content that never runs."""
    return Portal(tmp_path_factory.mktemp("model"), "model", postgres).prepare()


@pytest.fixture
def victim(model, tmp_path, request):
    """A portal of the test's own, not started; stopped and checked afterwards."""
    name = f"victim_{abs(hash(request.node.name))}"
    portal = model.copy(tmp_path / "var", name)
    yield portal
    portal.stop()
    log = portal.folder / "log"
    if log.exists():
        print(log.read_text()[-40_000:])  # shown if the test fails

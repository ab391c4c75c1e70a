"""The portal that faults happen to: prepared once, copied for each test."""

import pytest

from tests import pgserver
from tests.faults.portal import Portal


@pytest.fixture(scope="session")
def postgres(request):
    """A PostgreSQL of one's own, or None; what it has said is saved, it keeps."""
    if request.config.getoption("--db") == "sqlite":
        return None
    # Its processes are killed, not the machine: nothing has to reach the disk.
    server = pgserver.Server("-c fsync=off -c full_page_writes=off")
    server.start()
    return server


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

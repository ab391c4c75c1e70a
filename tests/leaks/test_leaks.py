"""Nothing that is not public is found at any public address."""

import pytest

from tests.exchange.dataset.releases import kept_in, release
from tests.leaks.planting import Planted
from tests.leaks.walking import Walk


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def walk(django_db_setup, django_db_blocker, tmp_path_factory):
    from django.db import transaction
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("var")
    media = override_settings(MEDIA_ROOT=folder / "media")
    with django_db_blocker.unblock(), transaction.atomic(), kept_in(folder), media:
        import time
        t = time.process_time()
        planted = Planted()
        print("planted", time.process_time() - t)
        release()
        print("released", time.process_time() - t)
        walk = Walk(planted).go()
        print("walked", time.process_time() - t, walk.visitor.answers)
        yield walk
        transaction.set_rollback(True)


def test_nothing_hidden_is_found_anywhere(walk):
    from collections import Counter
    print(Counter(walk.statuses.values()))
    for k, v in sorted(walk.channels.items()): print(k, v)
    assert walk.leaks == []

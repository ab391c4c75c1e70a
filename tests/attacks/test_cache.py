"""The page cache gives nobody what somebody else sent, nor what is somebody's own."""

import logging
from itertools import product

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records.languages import TAGS
from records.models import PreviewLink
from tests import factories
from tests.attacks.stack import HOST, Stack, served

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

EVIL = "zqx.example"
# What proxies and caches are known to have listened to
UNKEYED = [
    {"HTTP_X_FORWARDED_HOST": EVIL},
    {"HTTP_X_HOST": EVIL, "HTTP_X_FORWARDED_SERVER": EVIL},
    {"HTTP_FORWARDED": f"host={EVIL};proto=http"},
    {"HTTP_X_ORIGINAL_URL": f"/{EVIL}", "HTTP_X_REWRITE_URL": f"/{EVIL}"},
    {"HTTP_X_FORWARDED_PREFIX": f"/{EVIL}", "HTTP_X_SCRIPT_NAME": f"/{EVIL}"},
    {"HTTP_X_FORWARDED_PORT": "666", "HTTP_X_FORWARDED_SCHEME": "http"},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "POST", "HTTP_X_METHOD_OVERRIDE": "DELETE"},
    {"HTTP_ORIGIN": f"https://{EVIL}", "HTTP_REFERER": f"https://{EVIL}/"},
    {"HTTP_ACCEPT_LANGUAGE": "zh", "HTTP_ACCEPT": f"text/{EVIL}"},
    {"HTTP_COOKIE": f"django_language=zh-hans; csrftoken={EVIL}; messages={EVIL}"},
    {"HTTP_COOKIE": f"sessionid ={EVIL}; SESSIONID={EVIL}"},
    {"HTTP_RANGE": "bytes=0-9", "HTTP_IF_RANGE": '"zqx"'},
    {"HTTP_IF_MODIFIED_SINCE": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"HTTP_IF_MATCH": '"zqx"', "HTTP_IF_UNMODIFIED_SINCE": "x"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=1, br;q=0.1, zqx", "HTTP_TE": "trailers"},
    {"HTTP_USER_AGENT": EVIL, "HTTP_X_REAL_IP": EVIL, "HTTP_VIA": EVIL},
    {"RAW_URI": f"/{EVIL}", "REQUEST_URI": f"/{EVIL}", "HTTP_PATH_INFO": EVIL},
    {"method": "HEAD"},
    {"method": "OPTIONS"},
    {"method": "POST", "body": EVIL.encode()},
    {"body": EVIL.encode(), "CONTENT_TYPE": "application/x-www-form-urlencoded"},
    {"HTTP_HOST": EVIL},
    {"HTTP_HOST": f"{HOST}:666"},
    {"HTTP_HOST": f"{HOST}@{EVIL}"},
    {"HTTP_HOST": HOST.upper()},
    {"HTTP_X_FORWARDED_PROTO": "http"},
    {"HTTP_X_FORWARDED_PROTO": f"https, {EVIL}"},
]
# Ways to write an address that two programs may read as two
ODD = [
    "/admin/;x.css",
    "/admin/x.css",
    "/admin/%2e%2e/en/",
    "/en/../admin/",
    "/en/%2e%2e/admin/",
    "/en/..%2fadmin/",
    "/en//admin/",
    "//admin/",
    "/en/;/admin/",
    "/en/?/admin/",
    "/en/%23/admin/",
    "/en/%3f/admin/",
    "/en/%0d%0a/admin/",
    "/en/\\..\\admin\\",
    "/en/%00/admin/",
    "/admin/account/%2f..%2f..%2fen/",
]


@pytest.fixture
def stack(tmp_path):
    logging.disable(logging.ERROR)
    with served(tmp_path) as stack, transaction.atomic():
        yield stack
    logging.disable(logging.NOTSET)


def pages():
    session = factories.make_session(title_en="Cobalt", slug="cobalt")
    factories.make_forum()
    addresses = ["/", "/sessions/", f"{session.address}", "/search/?q=cobalt"]
    addresses += ["/sessions.atom", f"{session.address[:-1]}.jsonld"]
    return [f"/en{address}" for address in addresses]


def test_what_one_visitor_sends_is_never_in_the_page_of_another(stack):
    for place, address in enumerate(pages()):
        clean = Stack()(address)
        assert (clean.status, EVIL in clean.text) == (200, False)
        for sent in UNKEYED[place % 3 :: 3]:  # each on two pages
            stack.cache.pages.clear()
            stack(address, **sent)
            assert (sent, stack(address)) == (sent, clean)


def test_parameters_that_mean_nothing_are_in_no_page(stack):
    for address in pages()[::2]:
        clean = Stack()(address)
        more = "&" if "?" in address else "?"
        for query in ("zqx=1", "utm_source=zqx", "%00=zqx", "=zqx", "zqx", "Q=zqx"):
            stack.cache.pages.clear()
            sent = stack(f"{address}{more}{query}")
            assert (query, sent) == (query, clean)
            assert stack(address) == clean
    kept = len(stack.cache.pages)
    stack("/en/sessions/?q=" + "a" * 3000)
    assert len(stack.cache.pages) == kept


def test_what_is_somebodys_own_is_never_kept_for_others(stack):
    chief = User.objects.create_superuser("zqxchief")
    draft = factories.make_topic(state="draft", label_en="zqxdraft", slug="zqxslug")
    later = timezone.now() + timezone.timedelta(days=1)
    link = PreviewLink.objects.create(record=draft, made_by=chief, expires_at=later)
    client = Client()
    client.force_login(chief)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    form = reverse("admin:topics_topic_change", args=[draft.pk])
    own = ["/admin/", form, "/admin/account/", f"/en/preview/{link.token}/"]
    own += [f"/en/preview/topics.topic.{draft.pk}/"]
    endings = ["", "x.css", ";x.css", "%2fx.css", "%3fx.css", "%00.css", "/x.png"]
    addresses = [a + e for a, e in product(own, endings)] + ODD
    addresses += [f"/{code}{address}" for code in TAGS for address in ODD]
    seen = 0
    for address in addresses:
        mine = stack(address, HTTP_COOKIE=cookie)
        assert mine.status < 500, address
        if "zqx" in mine.text:
            seen += 1
            assert "no-store" in mine.get("cache-control"), address
            assert "private" in mine.get("cache-control"), address
        theirs = stack(address)
        if link.token not in address:
            assert (address, "zqxdraft" in theirs.text) == (address, False)
            assert (address, "zqxchief" in theirs.text) == (address, False)
        assert (address, "sessionid" in str(theirs.headers)) == (address, False)
    assert seen >= len(own)
    kept = [key for key, page in stack.cache.pages.items() if b"zqx" in page.body]
    assert kept == []


def test_who_shared_a_draft_and_takes_it_back_has_it_back_at_once(stack):
    draft = factories.make_topic(state="draft", label_en="zqxdraft")
    later = timezone.now() + timezone.timedelta(days=1)
    link = PreviewLink.objects.create(record=draft, expires_at=later)
    address = f"/en/preview/{link.token}/"
    assert "zqxdraft" in stack(address).text
    assert "zqxdraft" in stack(address, method="GET").text
    link.revoke()
    gone = stack(address)
    assert (gone.status, "zqxdraft" in gone.text) == (410, False)

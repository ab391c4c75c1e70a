"""
Every kind of answer: its headers, and what attacks in texts and addresses became.

One walk over the addresses of every route, as a production server would answer it,
through a record that holds nothing but attacks.
"""

import logging
import zlib
from collections import Counter
from urllib.parse import quote, unquote

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.test import Client
from django.urls import Resolver404, resolve

from forum_portal.page_cache import PARAMETERS
from records.languages import TAGS
from tests.attacks.planting import REFUSED, TAKEN, Stocked
from tests.attacks.reading import faults_of
from tests.attacks.stack import STYLE, served
from tests.exchange.dataset.releases import kept_in, release
from tests.factories import make_organization
from tests.leaks.walking import Addresses

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

REFLECTED = ["</title><script>zqx()</script>\"'><img src=x onerror=zqx()>", "=zqx()"]
SAFE = {
    "strict-transport-security": {"max-age=31536000; includeSubDomains; preload"},
    "x-content-type-options": {"nosniff"},
    "x-frame-options": {"DENY"},
    "referrer-policy": {"strict-origin-when-cross-origin", "no-referrer"},
    "cross-origin-opener-policy": {"same-origin"},
    "cross-origin-resource-policy": {"same-origin", "cross-origin"},
}
# Of what other sites may read or show, by the namespaces and names of its routes
SHARED = ("api", "exchange", "oai", "media")


class World:
    """The portal and all that it answered: {address: (name of its route, answer)}."""

    def __init__(self, stack):
        self.stack, self.stocked = stack, Stocked()
        self.answers, self.names = {}, set()
        release()
        gone = make_organization(slug="gone")
        gone.state = "withdrawn"
        gone.save()
        codes = [*TAGS]
        for address, name in Addresses(self.stocked).found.items():
            # One address of each route, in the one language or the other
            code = address.split("/")[1]
            if code in TAGS and code != codes[zlib.crc32(name.encode()) % 2]:
                continue
            if name not in self.names:
                self.names.add(name)
                self.answers[address] = route_of(address), stack(address)


def route_of(address):
    """Return the name of the route of an address; "" if there is none."""
    try:
        return resolve(unquote(address.partition("?")[0])).view_name
    except Resolver404:
        return ""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    logging.disable(logging.ERROR)
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        kept_in(folder),
        served(folder, ROOT_URLCONF="tests.forum_portal.failing_urls") as stack,
    ):
        yield World(stack)
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


def lacks(answer):
    """Return the headers of safety that an answer lacks, or has of no use."""
    wrong = [
        f"{name}: {answer.get(name)}"
        for name, values in SAFE.items()
        if answer.get(name) not in values
    ]
    policy = answer.get("content-security-policy") or ""
    if "default-src 'none'" not in policy or "unsafe" in policy or "*" in policy:
        wrong.append(f"policy: {policy}")
    if "camera=()" not in (answer.get("permissions-policy") or ""):
        wrong.append("permissions-policy")
    if not answer.get("cache-control"):
        wrong.append("cache-control")
    wrong += [
        cookie
        for name, cookie in answer.headers
        if name.lower() == "set-cookie"
        and not (cookie.count("Secure") == 1 and "SameSite=Lax" in cookie)
    ]
    return wrong


def test_whatever_is_asked_the_answer_is_safe(world):
    unsafe = {a: lacks(one) for a, (_name, one) in world.answers.items() if lacks(one)}
    assert unsafe == {}
    statuses = Counter(one.status for _name, one in world.answers.values())
    assert statuses.keys() == {200, 400, 404}


def test_every_kind_of_refusal_and_error_is_as_safe(world):
    ask = world.stack
    User.objects.create_superuser("chief")
    staff = Client()
    staff.force_login(User.objects.get(username="chief"))
    cookie = f"{settings.SESSION_COOKIE_NAME}={staff.session.session_key}"
    media = f"/media/{world.stocked.files[0]}"
    plain = {"HTTP_X_FORWARDED_PROTO": "http"}
    kinds = [
        ("/en/", {}, 200),
        ("/en/", {"method": "HEAD"}, 200),
        ("/", {}, 302),
        ("/en/sessions", {}, 301),
        ("/en/", plain, 301),
        ("/en/", {"HTTP_HOST": "elsewhere.example"}, 400),
        ("/en/", {"HTTP_HOST": "elsewhere.example", **plain}, 400),
        ("/en/", {"HTTP_HOST": "a b"}, 400),
        ("/en/suspect/", {}, 400),
        ("/en/sessions.csv?topic=nope", {}, 400),
        ("/en/corrections/", {"method": "POST"}, 403),
        ("/en/none/", {}, 404),
        ("/none", {}, 404),
        ("/static/none.css", {}, 404),
        ("/static/../settings.py", {}, 404),
        ("/robots.txt", {"method": "PUT"}, 405),
        ("/en/", {"method": "TRACE"}, 405),
        ("/en/search/?q=zinc", {"method": "OPTIONS"}, 405),
        ("/en/topics/", {"method": "DELETE"}, 405),
        ("/en/topics/", {"method": "POST"}, 405),
        ("/en/", {"method": "POST"}, 405),
        ("/api/v1/sessions/", {"method": "POST"}, 405),
        ("/api/v1/sessions/", {"method": "OPTIONS"}, 204),
        ("/api/v1/none/", {}, 404),
        ("/en/organizations/gone/", {}, 410),
        ("/en/organizations/gone.json", {}, 410),
        ("/en/corrections/", {"CONTENT_LENGTH": "999999999"}, 413),
        ("/en/sessions/?q=" + "a" * 40_000, {}, 414),
        ("/api/v1/sessions/?q=" + "a" * 40_000, {}, 414),
        ("/en/often/", {}, 429),
        ("/en/fail/", {}, 500),
        ("/en/lost/", {}, 503),
        (STYLE, {}, 200),
        (STYLE, {"HTTP_ACCEPT_ENCODING": "br"}, 200),
        (STYLE, {"HTTP_RANGE": "bytes=0-9"}, 206),
        (STYLE, {"method": "POST"}, 405),
        (media, {}, 200),
        (media, {"HTTP_RANGE": "bytes=0-9"}, 206),
        (media, {"HTTP_RANGE": "bytes=99999-"}, 416),
        ("/sw.js", {}, 200),
        ("/admin/", {}, 302),
        ("/admin/login/", {}, 200),
        ("/admin/", {"HTTP_COOKIE": cookie}, 200),
        ("/admin/topics/topic/add/", {"HTTP_COOKIE": cookie}, 200),
        ("/en/preview/none/", {}, 404),
    ]
    found = [(a[:60], more, ask(a, **more)) for a, more, _status in kinds]
    assert [(a, more, one.status) for a, more, one in found] == [
        (a[:60], more, status) for a, more, status in kinds
    ]
    # Strict-Transport-Security means nothing without TLS (RFC 6797, 7.2).
    hsts = "strict-transport-security"
    assert [
        (a, more, wrong)
        for a, more, one in found
        if (wrong := [x for x in lacks(one) if more != plain or hsts not in x])
        and not (plain.items() <= more.items() and [hsts] == [w[:25] for w in wrong])
    ] == []


def test_who_has_a_page_is_told_nothing_against_its_headers(world):
    """A 304 changes the headers that it repeats, and no others (RFC 9111, 3.2)."""
    told = Counter()
    for address in ["/en/", STYLE, *list(world.answers)[::5]]:
        whole = world.stack(address)
        if whole.status == 200 and (tag := whole.get("etag")):
            short = world.stack(address, HTTP_IF_NONE_MATCH=tag)
            assert (short.status, short.body) == (304, b"")
            told["304"] += 1
            safe = {*SAFE, "content-security-policy", "permissions-policy"}
            assert [
                (address, name, value)
                for name, value in short.headers
                if name.lower() in safe and value != whole.get(name.lower())
            ] == []
    assert told["304"] > 10


def test_other_sites_may_embed_what_they_may_read_and_nothing_else(world):
    wrong = []
    for address, (name, answer) in world.answers.items():
        shared = answer.get("cross-origin-resource-policy") == "cross-origin"
        page = (answer.get("content-type") or "").startswith("text/html")
        may = name.startswith(SHARED) and not page
        if shared > may or (may and answer.status == 200) > shared:
            wrong.append((address, answer.status, shared))
        if (to := answer.get("access-control-allow-origin")) not in {None, "*"}:
            wrong.append((address, to))
        if (to and not shared) or answer.get("access-control-allow-credentials"):
            wrong.append((address, "may be read, but not embedded, or with cookies"))
    assert wrong == []
    assert world.stack(STYLE).get("access-control-allow-origin") is None


def test_no_text_of_a_record_becomes_anything_but_text(world):
    assert {
        address: faults
        for address, (_name, answer) in world.answers.items()
        if (faults := faults_of(answer))
    } == {}
    said = "".join(one.text for _name, one in world.answers.values())
    for shape in ("&lt;script&gt;zqx()", "\\u003Cscript\\u003E", "'=zqx(1)"):
        assert shape in said


def test_no_parameter_of_an_address_becomes_anything_but_text(world):
    faults = {}
    pages = {
        address: name
        for address, (name, answer) in world.answers.items()
        if answer.status == 200 and "?" not in address and "/zqx-" not in address
    }
    pages |= {  # and a record of each kind
        address: name
        for address, (name, answer) in world.answers.items()
        if answer.status == 200 and "/zqx-" in address and address.endswith("/")
    }
    for place, address in enumerate(pages):
        attack = REFLECTED[place % 7 == 6]
        named = [f"{name}={quote(attack)}" for name in sorted(PARAMETERS)]
        # Names may attack as well; the last of them breaks out of a query.
        query = "&".join([*named, f"{quote(attack)}=1", "\"'><zqx>"])
        answer = world.stack(f"{address}?{query}")
        if answer.status not in {200, 302, 400, 404} or faults_of(answer):
            faults[address] = answer.status, faults_of(answer)
    for code in TAGS:
        for path in (f"/{code}/{quote(REFLECTED[0])}/", f"/{quote(REFLECTED[0])}"):
            answer = world.stack(path)
            if answer.status != 404 or faults_of(answer):
                faults[path] = answer.status, faults_of(answer)
    assert faults == {}
    assert len(pages) > 60


def test_a_field_for_an_address_takes_no_script():
    fields = [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.URLField)
    ]
    assert len(fields) > 5
    for field in fields:
        for text in TAKEN:
            field.run_validators(text)
        for text in REFUSED:
            with pytest.raises(ValidationError):
                field.run_validators(text)

"""Addresses and parameters from nowhere: no error, no way out, no way in."""

import logging
import re
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.tables.kinds import TABLES
from forum_portal.page_cache import PARAMETERS
from records.languages import TAGS
from tests import factories
from tests.attacks.planting import Stocked, plain
from tests.attacks.stack import HOST, SITE, served
from tests.exchange.dataset.releases import kept_in, release

pytestmark = pytest.mark.django_db
NAMED = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*\)")
INJECTED = [
    "zqx' OR '1'='1",
    'zqx" OR ""="',
    "zqx'); DROP TABLE records_source;--",
    "zqx UNION SELECT 1,2,3--",
    'zqx* OR title:zqx NEAR(zqx zqx, 5) ^zqx -zqx "zqx',
    "zqx:* & !zqx | (zqx <-> zqx",
    "zqx%' ESCAPE '\\",
    "zqx\x00zqx",
    "{zqx}:%(zqx)s$1?",
]
SAID = ["", "0", "-1", "9" * 40, "2023", "2023-09-22", "0000-00-00", "9999-12-31"]
SAID += [
    "٣",
    "none",
    "EU",
    "CN",
    "name",
    "-name",
    "newest",
    "grid",
    "🜨",
    "\ud7ff",
    "S1.S2",
]
SAID += [
    "a" * 300,
    "%",
    "%zz",
    "\\",
    "../..",
    "a,b",
    "[]",
    "null",
    "true",
    "1e9",
    "\x00",
]


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("addresses")
    logging.disable(logging.ERROR)
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        kept_in(folder),
        served(folder) as stack,
    ):
        stack.stocked = Stocked(plain)
        release()
        yield stack
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


def routes(resolver=None, before=""):
    """Return the path of every public route, with its parameters in it."""
    found = []
    for one in (resolver or get_resolver()).url_patterns:
        path = before + str(one.pattern).replace("^", "").replace("$", "")
        if path.startswith("admin/"):
            continue
        if hasattr(one, "url_patterns"):
            found += routes(one, path)
        else:
            found.append(path.replace("\\.", "."))
    return found


def test_no_parameter_is_ever_a_part_of_sql(stack):
    """Not of that of filters, sorting and search, on pages, in files, in the API."""
    asked = []

    def look(execute, sql, params, many, context):
        assert "zqx" not in sql.lower()
        asked.append(sql)
        return execute(sql, params, many, context)

    names = sorted({*PARAMETERS, "expand", "fields", "lang", "page_size"})
    pages = [f"/en{path}" for path in ("/search/", "/search/suggest/", "/agenda/")]
    pages += ["/en/regulations/compare/", "/en/explore/network/", "/oai"]
    for number, (page, table) in enumerate(TABLES.items()):
        pages += [reverse(page), f"/api/v1/{table.name}/"]
        pages += [f"{reverse(page)[:-1]}.{('csv', 'json', 'atom')[number % 3]}"]
    tables = connection.introspection.table_names()
    with connection.execute_wrapper(look):
        for place, page in enumerate(pages):
            for text in INJECTED if "search" in page else INJECTED[place % 4 :: 4]:
                answer = stack(f"{page}?{urlencode([(n, text) for n in names])}")
                assert (page, text, answer.status < 500) == (page, text, True)
                one = stack(f"{page}?{urlencode({'q': text})}")
                assert (page, text, one.status < 500) == (page, text, True)
    assert len(asked) > 300
    assert connection.introspection.table_names() == tables


def values(stack):
    slugs = [one.slug for of in stack.stocked.public.values() for one in of]
    codes = [
        one.code
        for of in stack.stocked.public.values()
        for one in of
        if hasattr(one, "code")
    ]
    return st.one_of(
        st.sampled_from(slugs + codes), st.sampled_from(SAID), st.text(max_size=12)
    )


def queries(stack):
    names = st.one_of(
        st.sampled_from(sorted({*PARAMETERS, "expand", "lang", "page_size", "verb"})),
        st.text(max_size=5),
    )
    return st.lists(st.tuples(names, values(stack)), max_size=6)


@pytest.mark.parametrize("part", range(4))
def test_whatever_the_address_there_is_an_answer(stack, part):
    known = routes()
    texts = values(stack)
    safe = st.sampled_from(["", "", "/", "&%ff=%ff", "&;=", "#"])

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def ask(data):
        path = data.draw(st.sampled_from(known))
        language = data.draw(st.sampled_from([*TAGS, "fr", ""]))
        path = NAMED.sub(
            lambda _m: quote(data.draw(texts).encode("utf-8", "replace"), safe="./"),
            path,
        )
        path = "/" + re.sub(r"^en/", f"{language}/" if language else "", path)
        pairs = [
            (name.encode("utf-8", "replace"), value.encode("utf-8", "replace"))
            for name, value in data.draw(queries(stack))
        ]
        address = f"{path}?{urlencode(pairs)}{data.draw(safe)}"
        method = data.draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]))
        assert stack(address, method).status < 500, (method, address)

    ask()


def test_no_path_leads_out_of_the_folders(stack):
    secret = django_settings.MEDIA_ROOT.parent / "secret_key"
    secret.write_text("zqxsecret")
    ways = [
        "../secret_key",
        "..%2fsecret_key",
        "%2e%2e/secret_key",
        "..%5csecret_key",
        "....//secret_key",
        "x/../../secret_key",
        quote(str(secret), safe=""),
        str(secret),
        f"/{secret}",
        "..%00/secret_key",
        "%2e%2e%2fsecret_key",
        "%252e%252e%252fsecret_key",
        "..;/secret_key",
        "~root/.profile",
        "..%c0%afsecret_key",
    ]
    folders = {
        NAMED.split(path)[0]
        for path in routes()
        if re.search(r"<(path|str|name|rel)", path)
    }
    folders |= {"static/", "static/css/", "media/", "en/about/data/", "en/sessions/"}
    folders |= {f"en/about/data/{one}/" for one in ("x", "2026-01-01")}
    for folder in sorted(folders):
        for place, way in enumerate(ways):
            answer = stack(f"/{folder}{way}{('', '/', '.json')[place % 3]}")
            assert (folder, way, "zqxsecret" in answer.text) == (folder, way, False)
            assert (folder, way, answer.status in {301, 302, 400, 404}) == (
                folder,
                way,
                True,
            )


def leads_away(answer):
    """Tell whether an answer sends a browser to another site."""
    location = (answer.get("location") or "").replace("\\", "/")
    host = urlsplit(location).hostname
    return location.startswith("//") or (host and host != HOST)


@pytest.mark.either_database
def test_no_address_of_ours_leads_to_another_site(stack):
    evil = ["//zqx.example", "/\\zqx.example", "///zqx.example", "/%5czqx.example"]
    evil += [
        "/%09/zqx.example",
        "https://zqx.example",
        "/%2fzqx.example",
        "@zqx.example",
    ]
    evil += [
        "/;@zqx.example",
        "/http://zqx.example",
        "/%0d%0aLocation:%20//zqx.example",
    ]
    topic = stack.stocked.public[factories.Topic][0]
    old = topic.former_slugs.first().slug
    asked = []
    for one in evil:
        for code in ("", "/en"):
            asked += [
                f"{code}{one}",
                f"{code}{one}/",
                f"{code}{one}/en/",
                f"{one}{code}/..",
            ]
            asked += [
                f"{code}/?next={quote(one)}",
                f"{code}/topics/{old}/?{quote(one)}",
            ]
            asked += [f"{code}/corrections/?about={quote(one)}", f"{code}/topics{one}"]
        for path in ("login", "logout", "code", "account", "password-reset", "jsi18n"):
            asked.append(f"/admin/{path}/?next={quote(one)}")
            asked.append(f"/admin{one}?next={quote(one)}")
    wrong = [address for address in asked if leads_away(stack(address))]
    assert wrong == []
    plain_http = stack("//zqx.example/en/", HTTP_X_FORWARDED_PROTO="http")
    assert urlsplit(plain_http.get("location")).hostname in {HOST, None}


@pytest.mark.either_database
def test_signing_in_leads_to_no_other_site(stack):
    User.objects.create_superuser("chief", email="chief@example.org", password="pass")
    for one in (
        "//zqx.example/",
        "https://zqx.example",
        "/\\zqx.example",
        "javascript:1",
    ):
        client = Client(headers={"x-forwarded-proto": "https", "host": HOST})
        sent = {"username": "chief", "password": "pass", "next": one}
        answer = client.post(f"/admin/login/?next={quote(one)}", sent)
        assert (one, answer.status_code) == (one, 302)
        assert answer["Location"].startswith("/admin/")


@pytest.mark.either_database
def test_a_forged_host_is_in_no_answer_and_in_no_letter(stack):
    hosts = ["zqx.example", f"{HOST}.zqx.example", f"zqx.example#{HOST}", f"{HOST}:x"]
    hosts += [f"{HOST} zqx.example", "", ".", "[::", f"{HOST}/zqx.example"]
    for host in hosts:
        for path in ("/", "/en/", "/robots.txt", "/admin/login/", "/api/v1/", "/oai"):
            answer = stack(path, HTTP_HOST=host)
            assert (host, path, answer.status) == (host, path, 400)
            assert "zqx" not in answer.text + str(answer.headers)
    for path in ("/en/", "/sitemap.xml", "/api/v1/topics/", "/en/topics.atom"):
        local = stack(path, HTTP_HOST="localhost:666")
        assert (path, "localhost" in local.text) == (path, False)
    client = Client(headers={"x-forwarded-proto": "https", "host": "localhost:666"})
    User.objects.create_superuser("boss", email="boss@example.org", password="pass")
    client.post("/admin/password-reset/", {"email": "boss@example.org"})
    [letter] = mail.outbox
    assert SITE in letter.body
    assert "localhost" not in letter.body

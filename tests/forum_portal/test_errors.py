import datetime
import io
import logging

import lxml.html
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from forum_portal import errors
from sessions.models import Edition
from tests.factories import (
    make_edition,
    make_forum,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)

LANGUAGES = ["en", "zh-hans"]
TAGS = {"en": "en", "zh-hans": "zh-Hans"}
LISTS = [
    *("editions", "sessions", "outcomes", "topics", "minerals", "stages"),
    *("regulations", "organizations", "people"),
]


@pytest.fixture
def client():
    """Answer errors with their pages, as the real server does."""
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_address_leads_on_to_the_programme_and_every_list(client, language):
    make_edition(slug="2023", year=2023)
    response = client.get(f"/{language}/nothing/here/")
    assert response.status_code == 404
    assert f'<html lang="{TAGS[language]}">' in response.text
    assert '<meta name="robots" content="noindex">' in response.text
    ways = response.text.partition('<ul class="ways-on">')[2].partition("</ul>")[0]
    wanted = ["editions/2023/programme", *LISTS]
    assert [f'href="/{language}/{way}/"' in ways for way in wanted] == [True] * 10


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_record_gets_the_nearest_names_and_the_list_of_its_kind(
    client, language
):
    make_organization(slug="giz", name_en="GIZ")
    near = make_organization(
        slug="central-south-university", name_en="Central South University"
    )
    make_organization(slug="central-south", name_en="Central South", state="draft")
    response = client.get(f"/{language}/organizations/central-south-univercity/")
    assert response.status_code == 404
    assert response.context["nearest"] == [near]
    assert f'href="/{language}/organizations/central-south-university/"' in (
        response.text
    )
    assert f'action="/{language}/organizations/"' in response.text
    assert 'name="q" value="central south univercity"' in response.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("eu-battery", ["eu-batteries-regulation"]),
        ("batteries", ["eu-batteries-regulation"]),
        ("nope", []),
    ],
)
def test_a_part_of_an_address_finds_the_whole(client, asked, near):
    make_regulation(
        slug="eu-batteries-regulation", short_name_en="EU Batteries Regulation"
    )
    make_regulation(slug="copper-mark", short_name_en="Copper Mark")
    response = client.get(f"/en/regulations/{asked}/")
    assert [record.slug for record in response.context["nearest"]] == near


@pytest.mark.django_db
def test_a_page_not_found_needs_no_forum_and_no_record(client):
    assert client.get("/en/regulations/none/").status_code == 404
    assert client.get("/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/en/%FF/", "/en/organizations/%FF/", "/en/topics/a%00b/", "/%E4%B8%AD/"]
)
def test_a_path_that_is_no_text_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/fr/topics/", "/en/topics/"),
        ("/de/about/privacy/", "/en/about/privacy/"),
        ("/fr/nothing/", ""),
        ("/fr//example.org/", ""),
        ("/fr/topics/labour/", "/en/topics/labour/"),
        ("/fr/topics/labour.atom", "/en/topics/labour.atom"),
        ("/fr/topics/hidden/", ""),
        ("/fr/explore/nothing/", ""),
    ],
)
def test_an_unknown_language_gets_the_page_that_was_meant(client, path, meant):
    make_topic(slug="labour")
    make_topic(slug="hidden", state="draft")
    response = client.get(path)
    assert response.status_code == 404
    assert response.context["meant"] == meant
    assert (f'<a href="{meant}">' in response.text) == bool(meant)


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path",
    ["explore/nothing/", "explore/nothing.csv", "about/data/nothing/x.zip"],
)
def test_an_address_that_has_just_failed_is_not_offered_again(client, language, path):
    response = client.get(f"/{language}/{path}")
    assert (response.status_code, response.context["meant"]) == (404, "")
    assert f'<a href="/{language}/{path}">' not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "make", [make_organization, make_person, make_regulation, make_topic, make_session]
)
def test_a_withdrawn_record_says_what_it_was_when_it_went_and_why(
    client, language, make
):
    record = make(slug="gone")
    record.state = "withdrawn"
    record.withdrawn_reason_en = "Named in error."
    record.withdrawn_reason_zh_hans = "误列。"
    record.save()
    address = record.get_absolute_url().replace("/en/", f"/{language}/")
    response = client.get(address)
    assert response.status_code == 410
    assert escape(str(record)) in response.text
    day = timezone.localdate(record.withdrawn_at).isoformat()
    assert f'<time datetime="{day}">' in response.text
    reason = {"en": "Named in error.", "zh-hans": "误列。"}[language]
    assert reason in response.text
    folder = address.removesuffix("gone/")
    assert f'href="{folder}"' in response.text


@pytest.mark.django_db
def test_a_withdrawn_record_that_never_was_public_is_not_found(client):
    make_organization(slug="never", state="withdrawn")
    assert client.get("/en/organizations/never/").status_code == 404


def withdraw(record, **fields):
    return put(record, state="withdrawn", **fields)


def put(record, **fields):
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()
    return record


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make_session, make_outcome])
def test_what_goes_with_a_withdrawn_edition_says_so_and_tells_nothing_else(
    client, make
):
    edition = make_edition(slug="2026", name_en="Fifth forum")
    record = make(edition=edition, slug="before", title_en="Seen title")
    put(record, slug="after")
    withdraw(edition, withdrawn_reason_en="Never held.")
    put(record, slug="in-the-dark", title_en="Dark title", note_en="Dark note")
    pages = {"session": "sessions", "outcome": "outcomes"}
    name = pages[record._meta.model_name]
    addresses = [f"/en/{name}/{slug}/" for slug in ("before", "after", "in-the-dark")]
    addresses += [f"/en/{name}/after.json", f"/en/{name}/after/?version="]
    for address in addresses:
        gone = client.get(address)
        assert gone.status_code == 410, address
        assert "Never held." in gone.text
        assert 'href="/en/editions/2026/"' in gone.text
        for word in ("Seen title", "Dark"):
            assert word not in gone.text, address
        assert ("in-the-dark" in gone.text) == ("in-the-dark" in address)
    told = client.get(f"/api/v1/{name}/after/?lang=en")
    assert told.status_code == 410
    assert told.json() == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": "This record was withdrawn with what it belongs to.",
        "withdrawn_with": "http://testserver/api/v1/editions/2026/",
        "withdrawn_on": timezone.localdate(edition.withdrawn_at).isoformat(),
        "reason": "Never held.",
    }
    for page in ("programme/", "changes/", "changes.atom"):
        assert client.get(f"/en/editions/2026/{page}").status_code == 410, page


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make_session, make_outcome])
def test_what_was_withdrawn_itself_keeps_its_reason_when_its_edition_goes(client, make):
    edition = make_edition()
    before, after = make(edition=edition), make(edition=edition)
    withdraw(before, withdrawn_reason_en="Held elsewhere.")
    withdraw(edition, withdrawn_reason_en="Never held.")
    withdraw(after, withdrawn_reason_en="Entered twice.")
    for record, reason in ((before, "Held elsewhere."), (after, "Entered twice.")):
        gone = client.get(record.get_absolute_url())
        assert (gone.status_code, reason in gone.text) == (410, True)
        assert "Never held." not in gone.text


@pytest.mark.django_db
@pytest.mark.parametrize("make", [make_session, make_outcome])
def test_what_the_public_never_saw_of_a_withdrawn_edition_stays_not_found(client, make):
    edition = make_edition(state="draft")
    hour = datetime.timedelta(hours=1)
    back = put(make(edition=edition), state="draft")
    early = withdraw(make(edition=edition))
    later = put(make(edition=edition), state="draft")
    put(later, state="published", publish_at=timezone.now() + hour)
    put(edition, state="published")
    draft = make(edition=edition, state="draft")
    embargoed = make(edition=edition, publish_at=timezone.now() + hour)
    shown = make(edition=edition)
    withdraw(edition)
    put(back, state="published")
    in_the_dark = make(edition=edition)
    never = make(edition=withdraw(make_edition(state="draft")))
    hidden = [back, early, later, draft, embargoed, in_the_dark, never]
    put(embargoed, publish_at=None)
    codes = [client.get(one.get_absolute_url()).status_code for one in hidden]
    assert codes == [404] * len(hidden)
    assert client.get(shown.get_absolute_url()).status_code == 410
    put(edition, state="published")
    assert client.get(shown.get_absolute_url()).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_an_account_may_not_see_says_so(client, language):
    client.force_login(User.objects.create_user("helper", is_staff=True))
    client.cookies["django_language"] = language
    response = client.get("/admin/auth/user/")
    assert response.status_code == 403
    assert f'<html lang="{TAGS[language]}">' in response.text
    assert not response.context.get("form_expired")


@pytest.mark.django_db
def test_a_form_without_its_token_has_expired():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/admin/login/", {"username": "x"})
    assert response.status_code == 403
    assert "This form has expired" in response.text


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_too_many_requests_are_told_when_to_come_back(client, language):
    response = client.get(f"/{language}/often/")
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert f'<html lang="{TAGS[language]}">' in response.text
    assert "60" in response.text


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.parametrize(
    ("path", "code", "heading"),
    [
        ("/en/suspect/", 400, "Request not understood"),
        ("/en/fail/", 500, "This page failed"),
        ("/en/lost/", 503, "Not available at the moment"),
        ("/en/full/", 503, "Not available at the moment"),
        ("/en/topics/?q=" + "x" * 40_000, 414, "Address too long"),
    ],
)
def test_a_bare_page_speaks_both_languages_and_needs_no_database(
    client, path, code, heading
):
    # No database mark: a query here would fail the test.
    response = client.get(path)
    assert response.status_code == code
    assert f"<h1>{heading}</h1>" in response.text
    assert '<section lang="zh-Hans">' in response.text
    assert response.get("Retry-After") == ("30" if code == 503 else None)


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.parametrize(
    "path", ["fail/", "lost/", "suspect/", "topics/?q=" + "x" * 40_000]
)
def test_a_bare_page_leads_on_in_both_languages_and_says_that_it_has_both(client, path):
    response = client.get(f"/zh-hans/{path}")
    assert response["Content-Language"] == "en, zh-Hans"
    home = lxml.html.fromstring(response.text).xpath("//a[@class='brand']")[0]
    assert home.text_content().split() == ["Home", "·", "首页"]


def test_what_is_too_large_leads_on_in_both_languages(client):
    response = client.post("/zh-hans/corrections/", CONTENT_LENGTH="999999999")
    assert (response.status_code, response["Content-Language"]) == (413, "en, zh-Hans")
    ways = lxml.html.fromstring(response.text).xpath("//main//a/@href")
    assert ways == ["/en/", "/zh-hans/"]


@pytest.mark.django_db
def test_who_tried_to_sign_in_too_often_is_led_back_there(client, settings):
    settings.RATES = settings.RATES | {"sign-in": "1/minute"}
    sent = {"username": "ada", "password": "wrong"}
    answers = [client.post("/admin/login/", sent) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    ways = lxml.html.fromstring(answers[1].text).xpath("//*[@class='actions']/a/@href")
    assert ways == ["/admin/login/", "/en/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "search/", "agenda/", "about/", "topics/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_can_be_sent_to_a_page_that_has_no_form(client, path, language):
    response = client.post(f"/{language}/{path}", {"q": "zinc"})
    assert (response.status_code, response["Allow"]) in {
        (405, "GET, HEAD"),
        (405, "GET, HEAD, OPTIONS"),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/en/search/", "This address does not take PUT requests."),
        ("/en/corrections/", "This address does not take PUT requests."),
        ("/en/topics.csv", "This address does not take PUT requests."),
    ],
)
def test_a_method_that_a_page_does_not_have_is_refused_in_words(client, path, said):
    response = client.put(path)
    assert (response.status_code, response.text) == (405, said)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Language"] == "en"
    assert "GET" in response["Allow"]


@pytest.mark.parametrize(
    ("language", "title", "said"),
    [
        ("en", "Not possible", "This address does not take POST requests."),
        ("zh-hans", "", "POST"),
    ],
)
def test_a_browser_gets_a_page_about_a_method_that_leads_on(
    client, language, title, said
):
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = client.post(f"/{language}/topics/", headers=accept)
    assert (response.status_code, "GET" in response["Allow"]) == (405, True)
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["Content-Language"] == TAGS[language]
    assert "Accept" in response["Vary"]
    page = lxml.html.fromstring(response.text)
    assert page.get("lang") == TAGS[language]
    assert title in page.findtext(".//h1")
    assert said in page.findtext(".//p[@class='lead']")
    assert page.xpath("//main//a/@href") == [f"/{language}/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/en/%00a%07b/", "/en/topics/a%00b/"])
def test_no_control_character_of_an_address_comes_back_in_the_page(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert not {letter for letter in response.text if letter < " "} - {"\n"}


TYPED = {"title": 'a "b" <c>', "more": "\n1\r\n2", "empty": ""}


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.parametrize("path", ["/en/lost/", "/en/full/"])
def test_what_was_typed_can_be_sent_again_when_it_could_not_be_saved(client, path):
    response = client.post(path, TYPED | {"several": ["x", "y"]})
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response["Cache-Control"] == "no-store"
    form = lxml.html.fromstring(response.text).get_element_by_id("again")
    # A browser drops the line feed that a text area begins with.
    sent = [(one.get("name"), one.text[1:]) for one in form.iter("textarea")]
    assert sent == [
        *((n, v.replace("\r\n", "\n")) for n, v in TYPED.items()),
        ("several", "x"),
        ("several", "y"),
    ]
    assert "may not have been saved" in response.text
    assert "可能尚未保存" in response.text


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.parametrize(
    "sent",
    [
        {"username": "x", "password": "secret-word"},
        {"new_password1": "secret-word"},
        {"text": "secret-word" * 100_000},
        {"text": "secret-word", "file": SimpleUploadedFile("x.png", b"secret-word")},
    ],
    ids=["password", "new password", "a megabyte", "a file"],
)
def test_what_no_page_should_hold_is_not_given_back(client, sent):
    response = client.post("/en/lost/", sent)
    assert response.status_code == 503
    assert "go back and send it again" in response.text
    assert "secret-word" not in response.text


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.django_db
def test_a_form_of_another_site_is_not_given_back():
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    response = client.post("/en/lost/", TYPED)
    assert response.status_code == 403
    assert "&lt;c&gt;" not in response.text


@pytest.mark.urls("tests.forum_portal.failing_urls")
def test_the_servers_log_tells_of_an_error_once_and_of_no_suspicion(client):
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    try:
        client.get("/en/fail/")
        client.get("/en/suspect/")
    finally:
        logging.getLogger().removeHandler(handler)
    assert said.getvalue().count("Internal Server Error: /en/fail/") == 1
    assert said.getvalue().count("Traceback") == 1
    assert "suspect" not in said.getvalue()


@pytest.mark.django_db
def test_a_page_not_found_while_the_database_is_away_answers_503(client):
    def be_away(execute, sql, params, many, context):
        raise OperationalError

    with connection.execute_wrapper(be_away):
        codes = [
            client.get(path).status_code for path in ("/en/topics/x/", "/en/none/")
        ]
    assert codes == [503, 503]


@pytest.mark.urls("tests.forum_portal.failing_urls")
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="its own file")
def test_a_connection_that_can_only_read_is_not_used_again(client):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")  # as one of a file barred to it
    assert client.get("/en/write/").status_code == 503
    assert make_topic(slug="saved").pk


@pytest.mark.django_db
def test_a_thousand_parameters_are_answered_and_what_is_unknown_is_named(client):
    query = "&".join(f"topic={number}" for number in range(1001))
    response = client.get(f"/en/organizations/?{query}")
    assert response.status_code == 200
    assert response.context["ignored"][0] == ("topic", "0")
    assert len(response.context["ignored"]) == 1001


@pytest.mark.django_db
def test_an_error_where_languages_have_no_addresses_leads_to_their_home_pages(client):
    staff = User.objects.create_superuser("ada")
    client.force_login(staff)
    answers = [
        client.get("/admin/nothing/here/"),
        Client(enforce_csrf_checks=True).post("/admin/login/"),
        client.get("/nothing/"),
    ]
    assert [answer.status_code for answer in answers] == [404, 403, 404]
    for answer in answers:
        page = lxml.html.fromstring(answer.content)
        ways = set(page.xpath("//a[@data-language]/@href"))
        assert ways == {"/en/", "/zh-hans/"}


@pytest.mark.urls("tests.forum_portal.failing_urls")
def test_without_collected_static_files_a_fault_is_told_in_plain_words(
    client, monkeypatch
):
    def unknown(*args):
        raise ValueError("Missing staticfiles manifest entry for 'css/site.css'")

    monkeypatch.setattr(errors, "render_to_string", unknown)
    answer = client.get("/en/fail/")
    kind = "text/plain; charset=utf-8"
    assert (answer.status_code, answer["Content-Type"]) == (500, kind)
    assert answer.text == "Something went wrong here."


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_a_bad_request(client):
    response = client.get("/en/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    [
        "q=" + "x" * 10_000,
        "q=%FF%FE",
        "q=%00",
        "topic=%FF&topic=%00&sort=%FF&page=%FF",
        "&".join(["topic=nope"] * 500),
        "&".join(f"topic=nope-{number}" for number in range(500)),
        "topic=" + "x" * 10_000,
        "page=" + "9" * 5_000,
        "page=-1",
        "page=٣",
        "topic=%F0%9F%92%A9&topic=<script>",
        "%00=%00&a[]=1&;;&&==",
    ],
    ids=lambda query: query[:20],
)
def test_a_list_answers_200_whatever_the_query(client, language, query):
    make_forum()
    make_organization(name_en="GIZ")
    response = client.get(f"/{language}/organizations/?{query}")
    assert response.status_code == 200
    assert "<script>" not in response.text.partition("<main")[2]
    assert "\0" not in response.text
    assert len(response.content) < 60_000


@pytest.mark.django_db
def test_the_note_names_what_was_left_out_cut_to_what_can_be_read(client):
    long = "x" * 100
    query = f"topic={long}&" + "&".join(f"kind=nope-{n}" for n in range(16))
    response = client.get(f"/en/organizations/?{query}")
    note = response.text.partition('<div class="note">')[2].partition("</div>")[0]
    assert note.count("<code>") == 5
    assert "and 12 more" in note
    assert "nope-0" in note
    response = client.get(f"/en/organizations/?topic={long}&sort=%E2%80%AEx")
    note = response.text.partition('<div class="note">')[2].partition("</div>")[0]
    said = f"<code>topic</code> “{'x' * 59}…”, <code>sort</code> “�x”."
    assert said in " ".join(note.split())


@pytest.mark.django_db
def test_a_draft_edition_is_not_among_the_nearest_names(client):
    make_edition(slug="2023", state="draft")
    response = client.get("/en/editions/2023x/")
    assert response.context["nearest"] == []
    assert Edition.objects.count() == 1

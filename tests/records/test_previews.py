"""Previews: who sees what is not public, for how long, and that nobody else does."""

import datetime
import re

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from forum_portal.page_cache import PageCache
from records.models import PreviewLink, Proposal, State, record_kinds
from records.previews import token_for_staff
from sessions.models import Contribution, Material
from tests import files
from tests.factories import (
    make_edition,
    make_mineral,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)

pytestmark = pytest.mark.either_database

MAKE = [
    make_edition,
    make_session,
    make_person,
    make_organization,
    make_topic,
    make_mineral,
    make_stage,
    make_regulation,
    make_outcome,
]
LATER = timezone.now() + datetime.timedelta(days=30)
HIDDEN = [
    {"state": "draft"},
    {"state": "published", "publish_at": LATER},
    {"state": "withdrawn"},
]
SECRET = "Zirkonwort"


def share(record, days=7, **fields):
    link = record.preview_links.create(expires_at=PreviewLink.until(days), **fields)
    return f"/en/preview/{link.token}/"


def named(record, name):
    """Give a record a name in both languages."""
    for code in ("en", "zh_hans"):
        setattr(record, f"{record.heading_field}_{code}", f"{name} {code}")
    record.save()
    return record


@pytest.fixture
def administrator(db):
    return User.objects.create_superuser("ada", first_name="Ada", last_name="Zhang")


@pytest.mark.parametrize("make", MAKE)
def test_hidden_record_is_shown_as_its_page_will_be_and_only_by_its_link(
    client, db, make
):
    for life in HIDDEN:
        record = named(make(**life), SECRET)
        address = share(record)
        for code, column in (("en", "en"), ("zh-hans", "zh_hans")):
            here = address.replace("/en/", f"/{code}/", 1)
            seen = client.get(here)
            html = seen.content.decode()
            assert seen.status_code == 200
            assert f"{SECRET} {column}" in html
            assert f'hreflang="{"zh-Hans" if code == "en" else "en"}"' in html
            assert "ld+json" not in html
            assert "citation_" not in html
            assert f"{record.slug}." not in html  # a sibling format
            assert 'rel="canonical"' not in html
            assert {
                "Cache-Control": "private, no-store",
                "X-Robots-Tag": "noindex, nofollow",
                "Referrer-Policy": "no-referrer",
            }.items() <= dict(seen.items()).items()
            assert "Link" not in seen
            assert client.get(f"/{code}{record.address}").status_code == 404


def test_nine_kinds_are_tried():
    assert len(MAKE) == len(record_kinds())


def test_draft_edition_is_shown_with_its_drafts_and_programme_on_pages_of_the_link(
    client, db
):
    edition = named(make_edition(state="draft"), "Rivers")
    person = make_person(name_en="Wen Public")
    hidden = make_person(name_en="Wen Hidden", state="draft")
    talk = make_session(edition=edition, state="draft", title_en="Talk on tailings")
    gone = make_session(edition=edition, state="withdrawn", title_en="Talk gone")
    for who in (person, hidden):
        Contribution.objects.create(session=talk, person=who, role="speaker")
    other = make_session(state="draft", title_en="Talk elsewhere")
    address = share(edition)
    home = client.get(address).content.decode()
    programme = f"{address}editions/{edition.slug}/programme/"
    assert f'href="{programme}"' in home
    assert f'href="{address}sessions/{talk.slug}/"' in home
    assert "Talk on tailings" in client.get(programme).content.decode()
    page = client.get(f"{address}sessions/{talk.slug}/").content.decode()
    assert "Wen Public" in page
    assert "Wen Hidden" not in page
    assert f'href="/en/people/{person.slug}/"' in page
    for one in (gone, other, hidden):
        assert client.get(address[:-1] + one.address).status_code == 404
    for path in (programme, f"{address}sessions/{talk.slug}/"):
        assert client.get(path.replace(f"{address[3:-1]}", "")).status_code == 404
    for path in ("programme.ics", "programme.xml", "..", "nothing/"):
        assert client.get(f"{address}editions/{edition.slug}/{path}").status_code == 404


def test_preview_of_a_draft_edition_leads_to_no_list_that_does_not_know_it(client, db):
    edition = make_edition(state="draft")
    session = make_session(edition=edition)
    organizations = [make_organization() for _ in range(3)]
    for who in organizations:
        Contribution.objects.create(session=session, organization=who, role="speaker")
    for kind in ("outcome", "fact"):
        for _ in range(12):
            make_outcome(edition=edition, kind=kind)
    html = client.get(share(edition)).text
    assert "1 session<" in html
    assert "24 on record, facts included" in html
    assert f"edition={edition.slug}" not in html
    edition.state = "published"
    edition.save()
    html = client.get(edition.get_absolute_url()).text
    assert html.count(f"edition={edition.slug}") == 5


@pytest.mark.parametrize("make", MAKE)
def test_secret_of_a_link_stands_in_no_address_but_those_of_the_preview(
    client, db, make
):
    record = make(state="draft")
    address = share(record)
    token = address.split("/")[3]
    ended = share(record, revoked_at=timezone.now())
    for path in (address, f"{address}nothing/", ended):
        html = client.get(path).text
        secret = token if token in path else ended.split("/")[3]
        links = re.findall(r'href="([^"]*)"', html)
        apart = [link for link in links if f"/preview/{secret}/" not in link]
        assert apart
        assert [link for link in apart if secret in link] == []


def test_session_of_a_draft_edition_shows_itself_and_no_other_session(client, db):
    edition = make_edition(state="draft")
    talk = make_session(edition=edition, title_en="First talk", state="draft")
    make_session(edition=edition, title_en="Second talk", state="published")
    html = client.get(share(talk)).content.decode()
    assert "First talk" in html
    assert "Second talk" not in html


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "draft"}, "Preview of a draft: not public"),
        ({"publish_at": LATER}, "Preview of a page that is to come: not public"),
        ({"state": "withdrawn"}, "Preview of a withdrawn page: not public"),
        ({}, "Preview of a public page"),
    ],
)
def test_banner_says_what_the_public_sees_now(client, db, fields, words):
    assert words in client.get(share(make_topic(**fields))).content.decode()


def test_photo_of_a_draft_is_seen_by_its_link_and_gone_with_it(
    client, db, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    person = make_person(state="draft", photo_alt_en="She smiles")
    person.photo.save("x.png", ContentFile(files.picture()))
    link = share(person)
    html = client.get(link).content.decode()
    found = set(re.findall(r'(?:src="|srcset="|w, )(/\S+?/media/[^" ]+)', html))
    assert len(found) == 4
    for address in found:
        shown = client.get(address)
        assert (shown.status_code, shown["Cache-Control"]) == (200, "private, no-store")
        public = address[address.index("/media/") :]
        assert client.get(public).status_code == 404
    other = make_person(state="draft")
    other.photo.save("x.png", ContentFile(files.picture(colour=(9, 9, 9))))
    assert client.get(f"{link}{other.photo.url[1:]}").status_code == 404
    person.preview_links.update(revoked_at=timezone.now())
    assert {client.get(one).status_code for one in found} == {410}


def test_link_that_is_bad_ended_or_taken_back_shows_nothing(client, db):
    topic = named(make_topic(state="draft"), SECRET)
    ended, taken_back, gone = share(topic, days=-1), share(topic), share(topic)
    topic.preview_links.first().delete()
    topic.preview_links.filter(expires_at__gt=timezone.now()).get().revoke()
    token = ended.split("/")[3]
    key, _dot, signature = token.partition(".")
    bad = [
        f"/en/preview/{one}/"
        for one in (
            "x",
            f"{int(key) + 1}.{signature}",
            f"{key}.",
            token[:-1],
            token_for_staff(topic),
            "topics.topic.99999999999999999999",
            "auth.user.1",
            "records.altname.1",
            "..",
            "%00",
            "中文",
        )
    ]
    answers = {path: client.get(path) for path in [ended, taken_back, gone, *bad]}
    expected = {ended: 410, taken_back: 410, gone: 404, **dict.fromkeys(bad, 404)}
    assert {path: one.status_code for path, one in answers.items()} == expected
    for answer in answers.values():
        assert SECRET not in answer.content.decode()


def test_withdrawal_ends_the_links_that_were_made_before(client, db):
    topic = named(make_topic(), SECRET)
    before = share(topic)
    topic.state = State.WITHDRAWN
    topic.save()
    assert client.get(before).status_code == 410
    assert SECRET in client.get(share(topic)).content.decode()


def test_files_of_a_draft_are_seen_by_its_link_alone(client, db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    talk, other = make_session(state="draft"), make_session(state="draft")
    slides = [
        Material.objects.create(
            session=one, kind="slides", file=ContentFile(content, "slides.pdf")
        ).file
        for one, content in ((talk, b"%PDF-"), (other, b"%PDF-other"))
    ]
    address = share(talk)
    html = client.get(address).content.decode()
    file = f"{address[:-1]}{slides[0].url}"
    assert f'href="{file}"' in html
    answer = client.get(file)
    assert b"".join(answer) == b"%PDF-"
    assert answer["Cache-Control"] == "private, no-store"
    assert client.get(slides[0].url).status_code == 404
    assert client.get(f"{address[:-1]}{slides[1].url}").status_code == 404
    assert client.get(f"{address[:-1]}/media/").status_code == 404


def test_staff_see_a_preview_by_their_own_sign_in_alone(client, administrator):
    topic = named(make_topic(state="draft"), SECRET)
    address = f"/en/preview/{token_for_staff(topic)}/"
    helper = User.objects.create_user("helper", is_staff=True)
    for user, status in ((None, 404), (helper, 404), (administrator, 200)):
        someone = Client()
        if user:
            someone.force_login(user)
        answer = someone.get(address)
        assert answer.status_code == status
        assert (SECRET in answer.content.decode()) == (status == 200)
    assert "Back to its form" in answer.content.decode()


def test_what_a_preview_shows_is_gone_as_soon_as_it_is_made(client, db):
    topic = named(make_topic(state="draft"), SECRET)
    address = share(topic)
    assert SECRET in client.get(address).content.decode()
    assert SECRET not in client.get("/en/topics/").content.decode()
    assert not type(topic).objects.published().filter(pk=topic.pk).exists()
    environ = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    kept = PageCache(application=None, room=1)
    assert kept.key({**environ, "HTTP_HOST": "localhost", "PATH_INFO": address}) is None


def test_links_are_made_listed_and_taken_back_in_the_admin(client, administrator):
    client.force_login(administrator)
    edition = named(make_edition(state="draft"), SECRET)
    form = f"/admin/forum_sessions/edition/{edition.pk}/"
    tools = client.get(f"{form}change/").content.decode()
    assert f'href="{form}previews/"' in tools
    assert f'href="/en/preview/{token_for_staff(edition)}/"' in tools
    assert client.post(f"{form}previews/", {"days": "365"}).status_code == 200
    assert not edition.preview_links.exists()
    client.post(f"{form}previews/", {"days": "3", "note": "Anna"})
    link = edition.preview_links.get()
    assert (link.made_by, link.note) == (administrator, "Anna")
    assert link.expires_at - timezone.now() <= datetime.timedelta(days=3)
    page = client.get(f"{form}previews/").content.decode()
    assert f"http://testserver/zh-hans/preview/{link.token}/" in page
    shown = Client().get(f"/en/preview/{link.token}/").content.decode()
    assert "Ada Zhang made this link" in shown
    assert "Back to its form" not in shown
    client.post(f"{form}previews/", {"revoke": str(link.pk)})
    assert Client().get(f"/en/preview/{link.token}/").status_code == 410
    assert client.post(f"{form}previews/", {"revoke": "x"}).status_code == 404


def test_who_may_not_publish_sees_previews_and_shares_none(client, db):
    topic = named(make_topic(state=State.DRAFT), SECRET)
    share(topic)
    form = f"/admin/topics/topic/{topic.pk}"
    for role in ("Viewer", "Editor", "Publisher"):
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        shown = client.get(f"/en/preview/{token_for_staff(topic)}/")
        assert SECRET in shown.content.decode()
        tools = client.get(f"{form}/change/").content.decode()
        answer = client.post(f"{form}/previews/", {"days": "7"})
        allowed = role == "Publisher"
        assert (answer.status_code, f'"{form}/previews/"' in tools) == (
            (302, True) if allowed else (403, False)
        )
    assert topic.preview_links.count() == 2


def test_proposal_is_shown_as_the_page_would_be_and_leaves_no_trace(
    client, administrator
):
    talk = make_session(title_en="Before", abstract_en="Old words.")
    proposal = Proposal.objects.create(
        record=talk,
        changes={
            "fields": {
                "title_en": ["Before", SECRET],
                "abstract_en": ["Old words.", "New words."],
            },
            "parts": [],
        },
    )
    address = f"/en/preview/{token_for_staff(proposal)}/"
    assert client.get(address).status_code == 404
    client.force_login(administrator)
    versions = talk.history.count()
    html = client.get(address).content.decode()
    assert SECRET in html
    assert "New words." in html
    assert "Preview of a proposed change" in html
    talk.refresh_from_db()
    assert (talk.title_en, talk.history.count()) == ("Before", versions)
    assert proposal.is_waiting
    proposal.changes["fields"]["slug"] = [talk.slug, "Not an address"]
    proposal.save()
    refused = client.get(address)
    assert refused.status_code == 409
    assert refused["Cache-Control"] == "private, no-store"
    proposal.decline(administrator, "No.")
    assert client.get(address).status_code == 404

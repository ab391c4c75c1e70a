"""What pages say of how to cite them, and what they tell Google Scholar."""

import datetime
import re
from html import unescape

import pytest
from django.core.management import call_command
from django.utils import timezone

from exchange.citing import shapes
from exchange.models import CitationShape
from exchange.record_files import FORMATS
from sessions.models import Contribution, Material, Session
from tests.factories import (
    make_contribution,
    make_edition,
    make_forum,
    make_organization,
    make_person,
    make_regulation,
    make_session,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
BOX = re.compile(r'<section id="cite".*?</section>', re.DOTALL)
CITED = re.compile(r'<p class="cite">(.*?)</p>')
META = re.compile(r'<meta name="(citation_\w+)" content="(.*?)">')


def box(client, address):
    page = client.get(address).content.decode()
    (found,) = BOX.findall(page)
    assert page.count('id="cite"') == 1
    return found


def make_talk(**fields):
    make_forum()
    edition = make_edition(name_en="Forum 2025", year=2025, city_en="Chengdu")
    talk = make_session(
        edition=edition,
        slug="talk",
        title_en="A <b>&amp; B",
        starts_at=datetime.datetime(2025, 5, 2, 1, tzinfo=datetime.UTC),
        **fields,
    )
    make_contribution(talk, make_person(name_en="Li Wei", sort_name="Li, Wei"))
    make_contribution(talk, make_organization(name_en="GIZ"), "panelist")
    make_contribution(talk, make_organization(name_en="Host"), "host")
    return talk


def test_a_record_is_cited_in_both_styles_with_its_version_and_its_files(client):
    make_talk()
    today = timezone.localdate()
    found = box(client, "/en/sessions/talk/")
    assert CITED.findall(found) == [
        "Li, W., &amp; GIZ. (2025, May 2). <i>A &lt;b&gt;&amp;amp; B</i> [Plenary]. "
        "Forum 2025, Chengdu. http://testserver/sessions/talk/",
        "LI W, GIZ. A &lt;b&gt;&amp;amp; B[C/OL]//Forum 2025, May 2, 2025, Chengdu. "
        f"2025[{today}]. http://testserver/sessions/talk/.",
    ]
    assert re.findall(r'href="(.*?)"', found) == [
        "http://testserver/sessions/talk/",
        f"http://testserver/sessions/talk/?version={today}",
        "?version=",
        *(f"/en/sessions/talk.{ending}" for ending in FORMATS),
    ]
    assert re.findall(r'datetime="(.*?)"', found) == [str(today)] * 2
    assert 'href="#cite"' in client.get("/en/sessions/talk/").content.decode()


def test_a_version_of_a_record_is_cited_by_its_day(client):
    make_talk()
    today = timezone.localdate()
    found = box(client, f"/en/sessions/talk/?version={today}")
    address = f"http://testserver/sessions/talk/?version={today}"
    assert CITED.findall(found) == [
        "Li, W., &amp; GIZ. (2025, May 2). <i>A &lt;b&gt;&amp;amp; B</i> [Plenary]. "
        f"Forum 2025, Chengdu. {address}",
        "LI W, GIZ. A &lt;b&gt;&amp;amp; B[C/OL]//Forum 2025, May 2, 2025, Chengdu. "
        f"2025[{today}]. {address}.",
    ]
    files = [
        f"/en/sessions/talk.{e}?version={today}" for e in ("bib", "ris", "csl.json")
    ]
    assert re.findall(r'href="(.*?)"', found) == [address, *files]


def test_a_list_is_cited_with_its_filters_its_count_and_the_day(client):
    make_forum(name_en="The Record", name_zh_hans="记录")
    make_regulation(jurisdiction="EU")
    make_regulation(jurisdiction="CN")
    today = timezone.localdate()
    found = box(client, "/en/regulations/?page=1&jurisdiction=EU&jurisdiction=nope")
    address = "http://testserver/regulations/?jurisdiction=EU"
    assert CITED.findall(found) == [
        "<i>Regulations: European Union</i> [List of 1 record]. (n.d.). The Record. "
        f"Retrieved {today:%B} {today.day}, {today.year}, from {address}",
        f"Regulations: European Union[EB/OL]. [{today}]. {address}.",
    ]
    found = box(client, "/zh-hans/regulations/")
    assert CITED.findall(found)[1].endswith(
        f"[EB/OL]. [{today}]. http://testserver/regulations/."
    )
    assert 'id="cite"' not in client.get("/en/topics/").content.decode()  # empty


def test_who_is_not_public_is_no_author(client):
    talk = make_talk()
    organization = Contribution.objects.get(role="panelist").organization
    organization.state = "draft"
    organization.save()
    page = client.get("/en/sessions/talk/").content.decode()
    assert "GIZ" not in page
    assert CITED.findall(page)[1].startswith("LI W. A ")
    talk.state = "withdrawn"
    talk.save()
    gone = client.get("/en/sessions/talk/")
    assert gone.status_code == 410
    assert b'id="cite"' not in gone.content


def test_scholar_is_told_of_a_talk_and_of_its_paper(client):
    talk = make_talk()
    Material.objects.create(session=talk, kind="slides", url="https://a.example/s.html")
    Material.objects.create(session=talk, kind="paper", file="materials/p.PDF")
    found = META.findall(client.get("/en/sessions/talk/").content.decode())
    assert [(name, unescape(said)) for name, said in found] == [
        ("citation_title", "A <b>&amp; B"),
        ("citation_author", "Li, Wei"),
        ("citation_author", "GIZ"),
        ("citation_publication_date", "2025/05/02"),
        ("citation_conference_title", "Forum 2025"),
        ("citation_language", "en"),
        ("citation_abstract_html_url", "http://testserver/en/sessions/talk/"),
        ("citation_pdf_url", "http://testserver/media/materials/p.PDF"),
    ]
    make_session(edition=talk.edition, slug="nobody")
    make_regulation(slug="law")
    for path in ("sessions/nobody/", "regulations/law/", "sessions/", ""):
        assert not META.findall(client.get(f"/en/{path}").content.decode())


def test_a_page_shows_what_was_formatted_after_the_save_and_writes_nothing(
    client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        talk = make_talk()
        talk.save()
    assert CitationShape.objects.update(html="as kept") == CitationShape.objects.count()
    shapes._known.clear()
    for language in ("en", "zh-hans"):
        assert CITED.findall(box(client, f"/{language}/sessions/talk/")) == [
            "as kept",
            "as kept",
        ]
    # What nobody has kept is made on the spot, and not written.
    CitationShape.objects.all().delete()
    shapes._known.clear()
    assert CITED.findall(box(client, "/en/sessions/talk/"))[0].startswith("Li, W.")
    assert not CitationShape.objects.exists()


def test_bulk_writes_and_the_command_keep_the_same_shapes(
    capsys, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        edition = make_edition()
        Session.objects.bulk_create(
            Session(
                edition=edition,
                slug=f"s-{n}",
                code=f"C{n}",
                title_en="S",
                format="plenary",
                state=state,
            )
            for n, state in enumerate(["published"] * 20 + ["draft"])
        )
    assert len(callbacks) == 1
    kept = set(CitationShape.objects.values_list("pk", flat=True))
    assert len(kept) == 4  # two kinds of record in two styles
    CitationShape.objects.all().delete()
    CitationShape.objects.create(digest="of another version", html="")
    call_command("format_citations")
    after = set(CitationShape.objects.values_list("pk", flat=True))
    assert kept == after
    assert "of another version" not in after
    assert capsys.readouterr().out == f"{len(after)} shapes of citations, 1 forgotten\n"

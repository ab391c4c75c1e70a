import datetime
import re

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import AltName
from search.index import together
from sessions.models import EditionDay
from tests.factories import (
    make_citation,
    make_contribution,
    make_edition,
    make_forum,
    make_milestone,
    make_mineral,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_relation,
    make_session,
    make_stage,
    make_topic,
)
from tests.topics.reading import count, section, titles, words
from topics.instruments import status_among, telling_milestones
from topics.models import (
    Duty,
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    Topic,
)

pytestmark = pytest.mark.django_db

TOMORROW = timezone.now() + datetime.timedelta(days=1)
HIDDEN = [
    {"state": "draft"},
    {"state": "published", "publish_at": TOMORROW},
    {"state": "withdrawn"},
]
LISTS = ["topics", "regulations", "minerals", "stages"]


def plant_hidden(make, **fields):
    """Make a draft, an embargoed and a withdrawn record, all of the same fields."""
    return [make(**{**fields, **hidden}) for hidden in HIDDEN]


# What the public may see


@pytest.mark.parametrize(
    ("path", "make", "field", "sentence"),
    [
        ("topics", make_topic, "label_en", "1 topic"),
        ("regulations", make_regulation, "short_name_en", "1 regulation"),
        ("minerals", make_mineral, "label_en", "1 mineral"),
        ("stages", make_stage, "label_en", "1 stage"),
    ],
)
def test_a_list_and_its_pages_leave_out_what_is_not_public(
    client, path, make, field, sentence
):
    make(slug="shown", **{field: "Shown"})
    hidden = plant_hidden(make, **{field: "Unseen"})
    response = client.get(f"/en/{path}/")
    assert count(response) == sentence
    assert "Unseen" not in response.text
    assert client.get(f"/en/{path}/shown/").status_code == 200
    answers = [client.get(f"/en/{path}/{r.slug}/").status_code for r in hidden]
    assert answers == [404, 404, 404]


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("topics", make_topic),
        ("regulations", make_regulation),
        ("minerals", make_mineral),
        ("stages", make_stage),
    ],
)
def test_an_address_outlives_a_change_of_slug_and_a_withdrawal(client, path, make):
    record = make(slug="former")
    record.slug = "present"
    record.save()
    moved = client.get(f"/en/{path}/former/?a=1")
    assert (moved.status_code, moved["Location"]) == (301, f"/en/{path}/present/?a=1")
    record.state = "withdrawn"
    record.withdrawn_reason_en = "It was entered twice."
    record.save()
    gone = client.get(f"/en/{path}/present/")
    assert gone.status_code == 410
    assert "It was entered twice." in words(gone.text)
    missing = client.get(f"/en/{path}/presentt/")
    assert missing.status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_says_that_nothing_is_published(client, path):
    response = client.get(f"/en/{path}/")
    assert count(response).startswith("0 ")
    assert re.search(
        r"No \w+ published yet Go to the home page\.", words(response.text)
    )


def test_a_page_hides_every_related_record_that_is_not_public(client):
    edition = make_edition(name_en="Seen edition")
    topic = make_topic(slug="topic")
    mineral = make_mineral(slug="mineral")
    stage = make_stage(slug="stage", core_place=1)
    regulation = make_regulation(slug="regulation", topics=[topic], minerals=[mineral])
    tags = {"topics": [topic], "minerals": [mineral], "stages": [stage]}
    session = make_session(
        title_en="Seen session", edition=edition, regulations=[regulation], **tags
    )
    name = {"label_en": "Unseen"}
    related = {
        "topics": plant_hidden(make_topic, parent=topic, **name),
        "minerals": plant_hidden(make_mineral, parent=mineral, **name),
        "stages": plant_hidden(make_stage, **name),
    }
    for field, records in related.items():
        getattr(regulation, field).add(*records)
        getattr(session, field).add(*records)
    laws = plant_hidden(make_regulation, short_name_en="Unseen", **tags)
    for law in laws:
        make_relation(regulation, "amends", law)
        make_relation(law, "repeals", regulation)
    plant_hidden(
        make_session,
        title_en="Unseen",
        edition=edition,
        regulations=[regulation],
        **tags,
    )
    elsewhere = make_edition(name_en="Unseen edition", state="draft")
    make_session(title_en="Unseen", edition=elsewhere, regulations=[regulation], **tags)
    plant_hidden(
        make_outcome,
        title_en="Unseen",
        edition=edition,
        session=session,
        topics=[topic],
    )
    for organization in plant_hidden(make_organization, name_en="Unseen"):
        make_contribution(session, organization, "host")
        regulation.issuing_bodies.create(organization=organization)
    for path in (
        "topics/topic",
        "regulations/regulation",
        "minerals/mineral",
        "stages/stage",
    ):
        response = client.get(f"/en/{path}/")
        assert "Seen session" in response.text
        assert "Unseen" not in response.text, path


# Topics


def test_the_tree_of_topics_counts_what_narrower_topics_hold(client):
    top = make_topic(label_en="Top")
    leaf = make_topic(label_en="Leaf", label_zh_hans="叶", parent=top)
    make_session(topics=[top, leaf])
    make_regulation(topics=[leaf])
    response = client.get("/en/topics/")
    assert count(response) == "2 topics"
    tree = response.text.split('<ul class="tree">')[1].split("<section")[0]
    assert words(tree) == (
        "Top 1 session, 1 regulation Leaf 叶 1 session, 1 regulation"
    )


def test_a_topic_includes_what_its_narrower_topics_hold_and_says_so(client):
    top = make_topic(
        slug="top",
        label_en="Top",
        definition_en="What is on top.",
        oecd_annex_ii="Annex II: security forces",
    )
    leaf = make_topic(label_en="Leaf", parent=top)
    session = make_session(title_en="On the leaf", topics=[leaf])
    make_contribution(session, make_organization(name_en="Speaker Ltd"))
    make_regulation(short_name_en="Leaf Act", topics=[leaf])
    make_outcome(statement_en="A leaf grew.", topics=[leaf])
    response = client.get("/en/topics/top/")
    assert "What is on top." in words(response.text)
    assert section(response, "narrower") == (
        "Narrower topics This page includes what is on record for them. Leaf"
    )
    assert "On the leaf" in section(response, "sessions")
    assert section(response, "regulations").startswith("Regulations Leaf Act")
    assert "A leaf grew." in section(response, "outcomes")
    assert section(response, "organizations").startswith(
        "Organizations in its sessions Speaker Ltd"
    )
    assert "Annex II: security forces" in section(response, "place")


def test_a_topic_without_relations_says_what_is_missing(client):
    make_topic(slug="alone")
    response = client.get("/en/topics/alone/")
    assert section(response, "sessions").startswith("Sessions No sessions on record")
    assert section(response, "regulations").startswith(
        "Regulations No regulations on record"
    )
    assert section(response, "outcomes").startswith("Outcomes No outcomes on record")
    assert "No organizations on record" in section(response, "organizations")
    assert "No description on record." in words(response.text)


def test_six_rows_are_shown_and_a_link_leads_to_the_same_number_in_the_list(client):
    topic = make_topic(slug="topic", parent=make_topic(slug="top"))
    for n in range(8):
        make_regulation(topics=[topic], short_name_en=f"Act {n}")
    response = client.get("/en/topics/top/")
    assert titles(response) == [f"Act {n}" for n in range(6)]
    assert "All 8 regulations" in section(response, "regulations")
    assert 'href="/en/regulations/?topic=top"' in response.text
    assert count(client.get("/en/regulations/?topic=top")) == "8 regulations"


# Regulations


@pytest.fixture
def act():
    """A law with dates on both sides of today, named at the forum of 2023."""
    today = timezone.localdate()
    act = make_regulation(
        slug="act",
        short_name_en="Batteries Act",
        short_name_zh_hans="电池法",
        official_title_en="Loi sur les piles",
        name_language="fr",
        acronym="BA",
        summary_en="What it asks.",
        official_url="https://www.eur-lex.europa.eu/act",
        jurisdiction="FR",
        kind="statute",
    )
    act.identifiers.create(scheme="CELEX", value="32023R1542")
    act.issuing_bodies.create(name_en="The Parliament")
    AltName.objects.create(record=act, text="New Batteries Act", in_source=True)
    AltName.objects.create(record=act, text="新电池法", language="zh-Hans")
    make_milestone("2020-12-10", "proposed", regulation=act)
    make_milestone(
        "2024-02-01",
        "in-force",
        regulation=act,
        precision="month",
        note_zh_hans="一般日期",
    )
    for days, note in ((400, "passport"), (800, "due diligence"), (900, "shares")):
        ahead = (today + datetime.timedelta(days=days)).isoformat()
        make_milestone(ahead, "applies", regulation=act, note_en=note)
    return act


@pytest.fixture
def named(act):
    edition = make_edition(
        name_en="Forum 2023", year=2023, starts_on="2023-09-20", ends_on="2023-09-22"
    )
    session = make_session(
        title_en="Workshop on batteries",
        format="workshop",
        edition=edition,
        regulations=[act],
    )
    make_contribution(session, make_organization(name_en="GIZ"), "host")
    return session


def test_a_regulation_says_what_it_is_called_where(client, act):
    response = client.get("/en/regulations/act/")
    said = words(response.text)
    assert (
        "32023R1542 Statute, France In force Batteries Act 电池法 What it asks." in said
    )
    assert "Called “ New Batteries Act” in the source." in said.replace("“New", "“ New")
    assert "Also known as “BA”, “ 新电池法 ”." in said
    assert '<span lang="fr">Loi sur les piles</span>' in response.text
    assert section(response, "instrument") == (
        "The instrument Official title Loi sur les piles Issued by The Parliament "
        "Binding Yes, for those in its scope CELEX 32023R1542 "
        "Official text eur-lex.europa.eu"
    )


def test_milestones_run_from_the_latest_to_the_first_with_today_between(
    client, act, named
):
    response = client.get("/en/regulations/act/")
    items = re.findall(
        r'<li class="milestone ?([\w-]*)">(.*?)</li>', response.text, re.S
    )
    kinds = [kind.removeprefix("milestone-") for kind, _item in items]
    assert kinds == ["ahead", "ahead", "ahead", "today", "", "", ""]
    said = [re.sub(r"<time[^>]*>.*?</time>", "", item) for _kind, item in items]
    assert [words(item) for item in said] == [
        "Applies: shares",
        "Applies: due diligence",
        "Applies: passport",
        "Today,",
        "Enters into force: 一般日期",
        "– Named at the forum: Forum 2023 Workshop on batteries",
        "Proposed",
    ]
    assert '<time datetime="2024-02">' in response.text
    assert '<span lang="zh-Hans">一般日期</span>' in response.text
    assert f'<time datetime="{timezone.localdate().isoformat()}">' in items[3][1]


def test_the_next_two_dates_stand_out_and_are_absent_when_there_are_none(client, act):
    response = client.get("/en/regulations/act/")
    block = re.search(r'<dl class="next-date">(.*?)</dl>', response.text, re.S)[1]
    assert re.findall(r"<dt>(.*?)</dt>", block) == ["Next date", "Then"]
    assert re.findall(r"Applies: [\w ]+", block) == [
        "Applies: passport",
        "Applies: due diligence",
    ]
    make_regulation(slug="over")
    assert "next-date" not in client.get("/en/regulations/over/").text


def then_and_now(client):
    facts = section(client.get("/en/regulations/act/"), "then-and-now")
    return facts.partition(" Not verified")[0]


def test_then_and_now_compares_the_forum_with_today(client, act, named):
    assert then_and_now(client) == (
        "Then and now At the forum, September 2023 Proposed Today In force"
    )


def test_then_means_the_latest_edition_where_no_session_named_it(client, act):
    make_edition(starts_on="2021-06-01", state="draft")
    make_edition(starts_on="2020-01-05")
    assert then_and_now(client) == (
        "Then and now At the forum, January 2020 Not yet proposed Today In force"
    )


def test_an_edition_whose_days_are_unknown_gives_no_status(client, act):
    make_session(edition=make_edition(year=2022), regulations=[act])
    assert then_and_now(client) == (
        "Then and now At the forum of 2022 Date not on record Today In force"
    )


def test_without_any_edition_only_today_is_told(client, act):
    assert then_and_now(client) == "Then and now Today In force"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (None, "Not verified against the official text on a recorded date."),
        (10, "Verified against the official text on"),
        (200, "Last verified against the official text on"),
    ],
)
def test_a_regulation_says_how_long_ago_it_was_verified(client, act, days, expected):
    if days:
        act.last_verified_on = timezone.localdate() - datetime.timedelta(days=days)
        act.save()
    facts = section(client.get("/en/regulations/act/"), "then-and-now")
    assert expected in facts
    assert ("more than six months ago" in facts) == (days == 200)
    mark = "badge-notice" in client.get("/en/regulations/?q=Batteries").text
    assert mark == (days == 200)
    assert facts.endswith("This page is not legal advice.")


def test_a_relation_is_shown_on_both_pages_in_their_own_words(client, act):
    other = make_regulation(slug="other", short_name_en="Other Act")
    make_relation(other, "amends", act)
    here = section(client.get("/en/regulations/act/"), "instrument")
    there = section(client.get("/en/regulations/other/"), "instrument")
    assert here.endswith("Amended by Other Act Status not on record")
    assert there.endswith("Amends Batteries Act In force")


def test_discussed_in_tells_who_when_and_the_status_then_and_today(client, act, named):
    house = make_organization(name_en="GIZ house")
    make_contribution(named, house, "speaker")
    make_contribution(named, make_person(name_en="Li"), "panelist", organization=house)
    for hidden in plant_hidden(make_organization, name_en="Unseen"):
        make_contribution(named, hidden, "host")
    old = make_edition(name_en="Old forum", year=2019)
    make_session(title_en="Long ago", edition=old, regulations=[act])
    day = EditionDay.objects.create(
        edition=named.edition, number=1, date=datetime.date(2023, 9, 20)
    )
    make_session(
        title_en="On the first day", edition=named.edition, day=day, regulations=[act]
    )
    table = client.get("/en/regulations/act/").text.split('<table class="reflow">')[1]
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("</table>")[0], re.S)
    cells = [[words(cell) for cell in re.split("<td", row)] for row in rows[1:]]
    told = [[re.sub('^data-label="[^"]*">', "", c).strip() for c in r] for r in cells]
    assert told == [
        [
            "Workshop on batteries Workshop, Forum 2023",
            "GIZ : Host GIZ house : Speaker, Panelist",
            "20 – 22 Sep 2023 Day not on record",
            "Then: Proposed Today: In force",
        ],
        [
            "On the first day Plenary, Forum 2023",
            "Not on record",
            "20 Sep 2023",
            "Then: Proposed Today: In force",
        ],
        [
            "Long ago Plenary, Old forum",
            "Not on record",
            "Date not on record",
            "Then: Not known, as the date is not on record Today: In force",
        ],
    ]


def test_six_discussions_are_shown_and_a_link_leads_to_all(client, act):
    for _ in range(8):
        make_session(regulations=[act])
    response = client.get("/en/regulations/act/")
    assert response.text.count('<td data-label="Date">') == 6
    assert '<a href="/en/sessions/?regulation=act">All 8 sessions</a>' in response.text


def test_a_regulation_says_its_status_on_the_day_that_is_asked_for(client, act):
    response = client.get("/en/regulations/act/?as_of=2023-09-22")
    assert "Status as of 22 September 2023 : Proposed" in words(response.text)
    beside_its_kind = response.text.partition('"record-line"')[2].partition("</p>")[0]
    assert words(beside_its_kind).endswith("Proposed")
    assert response.context["robots"] == "noindex"


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    binding=st.booleans(),
    life=st.lists(
        st.tuples(st.sampled_from(Milestone.Kind.values), st.integers(0, 4)),
        max_size=6,
    ),
)
def test_the_status_read_from_milestones_is_the_one_the_database_tells(binding, life):
    regulation = make_regulation(binding=binding)
    start = datetime.date(2020, 1, 1)
    Milestone.objects.bulk_create(
        Milestone(
            regulation=regulation, kind=kind, date=start + datetime.timedelta(days=day)
        )
        for kind, day in life
    )
    telling = list(telling_milestones().filter(regulation=regulation))
    for day in range(-1, 6):
        on = start + datetime.timedelta(days=day)
        assert status_among(telling, on) == regulation.status_on(on)


def test_duties_are_a_table_in_the_order_they_begin(client, act):
    mining = make_stage(label_en="Mining")
    draft = make_stage(label_en="Unseen", state="draft")
    later = Duty.objects.create(regulation=act, text_en="Report", article="47")
    first = Duty.objects.create(
        regulation=act, text_en="Trace", applies_from="2027-08-18"
    )
    first.stages.set([mining, draft])
    later.stages.set([draft])
    table = section(client.get("/en/regulations/act/"), "duties")
    assert re.sub(r"\S+ 2027|\S+, 2027|08/18/2027|18 Aug 2027", "DATE", table) == (
        "Duties by stage Stage Duty Article Applies from "
        "Mining Trace Not on record DATE Not on record Report 47 Not on record"
    )


def test_a_bare_regulation_says_what_is_missing(client):
    make_regulation(slug="bare")
    response = client.get("/en/regulations/bare/")
    assert section(response, "milestones").startswith("Milestones No dates on record")
    assert "Not named in a session on record" in section(response, "sessions")
    assert section(response, "instrument") == (
        "The instrument Official title Not on record Issued by Not on record "
        "Binding Yes, for those in its scope Number Not on record "
        "Official text Not on record"
    )
    assert section(response, "topics") == "Topics Not on record"


def test_a_text_in_the_other_language_only_is_marked_and_said_to_be_so(client, act):
    response = client.get("/zh-hans/regulations/act/")
    assert '<html lang="zh-Hans">' in response.text
    assert re.search(r'<div lang="en">\s*<p>What it asks.</p>', response.text)
    assert '<p class="note">' in response.text
    assert '<p class="note">' not in client.get("/en/regulations/act/").text


# Minerals and stages


def test_a_mineral_shows_its_group_and_a_group_its_members(client):
    group = make_mineral(
        slug="earths", label_en="Rare earths", kind="group", lists=["CN-2016"]
    )
    member = make_mineral(
        slug="cerium",
        label_en="Cerium",
        symbol="Ce",
        parent=group,
        lists=["EU-CRM-2023"],
    )
    make_regulation(short_name_en="Group Act", minerals=[group])
    make_regulation(short_name_en="Member Act", minerals=[member])
    of_group = client.get("/en/minerals/earths/")
    assert titles(of_group) == ["Group Act", "Member Act"]
    assert section(of_group, "members").endswith("Ce Cerium")
    of_member = client.get("/en/minerals/cerium/")
    assert titles(of_member) == ["Rare earths", "Member Act"]
    assert section(of_member, "groups") == (
        "Its group What names a whole group is on the page of the group, not here. "
        "Rare earths China’s strategic minerals, 2016–2020"
    )
    assert "EU critical raw materials, 2023" in section(of_member, "facts")
    rows = client.get("/en/minerals/").text.split('<li class="row">')[1:]
    assert [words(row.split("</li>")[0]) for row in rows] == [
        "Cerium Ce Metal, in the group Rare earths EU critical raw materials, 2023 "
        "0 sessions, 1 regulation",
        "Rare earths Group of minerals China’s strategic minerals, 2016–2020 "
        "0 sessions, 2 regulations",
    ]


def test_the_core_of_a_mineral_is_that_of_its_sessions_and_regulations(client):
    stages = [make_stage(label_en=f"Stage{n}", core_place=n) for n in range(1, 6)]
    further = make_stage(label_en="Trading")
    tin = make_mineral(slug="tin")
    session = make_session(minerals=[tin], stages=[stages[0], further])
    make_regulation(minerals=[tin], stages=[stages[4]])
    make_session(minerals=[tin], stages=[stages[2]], state="draft")
    make_outcome(session=session, edition=session.edition, statement_en="Tin was won.")
    response = client.get("/en/minerals/tin/")
    core = response.text.split('<ul class="core-names"')[1].split("</ul>")[0]
    names = [words(item) for item in re.findall(r"<li.*?</li>", core, re.S)]
    assert names == [
        "Stage1",
        "Not covered: Stage2",
        "Not covered: Stage3",
        "Not covered: Stage4",
        "Stage5",
    ]
    assert "Also: Trading" in words(response.text)
    assert "Tin was won." in section(response, "outcomes")


def test_stages_of_the_core_come_in_its_order_and_further_ones_after(client):
    make_stage(label_en="Recycling", core_place=5, order=6)
    make_stage(label_en="Exploration", order=1)
    mining = make_stage(label_en="Mining", core_place=1, order=2, slug="mining")
    make_session(stages=[mining])
    response = client.get("/en/stages/")
    assert section(response, "on-core") == (
        "On the drill core Mining 1 session, 0 regulations "
        "Recycling 0 sessions, 0 regulations"
    )
    assert section(response, "further") == (
        "Further stages Exploration 0 sessions, 0 regulations"
    )
    page = client.get("/en/stages/mining/")
    assert "Place 1 of 5 on the drill core." in section(page, "place")
    assert 'class="stage-1"' in page.text


# Cost


@together()  # what the pages show does not need each step indexed
def fill(total):
    """Make one record of each kind with that many of everything it can show."""
    make_forum()
    edition = make_edition(starts_on="2023-09-20", ends_on="2023-09-22")
    body = make_organization()
    top = make_topic(slug="topic")
    group = make_mineral(slug="mineral", kind="group")
    stages = [make_stage(slug="stage", core_place=1)]
    stages += [make_stage() for _ in range(total)]
    regulation = make_regulation(slug="regulation")
    for record in (top, group, stages[0], regulation):
        AltName.objects.create(record=record, text="Another name")
    for n in range(total):
        topic, mineral = make_topic(parent=top), make_mineral(parent=group)
        tags = {"topics": [top, topic], "minerals": [group, mineral], "stages": stages}
        other = make_regulation(**tags)
        for name, records in tags.items():
            getattr(regulation, name).add(*records)
        session = make_session(edition=edition, regulations=[regulation], **tags)
        organization = make_organization()
        make_contribution(session, organization, "host")
        outcome = make_outcome(edition=edition, session=session, topics=[topic])
        outcome.organizations.add(organization)
        for law in (regulation, other):
            make_milestone(f"20{n + 10}-01-01", "amended", regulation=law)
            make_milestone(f"30{n + 10}-01-01", "applies", regulation=law)
            law.identifiers.create(scheme="No", value=str(n))
            law.issuing_bodies.create(organization=body)
        make_relation(regulation, "amends", other)
        make_relation(other, "repeals", regulation)
        duty = Duty.objects.create(regulation=regulation, text_en=f"Duty {n}")
        duty.stages.set(stages)
        for record in (top, group, stages[0], regulation):
            make_citation(record)


BUDGET = {
    "topics/": 5,
    "topics/?q=topic": 5,
    "topics/topic/": 20,
    "regulations/": 8,
    "regulations/regulation/": 15,
    "minerals/": 7,
    "minerals/mineral/": 18,
    "stages/": 5,
    "stages/stage/": 14,
}


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 30])
def test_pages_cost_the_same_however_much_they_show(client, total):
    fill(total)
    for model in (Topic, Regulation, Mineral, LifecycleStage):
        ContentType.objects.get_for_model(model)
    cost = {}
    for path in BUDGET:
        client.get(f"/en/{path}")  # the first visit fills what facets count with
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/en/{path}").status_code == 200
        cost[path] = len(queries)
    assert cost == BUDGET


def test_the_calendar_of_a_topic_tells_how_many_of_its_sessions_have_no_date(client):
    topic, edition = make_topic(slug="labour"), make_edition()
    narrower = make_topic(parent=topic)
    day = EditionDay.objects.create(edition=edition, number=1)
    make_session(edition=edition, topics=[topic], starts_at=timezone.now())
    make_session(edition=edition, topics=[topic])
    make_session(edition=edition, topics=[narrower], day=day)
    make_session(edition=edition)
    make_session(edition=edition, topics=[topic], state="draft")

    def left_out():
        page = client.get("/en/topics/labour/").text
        return re.findall(r"(\d+) sessions? (?:is|are) left out", page)

    assert left_out() == ["2"]
    EditionDay.objects.filter(pk=day.pk).update(date="2026-05-05")
    assert left_out() == ["1"]


def test_a_mineral_tells_no_outcome_of_a_session_that_is_a_draft(client):
    mineral = make_mineral(slug="cobalt")
    for state in ("published", "draft"):
        session = make_session(state=state, minerals=[mineral])
        edition = session.edition
        make_outcome(edition=edition, session=session, title_en=f"Of a {state} session")
    page = client.get("/en/minerals/cobalt/").text
    assert "Of a published session" in page
    assert "Of a draft session" not in page

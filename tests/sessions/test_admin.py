"""Sessions, editions and outcomes as an organizer edits them."""

import datetime

import pytest
from django.urls import reverse

from sessions.models import Edition, EditionDay, EditionRole, Outcome, Room, Session
from tests import factories
from tests.adminforms import filled_in

ADD = reverse("admin:forum_sessions_session_add")

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def change(thing):
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
    return reverse(name, args=[thing.pk])


def errors_of(response, prefix):
    """Return the errors of an inline's rows, as lists of sentences by field."""
    return next(
        [dict(errors) for errors in inline.formset.errors if errors]
        for inline in response.context["inline_admin_formsets"]
        if inline.formset.prefix == prefix
    )


def test_a_session_is_made_with_all_that_belongs_to_it_in_both_languages(
    admin_client,
):
    edition = factories.make_edition()
    day = EditionDay.objects.create(edition=edition, number=1)
    room = Room.objects.create(edition=edition, name_zh_hans="甲厅", slug="a")
    person, host = factories.make_person(), factories.make_organization()
    topic = factories.make_topic()
    sent = filled_in(
        admin_client.get(ADD),
        title_en="Labour in mines",
        title_zh_hans="矿山劳工",
        abstract_zh_hans="第一段",
        slug="labour-in-mines",
        edition=edition.pk,
        code="S01",
        format="plenary",
        day=day.pk,
        room=room.pk,
        starts_at_0="2026-09-20",
        starts_at_1="09:00",
        ends_at_0="2026-09-20",
        ends_at_1="10:30",
        topics=[topic.pk],
        note_en="Seen *once*",
        contributions=[
            {"role": "host", "organization": host.pk, "position": 1},
            {"role": "speaker", "person": person.pk, "position": 2},
        ],
        materials=[
            {
                "kind": "slides",
                "title_en": "Slides",
                "title_zh_hans": "幻灯片",
                "url": "https://example.org/slides",
                "availability": "here",
            }
        ],
        spoken_languages=[{"language": "zh"}, {"language": "en", "interpreted": "on"}],
    )
    assert admin_client.post(ADD, sent).status_code == 302
    session = Session.objects.get(slug="labour-in-mines", state="draft")
    assert (session.title_en, session.title_zh_hans) == ("Labour in mines", "矿山劳工")
    assert session.html["note_en"] == "<p>Seen <em>once</em></p>"
    assert (session.day, session.room) == (day, room)
    assert list(session.topics.all()) == [topic]
    assert list(
        session.contributions.values_list("role", "organization", "person")
    ) == [
        ("host", host.pk, None),
        ("speaker", None, person.pk),
    ]
    assert list(session.materials.values_list("title_en", "title_zh_hans")) == [
        ("Slides", "幻灯片")
    ]
    assert list(session.spoken_languages.values_list("language", "interpreted")) == [
        ("zh", False),
        ("en", True),
    ]


def test_wrong_input_is_answered_beside_the_field_and_keeps_what_was_typed(
    admin_client,
):
    session = factories.make_session(title_en="Before")
    elsewhere = EditionDay.objects.create(
        edition=factories.make_edition(year=2020), number=1
    )
    sent = filled_in(
        admin_client.get(change(session)),
        title_en="After",
        title_zh_hans="之后",
        slug="Not a slug",
        code="no spaces",
        day=elsewhere.pk,
        starts_at_0="2026-02-30",
        starts_at_1="9 o’clock",
    )
    response = admin_client.post(change(session), sent)
    form = response.context["adminform"].form
    assert dict(form.errors) == {
        "slug": [
            "Use lower-case letters, digits and single hyphens, such as "
            "“labour-relations”."
        ],
        "code": ["Letters, digits, “_” and “-” only."],
        "day": ["It belongs to another edition."],
        "starts_at": ["Enter a valid date.", "Enter a valid time."],
    }
    html = response.content.decode()
    for typed in ("After", "之后", "Not a slug", "2026-02-30", "9 o’clock"):
        assert f'value="{typed}"' in html
    session.refresh_from_db()
    assert session.title_en == "Before"


def test_a_session_that_ends_before_it_starts_is_refused(admin_client):
    session = factories.make_session()
    sent = filled_in(
        admin_client.get(change(session)),
        starts_at_0="2026-09-20",
        starts_at_1="10:00",
        ends_at_0="2026-09-20",
        ends_at_1="09:00",
    )
    form = admin_client.post(change(session), sent).context["adminform"].form
    assert form.non_field_errors() == ["A session ends after it starts."]


def test_a_session_is_cancelled_with_a_reason(admin_client):
    path = change(factories.make_session())
    sent = filled_in(admin_client.get(path), event_status="cancelled")
    form = admin_client.post(path, sent).context["adminform"].form
    said = "Give the reason in at least one language. It is public."
    assert form.errors == {"status_reason_en": [said]}
    sent["status_reason_zh_hans"] = "台风"
    assert admin_client.post(path, sent).status_code == 302
    assert Session.objects.get().event_status == "cancelled"


def test_times_are_by_the_clock_of_the_edition(admin_client):
    edition = factories.make_edition(time_zone="Africa/Kinshasa")
    session = factories.make_session(edition=edition)
    response = admin_client.get(change(session))
    field = response.context["adminform"].form.fields["starts_at"]
    assert field.help_text == "By the clock of Africa/Kinshasa."
    sent = filled_in(response, starts_at_0="2026-09-20", starts_at_1="09:00")
    assert admin_client.post(change(session), sent).status_code == 302
    session.refresh_from_db()
    assert session.starts_at == datetime.datetime(2026, 9, 20, 8, tzinfo=datetime.UTC)
    html = admin_client.get(change(session)).content.decode()
    assert 'value="09:00:00"' in html
    listed = admin_client.get(reverse("admin:forum_sessions_session_changelist"))
    assert "20 Sep 2026, 09:00" in listed.content.decode()


def test_an_edition_that_is_gone_is_an_error_like_any_other(admin_client):
    sent = filled_in(admin_client.get(ADD), edition="987654321", slug="s", code="S1")
    form = admin_client.post(ADD, sent).context["adminform"].form
    assert form.errors["edition"] == [
        "Select a valid choice. That choice is not one of the available choices."
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"role": "host"}], {"__all__": ["Name a person, an organization, or both."]}),
        (
            [{"role": "speaker", "person": 1}, {"role": "speaker", "person": 1}],
            {"person": ["This row is given twice."]},
        ),
    ],
)
def test_contributions_name_somebody_once(admin_client, rows, said):
    session = factories.make_session()
    person = factories.make_person()
    rows = [row | ({"person": person.pk} if "person" in row else {}) for row in rows]
    rows = [{"position": 0, **row} for row in rows]
    sent = filled_in(admin_client.get(change(session)), contributions=rows)
    response = admin_client.post(change(session), sent)
    assert errors_of(response, "contributions") == [said]


def test_an_edition_has_days_rooms_and_roles_in_both_languages(admin_client):
    organization = factories.make_organization()
    path = reverse("admin:forum_sessions_edition_add")
    sent = filled_in(
        admin_client.get(path),
        name_en="Forum 2027",
        name_zh_hans="2027论坛",
        slug="2027",
        year=2027,
        days=[{"number": 1, "title_en": "Opening", "title_zh_hans": "开幕"}],
        rooms=[{"name_zh_hans": "甲厅", "slug": "a", "position": 1}],
        roles=[
            {
                "organization": organization.pk,
                "role": "organizer",
                "note_zh_hans": "主办",
                "position": 0,
            }
        ],
    )
    assert admin_client.post(path, sent).status_code == 302
    edition = Edition.objects.get(slug="2027")
    assert list(edition.days.values_list("title_en", "title_zh_hans")) == [
        ("Opening", "开幕")
    ]
    assert [str(room) for room in edition.rooms.all()] == ["甲厅"]
    assert list(edition.roles.values_list("organization", "note_zh_hans")) == [
        (organization.pk, "主办")
    ]


@pytest.mark.parametrize(
    ("prefix", "row", "said"),
    [
        (
            "rooms",
            {"slug": "a", "position": 0},
            {"name_en": ["Give a name in at least one language."]},
        ),
        (
            "roles",
            {"role": "speaker", "position": 0},
            {"__all__": ["Choose either an organization or a person."]},
        ),
        ("days", {"number": 1}, {"__all__": ["The edition has this day already."]}),
    ],
)
def test_parts_of_an_edition_that_are_wrong_are_named(admin_client, prefix, row, said):
    edition = factories.make_edition()
    EditionDay.objects.create(edition=edition, number=1)
    sent = filled_in(admin_client.get(change(edition)), **{prefix: [row]})
    response = admin_client.post(change(edition), sent)
    assert response.status_code == 200
    assert errors_of(response, prefix) == [said]


def test_days_change_numbers_only_where_the_number_is_free(admin_client):
    edition = factories.make_edition()
    for number in (1, 2):
        EditionDay.objects.create(edition=edition, number=number)
    sent = filled_in(admin_client.get(change(edition)))
    sent |= {"days-0-number": 2, "days-1-number": 1}
    response = admin_client.post(change(edition), sent)
    taken = {"__all__": ["The edition has this day already."]}
    assert errors_of(response, "days") == [taken, taken]


def test_many_roles_are_saved_in_one_form(admin_client):
    edition = factories.make_edition()
    for number in range(60):
        organization = factories.make_organization()
        factories.make_edition_role(edition, organization, "attendee", position=number)
    sent = filled_in(admin_client.get(change(edition)), year=2031)
    assert admin_client.post(change(edition), sent).status_code == 302
    edition.refresh_from_db()
    assert (edition.year, EditionRole.objects.count()) == (2031, 60)


def test_an_outcome_is_made_with_what_became_of_it(admin_client):
    path = reverse("admin:forum_sessions_outcome_add")
    edition = factories.make_edition()
    sent = filled_in(
        admin_client.get(path),
        edition=edition.pk,
        kind="commitment",
        status="announced",
        slug="a-promise",
        statement_en="They promised.",
        statement_zh_hans="他们承诺。",
        updates=[
            {
                "date": "2026-01-02",
                "status": "under-way",
                "note_en": "Begun",
                "note_zh_hans": "已开始",
            }
        ],
    )
    assert admin_client.post(path, sent).status_code == 302
    outcome = Outcome.objects.get(slug="a-promise")
    assert list(outcome.updates.values_list("status", "note_en", "note_zh_hans")) == [
        ("under-way", "Begun", "已开始")
    ]


def test_an_edition_with_sessions_is_not_deleted(admin_client):
    edition = factories.make_edition(state="draft")
    factories.make_session(edition=edition, state="draft")
    path = reverse("admin:forum_sessions_edition_delete", args=[edition.pk])
    response = admin_client.post(path, {"post": "yes"})
    assert len(response.context["protected"]) == 1
    assert Edition.objects.count() == 1


@pytest.mark.parametrize(("position", "placed"), [("0", 8), ("3", 3)])
def test_a_new_session_comes_last_unless_it_is_placed(admin_client, position, placed):
    edition = factories.make_edition()
    factories.make_session(edition=edition, position=7)
    factories.make_session(position=70)
    sent = filled_in(
        admin_client.get(ADD),
        title_en="Late",
        slug="late",
        edition=edition.pk,
        code="L1",
        format="plenary",
        position=position,
    )
    assert admin_client.post(ADD, sent).status_code == 302
    assert Session.objects.get(slug="late").position == placed
    change_page = change(Session.objects.get(slug="late"))
    admin_client.post(change_page, filled_in(admin_client.get(change_page)))
    assert Session.objects.get(slug="late").position == placed


def test_days_and_rooms_to_choose_from_are_those_of_the_edition(admin_client):
    mine, other = factories.make_edition(year=2026), factories.make_edition(year=2025)
    date = datetime.date(2026, 9, 20)
    parts = [
        (
            edition.days.create(number=1, date=date),
            edition.rooms.create(name_en=f"Hall {edition.year}", slug="hall"),
        )
        for edition in (mine, other)
    ]
    session = factories.make_session(edition=mine, day=parts[0][0])

    def offered(path):
        form = admin_client.get(path).context["adminform"].form
        return [
            [(str(key), words) for key, words in form.fields[name].choices]
            for name in ("day", "room")
        ]

    none = ("", "---------")
    of_mine = [
        [none, (str(parts[0][0].pk), "day 1 · 20 Sep 2026")],
        [none, (str(parts[0][1].pk), "Hall 2026")],
    ]
    assert offered(change(session)) == of_mine
    assert offered(f"{ADD}?edition={mine.pk}") == of_mine
    # Where no edition is chosen yet, by edition
    assert [name for name, _some in offered(ADD)[1]] == ["", str(mine), str(other)]
    sent = filled_in(admin_client.get(change(session)), day=parts[1][0].pk)
    refused = admin_client.post(change(session), sent)
    assert refused.context["errors"] == [["It belongs to another edition."]]

"""The history of a record in the admin, and the way back."""

import datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from organizations.models import Person
from records.differences import pieces
from records.models import AltName, FormerSlug, Proposal
from sessions.models import Contribution, Session
from tests import factories
from tests.adminforms import filled_in
from topics.models import Milestone, Regulation, Topic

YESTERDAY = timezone.now() - datetime.timedelta(days=1)

pytestmark = pytest.mark.django_db


def address(model, page, *args):
    name = f"{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(f"admin:{name}", args=args)


def aged(*things):
    """Move all that is in the histories of things an hour back, as if time passed."""
    for thing in things:
        for row in thing.history.model.objects.filter(id=thing.pk):
            row.history_date -= datetime.timedelta(hours=1)
            row.save()


def milestone(regulation, note):
    return factories.make_milestone(
        "2020-01-01", "amended", regulation=regulation, note_en=note
    )


def lines(response):
    """Return what a page of the history tells, as nested plain values."""
    return [
        (
            event["own"],
            [
                (
                    change["name"],
                    change["what"],
                    [(f.label, [tuple(p) for p in f.pieces]) for f in change["fields"]],
                )
                for change in event["changes"]
            ],
        )
        for event in response.context["events"]
    ]


def test_one_timeline_tells_of_fields_tags_and_parts_by_language(admin_client):
    labour = factories.make_topic(label_en="Labour")
    session = factories.make_session(title_en="The opening of the mine")
    person = factories.make_person(name_en="Ngozi Okafor")
    said = factories.make_contribution(session, person)
    aged(session, said)
    path = address(Session, "change", session.pk)
    sent = filled_in(
        admin_client.get(path),
        title_en="The closing of the mine",
        title_zh_hans="矿山",
        topics=[labour.pk],
    )
    sent["contributions-0-role"] = "moderator"
    assert admin_client.post(path, sent).status_code == 302
    latest, first = lines(admin_client.get(address(Session, "history", session.pk)))
    assert latest == (
        "~",
        [
            (
                "",
                "changed",
                [
                    (
                        "Title (English)",
                        [
                            ("same", "The "),
                            ("removed", "opening"),
                            ("added", "closing"),
                            ("same", " of the mine"),
                        ],
                    ),
                    ("Title (中文)", [("added", "矿山")]),
                    ("Topics", [("added", "Labour")]),
                ],
            ),
            (
                "Contribution",
                "changed",
                [("Role", [("removed", "Speaker"), ("added", "Moderator")])],
            ),
        ],
    )
    assert first[0] == "+"
    assert [(c[0], c[1]) for c in first[1]] == [
        ("", "added"),
        ("Contribution", "added"),
    ]


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 12])
def test_a_page_of_the_history_costs_the_same_however_much_happened(
    admin_client, django_assert_max_num_queries, total
):
    regulation = factories.make_regulation()
    for number in range(total):
        regulation.topics.add(factories.make_topic())
        factories.make_milestone("2020-01-01", "amended", regulation=regulation)
        AltName.objects.create(record=regulation, text=f"Law {number}")
    path = address(Regulation, "history", regulation.pk)
    admin_client.get(path)
    with django_assert_max_num_queries(20):
        assert admin_client.get(path).status_code == 200


def test_a_version_comes_back_with_tags_and_parts_but_its_life_goes_on(admin_client):
    water, air = factories.make_topic(), factories.make_topic()
    regulation = factories.make_regulation(
        slug="before", short_name_en="Before", state="draft", topics=[water]
    )
    kept = milestone(regulation, "As it was")
    lost = milestone(regulation, "Lost")
    aged(regulation, kept, lost)
    moment = regulation.history.latest().history_date + datetime.timedelta(minutes=1)
    regulation.slug, regulation.short_name_en = "after", "After"
    regulation.state = "published"
    regulation.save()
    regulation.topics.set([air])
    Milestone.objects.filter(pk=kept.pk).update(note_en="Changed")
    Milestone.objects.get(pk=lost.pk).delete()
    added = milestone(regulation, "Added")
    seen = Regulation.objects.get(pk=regulation.pk).first_published_at
    path = address(Regulation, "restore", regulation.pk) + f"?at={moment.isoformat()}"
    page = admin_client.get(path)
    assert "State" not in str(page.context["changes"])
    assert Regulation.objects.get(pk=regulation.pk).slug == "after"
    assert admin_client.post(path).status_code == 302
    regulation = Regulation.objects.get(pk=regulation.pk)
    assert (regulation.slug, regulation.short_name_en) == ("before", "Before")
    assert (regulation.state, regulation.first_published_at) == ("published", seen)
    assert list(regulation.topics.all()) == [water]
    assert dict(regulation.milestones.values_list("pk", "note_en")) == {
        kept.pk: "As it was",
        lost.pk: "Lost",
    }
    assert [former.slug for former in regulation.former_slugs.all()] == ["after"]
    # What was taken away is in the history, and can be brought back by itself.
    part = f"{added._meta.label_lower}.{added.pk}"
    path = address(Regulation, "restore", regulation.pk) + f"?part={part}"
    assert admin_client.post(path).status_code == 302
    assert regulation.milestones.filter(pk=added.pk, note_en="Added").exists()
    assert admin_client.post(path).status_code == 404


def test_a_deleted_record_comes_back_with_what_belonged_to_it(admin_client):
    session = factories.make_session(
        slug="first", title_en="Mercury", first_published_at=YESTERDAY
    )
    said = factories.make_contribution(session, factories.make_person())
    gone = factories.make_contribution(session, factories.make_person())
    aged(session, said, gone)
    session.slug = "second"
    session.save()
    Contribution.objects.get(pk=gone.pk).delete()
    aged(session, gone)
    uid, pk = session.uid, session.pk
    session.delete()
    listed = admin_client.get(address(Session, "deleted"))
    assert [row["title"] for row in listed.context["rows"]] == ["Mercury"]
    assert admin_client.get(address(Session, "history", pk)).status_code == 200
    path = address(Session, "restore", pk)
    assert [c["name"] for c in admin_client.get(path).context["changes"]] == [
        "",
        "Contribution",
    ]
    assert admin_client.post(path).status_code == 302
    session = Session.objects.get(pk=pk)
    assert (session.uid, session.slug, session.state) == (uid, "second", "published")
    assert list(session.contributions.values_list("pk", "person")) == [
        (said.pk, said.person_id)
    ]
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["first"]
    assert admin_client.get("/en/sessions/first/").status_code == 301
    assert admin_client.get(address(Session, "deleted")).context["rows"] == []


def test_what_cannot_come_back_is_named_and_the_rest_comes(admin_client):
    session = factories.make_session()
    person, topic = factories.make_person(), factories.make_topic(label_en="Water")
    said = factories.make_contribution(session, person)
    session.topics.add(topic)
    aged(session, said)
    moment = session.history.latest().history_date + datetime.timedelta(minutes=1)
    said.delete()
    person.delete()
    session.topics.clear()
    gone = topic.pk
    topic.delete()
    path = address(Session, "restore", session.pk) + f"?at={moment.isoformat()}"
    page = admin_client.post(path, follow=True)
    told = [str(message) for message in page.context["messages"]]
    assert told[1] == (
        f"2 things could not be brought back: Contribution · Speaker; Topics: {gone}"
    )
    assert not Contribution.objects.exists()


def test_a_name_taken_since_is_refused_in_words(admin_client):
    topic = factories.make_topic(slug="water", state="draft")
    pk = topic.pk
    topic.delete()
    factories.make_topic(slug="water", state="draft")
    page = admin_client.post(address(Topic, "restore", pk))
    assert page.status_code == 200
    assert page.context["errors"] == ["Topic with this Address already exists."]
    assert not Topic.objects.filter(pk=pk).exists()


def test_who_may_not_publish_changes_nothing_public_by_restoring(client):
    editor = User.objects.create_user("editor", is_staff=True)
    names = ("add_topic", "change_topic", "delete_topic", "view_topic")
    names += ("add_altname", "change_altname", "delete_altname")
    editor.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(editor)
    public = factories.make_topic(label_en="Old")
    draft = factories.make_topic(state="draft")
    deleted = factories.make_topic(slug="deleted")
    aged(public, draft)
    gone = AltName.objects.create(record=public, text="Old name")
    aged(public, draft, gone)
    moment = timezone.now() - datetime.timedelta(minutes=30)
    gone.delete()
    AltName.objects.create(record=public, text="New name")
    for topic in (public, draft):
        Topic.objects.filter(pk=topic.pk).update(label_en="New")
    pk = deleted.pk
    deleted.delete()
    answers = [
        client.post(f"{address(Topic, 'restore', key)}?at={moment.isoformat()}")
        for key in (public.pk, draft.pk)
    ]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert client.post(address(Topic, "restore", pk)).status_code == 302
    assert dict(Topic.objects.values_list("pk", "state")) == {
        public.pk: "published",
        draft.pk: "draft",
        pk: "draft",
    }
    assert Topic.objects.get(pk=public.pk).label_en == "New"
    assert [name.text for name in public.alt_names.all()] == ["New name"]
    # It waits as a proposal, which does the same once it is applied.
    proposal = Proposal.objects.get()
    again = client.post(f"{address(Topic, 'restore', public.pk)}?at={moment}")
    assert "proposed a change of this record already" in again.content.decode()
    publisher = User.objects.create_superuser("publisher")
    proposal.apply(publisher, {item.key for item in proposal.items()})
    public.refresh_from_db()
    assert (public.label_en, [name.text for name in public.alt_names.all()]) == (
        *("Old", ["Old name"]),
    )
    page = client.get(address(Topic, "history", public.pk)).content.decode()
    assert "Proposed by: <b>editor</b>, applied by:" in page


@pytest.mark.parametrize(
    "query",
    ["?at=yesterday", "?at=2020-01-01", "?at=1999-01-01T00:00:00%2B00:00", "?part=x"],
)
def test_what_was_never_there_cannot_be_brought_back(admin_client, query):
    path = address(Person, "restore", factories.make_person().pk) + query
    expected = 404 if "1999" in query or "part" in query else 200
    assert admin_client.get(path).status_code == expected
    assert admin_client.get(address(Person, "history", 10**9)).status_code == 404
    assert admin_client.get(address(Person, "history", "x")).status_code == 404


@settings(max_examples=25, deadline=None)
@given(
    old=st.text(alphabet="ab 矿山,.\n", max_size=60),
    new=st.text(alphabet="ab 矿山,.\n", max_size=60),
)
def test_the_pieces_of_two_texts_hold_all_that_changed(old, new):
    found = pieces(old, new)
    if old == new:
        assert {piece.op for piece in found} <= {"same", "gap"}
    if "gap" not in {piece.op for piece in found}:
        for text, other in ((old, "added"), (new, "removed")):
            assert "".join(p.text for p in found if p.op != other) == text

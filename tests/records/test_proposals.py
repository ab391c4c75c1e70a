"""Who may write but not publish proposes changes of what is public; others decide."""

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from organizations.models import Affiliation
from records.files import store
from records.models import AltName, Citation, Proposal
from records.models.notices import Kind, Subscription
from sessions.models import EditionDay, Room
from tests import factories
from tests.adminforms import filled_in
from tests.files import picture

pytestmark = pytest.mark.django_db

ALT_NAMES = "records-altname-content_type-object_id"
CITATIONS = "records-citation-content_type-object_id"


def staff(role, name=None):
    user = User.objects.create_user(
        name or role.lower(), f"{role}@example.org", is_staff=True
    )
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor():
    return signed_in(staff("Editor"))


@pytest.fixture
def publisher():
    return signed_in(staff("Publisher"))


def form_of(thing):
    opts = thing._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[thing.pk])


def page_of(proposal):
    return reverse("admin:records_proposal_change", args=[proposal.pk])


def save(client, thing, **changes):
    path = form_of(thing)
    answer = client.post(path, filled_in(client.get(path), **changes))
    assert answer.status_code == 302, answer.context["errors"]


def decide(client, proposal, keys=None, **sent):
    page = client.get(page_of(proposal))
    if keys is None:
        keys = [one.item.key for one in page.context["choices"] if one.taken]
    sent = {"digest": page.context["digest"], "take": keys, "apply": "1", **sent}
    return client.post(page_of(proposal), sent)


def everything(*models):
    return [list(model._base_manager.order_by("pk").values()) for model in models]


@pytest.fixture
def session():
    topic = factories.make_topic(slug="labour")
    session = factories.make_session(
        title_en="Before", abstract_en="Miners and their families.", topics=[topic]
    )
    factories.make_contribution(session, factories.make_person(name_en="Stays"))
    factories.make_contribution(session, factories.make_person(name_en="Goes"))
    AltName.objects.create(record=session, text="Old name")
    return session


@pytest.fixture
def topic():
    return factories.make_topic(label_en="Before")


def test_fields_tags_and_parts_are_proposed_shown_and_applied(
    session, editor, publisher
):
    model = type(session)
    tables = (model, AltName, model.history.model)
    before = everything(*tables)
    minerals = factories.make_topic(slug="minerals")
    first, second = session.contributions.all()
    third = factories.make_person(name_en="Comes")
    changes = {
        "title_en": "After",
        "title_zh_hans": "之后",
        "topics": [minerals.pk],
        "contributions-0-role": "moderator",
        "contributions-1-DELETE": "on",
        "contributions": [{"role": "rapporteur", "person": third.pk, "position": 3}],
        ALT_NAMES: [{"text": "New name"}],
    }
    save(editor, session, **changes)
    assert everything(*tables) == before
    assert list(session.contributions.all()) == [first, second]
    proposal = Proposal.objects.waiting().get()
    assert (proposal.record, proposal.author.username) == (session, "editor")

    # The author finds the form as it was left, and sending it again changes nothing.
    page = editor.get(form_of(session))
    sent = filled_in(page)
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        sent[f"{formset.prefix}-TOTAL_FORMS"] = formset.total_form_count()
    assert editor.post(form_of(session), sent).status_code == 302
    assert Proposal.objects.get().changes == proposal.changes

    shown = strip_tags(publisher.get(page_of(proposal)).content.decode())
    told = ("Before", "之后", "Contribution: new", "Comes", "to be removed")
    assert [words for words in told if words not in shown] == []

    dressed = proposal.applied_to(session)
    assert (dressed.title_en, session.title_en) == ("After", "Before")
    assert [str(topic) for topic in dressed.topics.all()] == [str(minerals)]
    people = [str(one.person) for one in dressed.contributions.all()]
    assert people == ["Stays", "Comes"]
    with proposal.tried() as tried:
        assert tried.title_en == "After"
    assert everything(*tables) == before

    assert decide(publisher, proposal, word="Thanks").status_code == 302
    session = model.objects.get()
    assert (session.title_en, session.title_zh_hans) == ("After", "之后")
    assert list(session.topics.all()) == [minerals]
    assert [(c.role, str(c.person)) for c in session.contributions.all()] == [
        ("moderator", "Stays"),
        ("rapporteur", "Comes"),
    ]
    assert {one.text for one in session.alt_names.all()} == {"Old name", "New name"}
    assert session.state == "published"
    proposal.refresh_from_db()
    decided = proposal.state, proposal.decided_by.username, proposal.word
    assert decided == ("applied", "publisher", "Thanks")
    assert session.history.first().history_user.username == "publisher"


def test_what_changed_meanwhile_is_chosen_field_by_field(session, editor, publisher):
    save(editor, session, title_en="After", title_zh_hans="之后")
    proposal = Proposal.objects.get()
    page = publisher.get(page_of(proposal))
    seen = {"digest": page.context["digest"], "take": ["title_en"], "apply": "1"}
    session.title_en = "Meanwhile"
    session.save()
    answer = publisher.post(page_of(proposal), seen)
    assert "changed while you looked at it" in answer.content.decode()
    choices = answer.context["choices"]
    assert [(one.item.key, one.item.is_conflict, one.taken) for one in choices] == [
        ("title_en", True, False),
        ("title_zh_hans", False, True),
    ]
    decide(publisher, proposal)
    session.refresh_from_db()
    assert (session.title_en, session.title_zh_hans) == ("Meanwhile", "之后")


def test_what_would_not_be_valid_is_refused_as_a_whole(session, editor, publisher):
    save(editor, session, title_en="After", code="S99")
    factories.make_session(edition=session.edition, code="S99")
    answer = decide(publisher, Proposal.objects.get())
    assert "The edition has a session of this code." in answer.content.decode()
    session.refresh_from_db()
    assert (session.title_en, Proposal.objects.waiting().count()) == ("Before", 1)


def test_declining_needs_a_word_and_only_publishers_decide(topic, editor, publisher):
    save(editor, topic, label_en="After")
    proposal = Proposal.objects.get()
    for sent in ({"apply": "1"}, {"decline": "1", "word": "No"}):
        assert editor.post(page_of(proposal), sent).status_code == 403
    other = signed_in(staff("Editor", "other"))
    assert other.post(page_of(proposal), {"take_back": "1"}).status_code == 403
    viewer = signed_in(staff("Viewer"))
    assert viewer.get(page_of(proposal)).status_code == 200
    answer = publisher.post(page_of(proposal), {"decline": "1", "word": " "})
    assert "Say why" in answer.content.decode()
    publisher.post(page_of(proposal), {"decline": "1", "word": "Not so"})
    proposal.refresh_from_db()
    assert (proposal.state, proposal.word) == ("declined", "Not so")
    late = publisher.post(page_of(proposal), {"apply": "1"}, follow=True)
    assert "It is decided already" in late.content.decode()
    topic.refresh_from_db()
    assert topic.label_en == "Before"


def test_an_author_takes_a_proposal_back_or_saves_it_away(topic, editor):
    save(editor, topic, label_en="After")
    editor.post(page_of(Proposal.objects.get()), {"take_back": "1"})
    assert Proposal.objects.count() == 0
    save(editor, topic, label_en="After")
    save(editor, topic, label_en="Before")
    assert Proposal.objects.count() == 0


def test_a_file_that_is_not_taken_goes_with_its_proposal(
    editor, publisher, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path

    def proposed():
        with django_capture_on_commit_callbacks(execute=True):
            save(
                editor,
                person,
                role_en="Chair",
                photo=SimpleUploadedFile("face.png", picture(), "image/png"),
                photo_alt_en="A face",
                photo_alt_zh_hans="一张脸",
            )
        assert set(store.names())
        return Proposal.objects.waiting().get()

    def decided(proposal, **sent):
        with django_capture_on_commit_callbacks(execute=True):
            decide(publisher, proposal, **sent)
        return set(store.names())

    person = factories.make_person()
    assert decided(proposed(), decline="1", apply="", word="Not now") == set()
    assert decided(proposed(), keys=["role_en"]) == set()
    kept = proposed()
    with django_capture_on_commit_callbacks(execute=True):
        editor.post(page_of(kept), {"take_back": "1"})
    assert set(store.names()) == set()
    assert decided(proposed())


def test_publishers_who_asked_are_told(
    topic, editor, django_capture_on_commit_callbacks
):
    Subscription.objects.create(
        user=staff("Publisher", "asks"), kinds=[Kind.PROPOSAL], language="en"
    )
    with django_capture_on_commit_callbacks(execute=True):
        save(editor, topic, label_en="After")
    (letter,) = mail.outbox
    assert (letter.subject, letter.to) == (
        "Proposed change: Before",
        ["Publisher@example.org"],
    )


def test_an_editor_changes_no_public_byte_by_any_request(editor):
    """Walk through every form of public things, with what is public forged in."""
    person = factories.make_person(name_en="Somebody")
    affiliation = factories.make_affiliation(person=person, title_en="Chair")
    regulation = factories.make_regulation()
    factories.make_milestone("2024-05-01", "adopted", regulation=regulation)
    edition = factories.make_edition(slug="2024")
    EditionDay.objects.create(edition=edition, number=1, date="2024-05-01")
    Room.objects.create(edition=edition, name_en="Hall", slug="hall")
    session = factories.make_session(edition=edition)
    factories.make_contribution(session, person)
    outcome = factories.make_outcome(edition=edition)
    citation = factories.make_citation(person)
    forum = factories.make_forum()
    things = [person, regulation, edition, session, outcome, citation.source]
    kinds = [type(thing) for thing in things]
    watched = [*kinds, type(forum), Affiliation, Citation, EditionDay, Room]
    before = everything(*watched)
    forged = {
        "state": "withdrawn",
        "publish_at_0": "2099-01-01",
        "withdrawn_reason_en": "Forged",
        "_publish": "1",
        "note_en": "Forged",
        "title_en": "Forged",
        "affiliations-0-title_en": "Forged",
        "milestones-0-kind": "repealed",
        "days-0-title_en": "Forged",
        "rooms-0-name_en": "Forged",
        "contributions-0-DELETE": "on",
        f"{CITATIONS}-0-DELETE": "on",
        ALT_NAMES: [{"text": "Forged"}],
    }
    for thing in things:
        page = editor.get(form_of(thing))
        prefixes = [i.formset.prefix for i in page.context["inline_admin_formsets"]]
        mine = {
            name: value
            for name, value in forged.items()
            if not isinstance(value, list) or name in prefixes
        }
        assert editor.post(form_of(thing), filled_in(page, **mine)).status_code == 302
        opts = thing._meta
        listed = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        sent = {"_selected_action": [thing.pk], "confirm": "1", "en": "Forged"}
        for action in ("withdraw", "delete_selected"):
            editor.post(listed, {**sent, "action": action, "post": "yes"})
        for page in ("delete", "history/restore"):
            path = form_of(thing).replace("change", page)
            editor.post(path, {"post": "yes"})
    for step in ("publish", "schedule", "withdraw", "draft"):
        path = form_of(person).replace("change", f"life/{step}")
        assert editor.post(path, {"confirm": "1", "en": "Forged"}).status_code == 403
    assert editor.post(form_of(forum), {"name_en": "Forged"}).status_code == 403
    release = reverse("admin:forum_sessions_edition_release", args=[edition.pk])
    assert editor.post(release, {}).status_code == 403
    upload = reverse("admin:exchange_uploadedschedule_changelist")
    assert editor.get(upload).status_code == 403
    assert everything(*watched) == before
    assert AltName.objects.count() == 0
    assert Proposal.objects.count() == len(things)
    assert affiliation.title_en == "Chair"


def test_drafts_are_written_at_once_and_new_records_are_drafts(editor):
    topic = factories.make_topic(state="draft")
    save(editor, topic, label_en="After", **{ALT_NAMES: [{"text": "Other"}]})
    topic.refresh_from_db()
    assert (topic.label_en, topic.state) == ("After", "draft")
    assert (topic.alt_names.count(), Proposal.objects.count()) == (1, 0)
    source = factories.make_citation(topic).source
    save(editor, source, title_en="After")
    source.refresh_from_db()
    assert source.title_en == "After"

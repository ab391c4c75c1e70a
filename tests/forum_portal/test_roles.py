"""The table of roles in docs/organizers.md, cell by cell against the portal."""

from itertools import count

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from forum_portal.models import Forum
from forum_portal.roles import ROLES
from records.models import Correction, Proposal
from records.models.record import record_kinds
from tests import factories
from tests.adminforms import filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

TABLE = settings.BASE_DIR / "docs" / "organizers.md"
number = count(1)


def table():
    """Return {what: {role: cell}} of the table in the docs."""
    text = TABLE.read_text(encoding="utf-8")
    text = text.partition("## 2. Who may do what")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    (_what, *roles), *rows = [[c.strip() for c in x[1:-1].split("|")] for x in lines]
    return {what: dict(zip(roles, cells, strict=True)) for what, *cells in rows}


def form_of(thing, page="change"):
    opts = thing._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=[thing.pk])


def list_of(model, page="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def send(client, path, **changes):
    """Send a form of the admin back with changes, as far as it is given out."""
    page = client.get(path)
    if page.status_code == 200 and page.context.get("adminform"):
        if page.context["adminform"].form.fields:
            changes = filled_in(page, **changes)
        client.post(path, changes)


def see(client):
    draft = factories.make_topic(state="draft")
    pages = [list_of(type(draft)), form_of(draft), form_of(draft, "history")]
    return all(client.get(path).status_code == 200 for path in pages)


def write(client):
    model = type(factories.make_topic(slug=f"old-{next(number)}"))
    slug = f"new-{next(number)}"
    send(client, list_of(model, "add"), label_en="New", slug=slug)
    made = model.objects.filter(slug=slug, state="draft").first()
    if made:
        send(client, form_of(made), label_en="Newer")
    return model.objects.filter(slug=slug, label_en="Newer").exists()


def delete(client, **fields):
    topic = factories.make_topic(**fields)
    client.post(form_of(topic, "delete"), {"post": "yes"})
    return not type(topic).objects.filter(pk=topic.pk).exists()


def changed(client, thing, name):
    proposals = Proposal.objects.count()
    send(client, form_of(thing), **{name: "Another"})
    thing.refresh_from_db()
    if Proposal.objects.count() > proposals:
        return "proposes" if getattr(thing, name) != "Another" else "both"
    return getattr(thing, name) == "Another"


def change_source(client):
    source = factories.make_citation(factories.make_topic()).source
    return changed(client, source, "title_en")


def step(client, names, **fields):
    """Tell whether these steps can all be taken, each with a record of its own."""
    lived = []
    for name in names:
        topic = factories.make_topic(**fields)
        sent = {"confirm": "1", "en": "Why"}
        sent |= {"publish_at_0": "2099-05-01", "publish_at_1": "09:00"}
        path = reverse("admin:topics_topic_step", args=[topic.pk, name])
        client.post(path, sent)
        lived.append(type(topic).objects.get(pk=topic.pk).state != topic.state)
    assert len(set(lived)) == 1
    return lived[0]


def share(client):
    draft = factories.make_topic(state="draft")
    client.post(form_of(draft, "previews"), {"days": "7"})
    return draft.preview_links.exists()


def decide(client):
    topic = factories.make_topic(label_en="Before")
    changes = {"fields": {"label_en": ["Before", "After"]}, "parts": []}
    proposal = Proposal.objects.create(record=topic, changes=changes)
    sent = {"digest": proposal.digest(), "take": "label_en", "apply": "1"}
    client.post(form_of(proposal), sent)
    return type(topic).objects.get(pk=topic.pk).label_en == "After"


def release(client):
    session = factories.make_session()
    session.title_en = "Changed"
    session.save()
    factories.make_session(edition=session.edition)
    path = reverse("admin:forum_sessions_edition_release", args=[session.edition.pk])
    client.post(path, {"note_en": "First", "note_zh_hans": ""})
    return session.edition.releases.exists()


def import_schedule(client):
    path = reverse("admin:exchange_uploadedschedule_changelist")
    return client.get(path).status_code == 200


def answer(client):
    correction = Correction.objects.create(language="en", wrong="This")
    send(client, form_of(correction), state="declined")
    correction.refresh_from_db()
    return correction.state == "declined"


def name_forum(client):
    forum = Forum.objects.first() or factories.make_forum()
    name = f"Forum {next(number)}"
    send(client, form_of(forum), name_en=name)
    forum.refresh_from_db()
    return forum.name_en == name


def manage(client):
    name = f"group-{next(number)}"
    send(client, list_of(Group, "add"), name=name)
    may_see = client.get(list_of(User)).status_code == 200
    assert may_see == Group.objects.filter(name=name).exists()
    return may_see


DEEDS = {
    "See every record and its history, drafts too": see,
    "Write a draft": write,
    "Delete a draft that the public has not seen": lambda c: delete(c, state="draft"),
    "Change what is public": lambda c: changed(c, factories.make_topic(), "label_en"),
    "Change a source that a public record cites": change_source,
    "Publish, or schedule": lambda c: step(c, ["publish", "schedule"], state="draft"),
    "Withdraw": lambda c: step(c, ["withdraw"]),
    "Show a draft to people outside, by a link": share,
    "Decide about a proposed change": decide,
    "Close a programme release": release,
    "Import a schedule": import_schedule,
    "Answer a reported error": answer,
    "Delete what the public has seen": delete,
    "Say what the forum is called": name_forum,
    "Manage accounts and groups": manage,
}


def test_the_table_of_roles_is_what_the_portal_does():
    found = {}
    for role in ROLES:
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        for what, deed in DEEDS.items():
            done = deed(client)
            cell = done if isinstance(done, str) else ("yes" if done else "no")
            found.setdefault(what, {})[role] = cell
    assert found == table()


def test_roles_are_kept_as_described_by_every_migrate():
    editors = Group.objects.get(name="Editor")
    before = set(editors.permissions.values_list("codename", flat=True))
    editors.permissions.clear()
    Group.objects.get(name="Viewer").delete()
    own = Group.objects.create(name="Translators")
    call_command("migrate", verbosity=0)
    assert set(editors.permissions.values_list("codename", flat=True)) == before
    assert Group.objects.filter(name="Viewer", permissions__isnull=False).exists()
    assert own.permissions.count() == 0
    publisher = Group.objects.get(name="Publisher")
    rights = set(publisher.permissions.values_list("codename", flat=True))
    kinds = [kind._meta.model_name for kind in record_kinds()]
    wanted = {f"{word}_{k}" for k in kinds for word in ("publish", "withdraw")}
    assert wanted <= rights


def test_who_may_only_look_opens_the_form_of_every_kind():
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(viewer)
    factories.make_regulation()
    factories.make_outcome()
    factories.make_person()
    for kind in record_kinds():
        # A key that no database keeps is one that is not there.
        for key in [*kind.objects.values_list("pk", flat=True)[:1], "9" * 30]:
            form = f"admin:{kind._meta.app_label}_{kind._meta.model_name}_change"
            answer = client.get(reverse(form, args=[key]))
            expected = 200 if isinstance(key, int) else 302
            assert (kind, answer.status_code) == (kind, expected)

"""
Whoever may not do a thing cannot, at whatever address of the admin they try it.

The addresses are those of the URL configuration; their forms are read as an
administrator gets them, filled in with what was not asked for, and sent by others.
"""

import logging
from collections import Counter
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from exchange.models import DatasetRelease, UploadedSchedule
from forum_portal.roles import EDITOR, VIEWER, is_written
from records.models import Correction, Operation, PreviewLink, Proposal, Record, Source
from records.operations import recording
from records.permissions import is_decided
from tests.attacks import trying
from tests.attacks.planting import Stocked, plain
from tests.exchange.dataset.releases import kept_in
from tests.leaks.planting import KINDS

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

# What signing in, looking around and working leave behind, whoever does it
TRACES = {
    "admin.LogEntry",
    "sessions.Session",
    "search.Dirty",
    "signing_in.SecurityEvent",
}
# Kinds of which a draft is tried as well: all share the pages of their life
DRAFTS = {KINDS["topic"], KINDS["session"]}
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


class Office:
    """Public records and drafts, all that editors work with, and who works there."""

    def __init__(self):
        self.stocked = Stocked(plain)
        self.chief = User.objects.create_superuser("chief", email="chief@example.org")
        self.staff = {}
        for role in (VIEWER, EDITOR):
            user = User.objects.create_user(role, is_staff=True)
            user.groups.add(Group.objects.get(name=role))
            self.staff[role] = user
        public, drafts = (
            {kind: records[0] for kind, records in of.items()}
            for of in (self.stocked.public, self.stocked.hidden)
        )
        self.records = public, drafts
        for records in (public, drafts):
            for record in records.values():
                name = f"{record.heading_field}_en"
                changes = {name: [getattr(record, name), "Proposed"]}
                Proposal.objects.create(
                    record=record,
                    author=self.chief,
                    changes={"fields": changes, "parts": []},
                )
                PreviewLink.objects.create(
                    record=record,
                    made_by=self.chief,
                    expires_at=timezone.now() + timezone.timedelta(days=3),
                )
                Correction.objects.create(record=record, language="en", wrong="This")
        with recording(Operation.Kind.IMPORT, "Twice", self.chief):
            for record in (public[KINDS["topic"]], drafts[KINDS["topic"]]):
                record.label_en += " imported"
                record.save()
        for record in (public[KINDS["mineral"]], drafts[KINDS["mineral"]]):
            gone = type(record)(slug=f"{record.slug}-gone", label_en="Gone")
            gone.kind, gone.state = record.kind, record.state
            gone.save()
            gone.delete()
        UploadedSchedule.objects.create(user=self.chief, name="x.csv", content=b"x")
        file = {"name": "x.zip", "size": 1, "sha256": "0"}
        DatasetRelease.objects.create(name="2026-01-01", files=[file])

    def client(self, user):
        client = Client()
        client.force_login(user)
        return client

    def keys(self, model):
        """Return the keys to try of a model: something public, and of some a draft."""
        if model in KINDS.values():
            public, drafts = self.records
            return [public[model].pk] + [drafts[model].pk] * (model in DRAFTS)
        return model._base_manager.order_by("pk").values_list("pk", flat=True)[:2]

    def addresses(self):
        session = self.stocked.public[KINDS["session"]][0]
        words = {
            **trying.WORDS,
            "session": [session.pk],
            "token": [one.token for one in UploadedSchedule.objects.all()],
            "content_type_id": [ContentType.objects.get_for_model(session).pk],
            "app": ["topics"],
            "model": ["topic"],
            "name": ["topics"],
            "file_format": ["csv"],
            "kind": ["csv"],
            "uidb64": ["MQ"],
            "id": [self.chief.pk],
        }
        return list(dict.fromkeys(trying.addresses(self.keys, words)))


@pytest.fixture(scope="module")
def office(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    logging.disable(logging.ERROR)
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        kept_in(folder),
        override_settings(MEDIA_ROOT=folder / "media"),
    ):
        yield Office()
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


@contextmanager
def undone():
    """Take back all that is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Written:
    """Notes whether anything is written but traces."""

    def __init__(self):
        self.tables = set()
        self.known = {
            model._meta.db_table
            for model in apps.get_models(include_auto_created=True)
            if model._meta.label not in TRACES
        }

    def __call__(self, execute, sql, params, many, context):
        if sql.lstrip().upper().startswith(WRITES):
            self.tables |= {name for name in self.known if f'"{name}"' in sql}
        return execute(sql, params, many, context)


def rows(tables=None):
    """Return {(model, key): values} of what is stored in tables, but for traces."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label in TRACES or not (
            tables is None or model._meta.db_table in tables
        ):
            continue
        columns = [field.attname for field in model._meta.concrete_fields]
        for values in model._base_manager.values_list("pk", *columns).iterator():
            found[model, values[0]] = dict(zip(columns, values[1:], strict=True))
    return found


def owners(model, values):
    """Return the records and sources that a row is, or is a part of."""
    if issubclass(model, Record | Source):
        return [model._base_manager.filter(pk=values["id"]).first()]
    found = []
    for field in model._meta.concrete_fields:
        there = field.related_model
        if there and issubclass(there, Record) and values[field.attname]:
            found.append(there._base_manager.filter(pk=values[field.attname]).first())
    if "object_id" in values and values.get("content_type_id"):
        kind = ContentType.objects.get_for_id(values["content_type_id"]).model_class()
        if issubclass(kind, Record):
            found.append(kind._base_manager.filter(pk=values["object_id"]).first())
    return found


class Attempt:
    """Somebody's attempts; `faults` are sentences about what went through."""

    def __init__(self, user, client, before):
        self.user, self.client, self.before = user, client, before
        self.cookies = client.cookies.copy()
        self.faults, self.statuses, self.went_through = [], Counter(), []

    def send(self, address, sent, method="post"):
        """Send it, note what it wrote and may not have, and take it back."""
        self.client.cookies = self.cookies.copy()  # one form signs out
        written = Written()
        with undone():
            with connection.execute_wrapper(written):
                answer = getattr(self.client, method)(address, sent)
            self.statuses[answer.status_code] += 1
            if answer.status_code >= 500:
                self.faults.append(f"{address}: {answer.status_code}")
            changes = self.changes(written.tables) if written.tables else []
            wrong = [
                f"{address} {sent.get('action', '')}: {told(*change)}"
                for change in changes
                if not self.may(change[0], *change[2:])
            ]
        self.faults += wrong
        if changes:
            self.went_through.append((address, sent))
        return answer

    def changes(self, tables):
        """Return (model, key, row before, row after) of what differs."""
        after = rows(tables)
        before = {
            one: row
            for one, row in self.before.items()
            if one[0]._meta.db_table in tables
        }
        return [
            (*one, before.get(one), after.get(one))
            for one in before.keys() | after.keys()
            if before.get(one) != after.get(one)
        ]

    def may(self, model, old, new):
        """Tell whether this user may have made that row of this one; None is none."""
        label = model._meta.label
        here = [row for row in (old, new) if row]
        if hasattr(model, "instance_type"):  # a version of what is looked at itself
            return True
        if old and not new and owners(model, old) == [None]:
            return True  # It went with a draft of its own, of which see there.
        if label in OWN:
            return {row[OWN[label]] for row in here} == {self.user.pk}
        if label == "records.OperationRow":
            return Operation.objects.get(pk=new["operation_id"]).user == self.user
        if self.user.username != EDITOR or label not in WRITTEN:
            return False
        found = [one for row in here for one in owners(model, row)]
        return bool(found) and not any(one and is_decided(one) for one in found)


# Rows of somebody's own, by the column that says whose
OWN = {
    "records.Proposal": "author_id",
    "records.Operation": "user_id",
    "records.Subscription": "user_id",
    "otp_totp.TOTPDevice": "user_id",
    "otp_static.StaticDevice": "user_id",
}
# What editors write of drafts: records with their tags, parts, sources
WRITTEN = {
    model._meta.label
    for model in apps.get_models(include_auto_created=True)
    if is_written(model) or is_written(model._meta.auto_created or User)
}


def told(model, key, old, new):
    """Return what became of a row, in short."""
    row = {
        name: (old and old[name], new and new[name])
        for name in old or new
        if not (old and new) or old[name] != new[name]
    }
    return f"{model._meta.label} {key}: {str(row)[:200]}"


def public_pages(office):
    """Return {address: bytes} of what a visitor sees of every kind of record."""
    visitor, pages = Client(), {}
    for kind, records in office.stocked.public.items():
        for record in [*records, office.stocked.hidden[kind][0]]:
            page = visitor.get(record.get_absolute_url())
            pages[record.get_absolute_url()] = page.status_code, page.content
        for address in (reverse(kind.index), f"/api/v1{reverse(kind.index)[3:]}"):
            pages[address] = visitor.get(address).content
    for address in ("/en/", "/zh-hans/about/coverage/", "/en/search/?q=words"):
        pages[address] = visitor.get(address).content
    return pages


@pytest.fixture(scope="module")
def tried(office):
    """All that an administrator could send from any page of the admin."""
    chief = office.client(office.chief)
    seen, found = Counter(), []
    for address in office.addresses():
        page = trying.page_of(address)
        seen[page] += 1
        if "#" in page or seen[page] <= 2:  # such as the empty forms
            found += trying.forms(chief.get(address), address)
    kept = trying.sample(found, most=1)
    assert len(kept) > 150
    return kept


def test_who_may_only_look_changes_nothing_by_any_form(office, tried):
    viewer = office.staff[VIEWER]
    attempt = Attempt(viewer, office.client(viewer), rows())
    for address, sent in tried:
        attempt.send(address, sent)
    assert attempt.faults == []
    assert attempt.statuses[403] > 100


def test_an_editor_makes_nothing_public_by_any_form(office, tried):
    editor, pages = office.staff[EDITOR], public_pages(office)
    attempt = Attempt(editor, office.client(editor), rows())
    for address, sent in tried:
        attempt.send(address, sent)
    assert attempt.faults == []
    # Forms were filled in well: drafts are written, changes of what is public proposed.
    through = {address for address, _sent in attempt.went_through}
    for kind in KINDS.values():
        form = f"admin:{kind._meta.app_label}_{kind._meta.model_name}_change"
        records = [of[kind] for of in office.records][: 1 + (kind in DRAFTS)]
        assert [reverse(form, args=[one.pk]) in through for one in records] == [
            True for _one in records
        ]
    with undone():
        for address, sent in attempt.went_through:
            attempt.client.post(address, sent)
        assert rows() != attempt.before
        assert public_pages(office) == pages


def test_who_has_not_signed_in_is_sent_to_do_so(office):
    attempt = Attempt(None, Client(), rows())
    open_to_all = Counter()
    for address in office.addresses():
        answers = [attempt.send(address, {}, "get"), attempt.send(address, {})]
        if {answer.status_code for answer in answers} != {302}:
            open_to_all[address] += 1
        else:
            assert "/admin/" in answers[0]["Location"]
    assert attempt.faults == attempt.went_through == []
    assert all("/login/" in one or "password-reset" in one for one in open_to_all)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_other_site_can_send_anything_in_the_name_of_staff(office, method):
    client = Client(enforce_csrf_checks=True)
    client.force_login(office.chief)
    attempt = Attempt(office.chief, client, rows())
    pages = {trying.page_of(address): address for address in office.addresses()}
    for address in list(pages.values())[:: 1 if method == "post" else 9]:
        answer = attempt.send(address, trying.FORGED, method)
        # Some pages do not know the method, and say so before they look.
        assert answer.status_code in {403, 405}
    assert attempt.went_through == []

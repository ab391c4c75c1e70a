"""Two records that are one thing, and one that was two."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core import serializers
from django.urls import reverse
from django.utils import timezone

from organizations.models import Organization, Person
from records.merging import Merge, MergeError
from records.models import AltName, FormerSlug, Merged, Operation
from records.splitting import Split
from records.undo import UndoRefusedError
from sessions.models import Contribution
from tests import factories as make
from topics.models import Topic

pytestmark = pytest.mark.django_db
OURS = {"organizations", "topics", "forum_sessions", "records"}


def rows():
    """Return every row of content as text: no history, nothing derived from others."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        name = model.__name__
        if model._meta.app_label not in OURS or name.startswith(
            ("Historical", "Operation")
        ):
            continue
        for thing in serializers.serialize(
            "python", model._base_manager.order_by("pk")
        ):
            # A tag is the pair of its ends, whatever its key.
            key = thing["pk"] if not model._meta.auto_created else None
            fields = {n: v for n, v in thing["fields"].items() if n != "updated_at"}
            found.setdefault(name, []).append((key, fields))
    return {
        name: sorted(map(repr, things)) if things else []
        for name, things in found.items()
    }


@pytest.fixture
def two():
    """Return one person twice, with all that may hang on a person, some of it twice."""
    stays = make.make_person(slug="ngozi-okafor", name_en="Ngozi Okafor")
    goes = make.make_person(
        slug="okafor-n",
        name_en="Okafor, N.",
        name_zh_hans="恩戈齐·奥卡福",
        role_en="Minister",
        bio_en="Her life.",
        orcid="0000-0002-1825-0097",
    )
    house, mine = make.make_organization(), make.make_organization()
    session, other = make.make_session(), make.make_session()
    make.make_contribution(session, stays, "speaker")
    make.make_contribution(
        session, goes, "speaker", organization=house, recording_consent="refused"
    )
    make.make_contribution(session, goes, "host")
    make.make_contribution(other, goes, "speaker")
    make.make_edition_role(session.edition, stays, "speaker")
    make.make_edition_role(session.edition, goes, "speaker", note_en="Opening day")
    make.make_affiliation(person=stays, organization=mine)
    make.make_affiliation(person=goes, organization=mine, title_en="Chair")
    make.make_affiliation(person=goes, organization=house)
    make.make_outcome(edition=session.edition, people=[stays, goes])
    make.make_outcome(edition=session.edition, people=[goes])
    make.make_citation(goes)
    AltName.objects.create(record=goes, text="Ngozi Okafor")
    goes.slug = "n-okafor"
    goes.save()
    return stays, goes


def test_what_hung_on_two_hangs_on_one_and_nothing_twice(two, client):
    stays, goes = two
    uid, key = goes.uid, goes.pk
    client.force_login(User.objects.create_superuser("admin"))
    Merge(stays, [goes]).do({"name_en": stays.pk, "orcid": goes.pk})
    assert [p.name_en for p in Person.objects.all()] == ["Ngozi Okafor"]
    person = Person.objects.get()
    assert (person.role_en, person.bio_en, person.name_zh_hans, person.orcid) == (
        "Minister",
        "Her life.",
        "恩戈齐·奥卡福",
        "0000-0002-1825-0097",
    )
    assert person.html == {"bio_en": "<p>Her life.</p>"}
    said = Contribution.objects.order_by("session_id", "role").values_list(
        "person", "role", "organization__slug", "recording_consent"
    )
    house = Organization.objects.first().slug
    assert list(said) == [
        (stays.pk, "host", None, ""),
        (stays.pk, "speaker", house, "refused"),
        (stays.pk, "speaker", None, ""),
    ]
    assert [role.note_en for role in person.edition_roles.all()] == ["Opening day"]
    assert sorted(a.title_en or "" for a in person.affiliations.all()) == ["", "Chair"]
    assert person.outcomes.count() == 2
    assert person.citations.count() == 1
    names = list(person.alt_names.values_list("text", "language"))
    assert names == [("Okafor, N.", "en")]
    [merged] = Merged.objects.all()
    assert (merged.record, merged.uid, merged.former_id) == (person, uid, key)
    for former in ("okafor-n", "n-okafor"):
        for end in ("/", ".json"):
            answer = client.get(f"/en/people/{former}{end}")
            assert answer.status_code == 301
            assert answer.url == f"/en/people/ngozi-okafor{end}"
        # A version of it is asked of the record that stays, which tells if it has none.
        for asked, status in (("2020-01-01", 404), (str(timezone.localdate()), 200)):
            answer = client.get(f"/en/people/{former}/?version={asked}&x=1")
            assert answer.url == f"/en/people/ngozi-okafor/?version={asked}&x=1"
            assert client.get(answer.url).status_code == status


def test_after_it_is_taken_back_every_row_is_as_before(two):
    stays, goes = two
    before = rows()
    operation = Merge(stays, [goes]).do({"name_en": goes.pk})
    assert operation.kind == "merge"
    assert operation.summary == "Okafor, N. into Ngozi Okafor"
    merged = rows()
    assert merged != before
    operation.undo()
    assert rows() == before


def test_it_is_not_taken_back_over_what_somebody_wrote_since(two):
    stays, goes = two
    operation = Merge(stays, [goes]).do()
    person = Person.objects.get()
    person.role_en = "President"
    person.save()
    with pytest.raises(UndoRefusedError):
        operation.undo()
    assert Person.objects.get().role_en == "President"


def test_a_public_record_never_goes_into_one_that_is_not():
    public, draft = make.make_topic(), make.make_topic(state="draft")
    with pytest.raises(MergeError):
        Merge(draft, [public])
    Merge(public, [draft]).do()
    assert not FormerSlug.objects.exists()


def test_a_tree_stays_a_tree():
    top = make.make_topic()
    middle = make.make_topic(parent=top)
    low = make.make_topic(parent=middle)
    leaf = make.make_topic(parent=low)
    session = make.make_session(topics=[top, low])
    topics = {topic.pk for topic in session.topics.all()}
    operation = Merge(low, [top]).do()
    assert dict(Topic.objects.values_list("pk", "parent")) == {
        low.pk: None,
        middle.pk: low.pk,
        leaf.pk: low.pk,
    }
    assert [t.pk for t in session.topics.all()] == [low.pk]
    operation.undo()
    assert Topic.objects.get(pk=low.pk).parent == middle
    assert {t.pk for t in session.topics.all()} == topics


def test_one_record_that_was_two_is_made_two_and_back(two):
    person, _goes = two
    before = rows()
    split = Split(person)
    here = {one.model.__name__: one for one in split.things}
    [spoken] = split.things[here["Contribution"]]
    made = split.do(
        {"name_en": "Ngozi Okafor (geologist)", "slug": "okafor-geologist"},
        ["sort_name"],
        {here["Contribution"]: {spoken.pk}, here["Outcome"]: set()},
    )
    assert made.state == "draft"
    assert [c.pk for c in made.contributions.all()] == [spoken.pk]
    assert not person.contributions.exists()
    with pytest.raises(MergeError):
        split.do({"name_en": "Again", "slug": "okafor-geologist"}, [], {})
    Operation.objects.get(kind="split").undo()
    assert rows() == before


def address(page, *args):
    return reverse(f"admin:organizations_person_{page}", args=args)


def test_an_organizer_compares_confirms_and_sees_what_moves(two, client):
    stays, goes = two
    client.force_login(User.objects.create_superuser("admin"))
    page = client.get(address("duplicates"))
    [(pair, may)] = page.context["pairs"]
    assert (pair[:2], may) == ((stays, goes), True)
    path = f"{address('merge')}?record={stays.pk}&record={goes.pk}"
    page = client.get(path)
    assert {(s.label, s.count) for s in page.context["merge"].moving} == {
        ("Affiliations", 2),
        ("Citations", 1),
        ("Contributions", 3),
        ("Former addresses", 1),
        ("Other names", 1),
        ("Outcomes", 2),
        ("Roles", 1),
    }
    form = page.context["form"]
    sent = {bound.html_name: bound.value() for bound in form}
    sent["name_en"] = str(goes.pk)
    confirm = client.post(path, sent)
    assert ("Name (English)", "Okafor, N.") in confirm.context["form"].in_words()
    assert Person.objects.count() == 2
    stale = client.post(path, {**sent, "seen": "1@0", "confirm": "1"})
    assert "changed since" in str(stale.context["form"].errors)
    done = client.post(path, {**sent, "confirm": "1"})
    assert done.url == address("change", stays.pk)
    assert Person.objects.get().name_en == "Okafor, N."
    operation = Operation.objects.get()
    assert operation.user.username == "admin"


def test_who_may_not_publish_merges_drafts_alone(two, client):
    stays, goes = two
    draft, twin = (make.make_person(name_en="Wu", state="draft") for _ in range(2))
    user = User.objects.create_user("editor", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    client.force_login(user)
    before = rows()
    for one, other in ((stays, goes), (goes, draft)):
        path = f"{address('merge')}?record={one.pk}&record={other.pk}"
        assert client.get(path).status_code == 403
        assert client.post(path, {"confirm": "1"}).status_code == 403
    assert client.post(address("split", stays.pk), {}).status_code == 403
    assert rows() == before
    path = f"{address('merge')}?record={draft.pk}&record={twin.pk}"
    form = client.get(path).context["form"]
    sent = {bound.html_name: bound.value() for bound in form}
    client.post(path, {**sent, "confirm": "1"})
    assert Person.objects.filter(name_en="Wu").count() == 1


def test_bad_requests_are_answered_in_words(client):
    client.force_login(User.objects.create_superuser("admin"))
    pks = [make.make_person().pk for _ in range(6)]
    for query in ("", "?record=x", f"?record={pks[0]}&record=99999999999999999999"):
        assert client.get(address("merge") + query).status_code == 302
    many = "&".join(f"record={pk}" for pk in pks)
    assert client.get(f"{address('merge')}?{many}").status_code == 302
    path = f"{address('merge')}?record={pks[0]}&record={pks[1]}"
    answer = client.post(path, {"seen": "", "name_en": "no", "confirm": "1"})
    assert answer.status_code == 200
    assert Person.objects.count() == 6

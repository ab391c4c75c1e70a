"""Help with writing: previews, pasted HTML, and nothing of a text that is run."""

import time

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import translation
from modeltranslation.fields import TranslationField

from records.admin.writing import guide
from records.languages import TAGS
from records.models import AltName, record_kinds
from records.text import LONGEST
from tests.factories import make_topic
from tests.records.test_admin import MODELS

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"
FINE = "Ngozi 👩🏽‍🔬 \u202eעברית\u202c العربية"
WORD = (
    '<html xmlns:w="urn:schemas-microsoft-com:office:word"><head><style>p.MsoNormal'
    "{margin:0}</style></head><body><!--StartFragment--><p class=MsoNormal>"
    '<b>First</b><o:p></o:p> of <i style="mso-bidi-font-style:normal">all</i></p>'
    '<ul><li><a href="https://example.org/">Here</a></li></ul>'
    "<script>alert(1)</script><!--EndFragment--></body></html>"
)

pytestmark = pytest.mark.django_db


def test_a_preview_is_the_html_that_the_public_would_see(admin_client):
    path = reverse("admin:topics_topic_markdown")
    answer = admin_client.post(path, {"text": f"# One\n\n**Two** {EVIL}"})
    assert answer.content.decode() == (
        "<h3>One</h3>\n<p><strong>Two</strong> "
        "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;</p>"
    )


def test_what_is_pasted_from_word_becomes_markdown(admin_client):
    path = reverse("admin:topics_topic_markdown")
    answer = admin_client.post(path, {"html": WORD})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == (
        "**First** of *all*\n\n- [Here](https://example.org/)"
    )


def test_lists_of_word_become_lists(admin_client):
    item = (
        "<p class=MsoListParagraph style='text-indent:-.25in;mso-list:l0 level1 lfo1'>"
        "<![if !supportLists]><span style='font-family:Symbol'>"
        "<span style='mso-list:Ignore'>{}<span>&nbsp;&nbsp; </span></span></span>"
        "<![endif]>{}<o:p></o:p></p>\n"
    )
    rows = [("·", "One <b>x</b>"), ("·", "Two"), ("1.", "First"), ("2.", "Second")]
    pasted = "<p>Before</p>" + "".join(item.format(*row) for row in rows)
    path = reverse("admin:topics_topic_markdown")
    answer = admin_client.post(path, {"html": pasted})
    assert answer.content.decode() == (
        "Before\n\n- One **x**\n- Two\n\n1. First\n2. Second"
    )


def test_previews_are_for_staff_who_see_the_kind_by_post_and_of_texts(client):
    path = reverse("admin:topics_topic_markdown")
    assert client.post(path, {"text": "x"}).status_code == 302
    client.force_login(User.objects.create_user("viewer", is_staff=True))
    assert client.post(path, {"text": "x"}).status_code == 403
    client.force_login(User.objects.create_superuser("admin"))
    assert client.get(path).status_code == 405
    assert client.post(path, {"text": "x" * (LONGEST + 1)}).status_code == 413
    assert client.post(path).content == b""


@pytest.mark.parametrize(
    "repeated",
    [
        "<" + " " * 60_000,
        "<!--" * 15_000,
        "<script " * 7_000,
        "<a " * 20_000,
        "<p " * 20_000 + ">",
        " " * 60_000,
        "<p style='mso-list: l0'>" * 2_500,
        "[" * 60_000,
        "[a](" * 15_000,
    ],
)
def test_no_text_takes_time_that_grows_with_its_square(admin_client, repeated):
    # What does would take minutes, in which the worker answers nobody.
    began = time.process_time()
    path = reverse("admin:topics_topic_markdown")
    for before in ("<p>x</p>", "<b>x</b>"):
        assert admin_client.post(path, {"html": before + repeated}).status_code == 200
    make_topic(definition_en=repeated[:LONGEST])
    assert time.process_time() - began < 20


def test_a_text_that_is_too_long_is_refused_at_its_field():
    topic = make_topic(definition_zh_hans="x" * (LONGEST + 1))
    with pytest.raises(ValidationError) as refused:
        topic.full_clean()
    assert list(refused.value.message_dict) == ["definition_zh_hans"]


def test_fields_say_how_long_a_text_does_well_in_each_language(admin_client):
    page = admin_client.get(reverse("admin:forum_sessions_session_add"))
    fields = page.context["adminform"].form.fields
    assert fields["abstract_en"].help_text == "Markdown. About 100 to 300 words."
    assert fields["abstract_zh_hans"].help_text == (
        "Markdown. About 160 to 480 characters."
    )
    assert guide("definition", "zh-hans") == (20, 120)


def texts_of(model):
    """Return the columns of a model that anybody may write anything into."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, models.URLField | models.FileField)
        and field.editable
        and not field.choices
        and not field.validators[1:]
        and (
            isinstance(field, TranslationField)
            or not hasattr(model, f"{field.name}_en")
        )
        and (field.max_length or 1000) >= len(EVIL)
        and "language" not in field.name
    ]


@pytest.mark.parametrize("model", record_kinds(), ids=lambda m: m._meta.model_name)
def test_no_text_of_any_kind_is_run_and_none_is_lost(admin_client, model):
    record = MODELS[model._meta.model_name]()
    names = [n for n in texts_of(model) if n not in {"slug", "time_zone", "code"}]
    for name in names:
        # Short fields hold the end of it: what would be run.
        longest = model._meta.get_field(name).max_length or 1000
        setattr(record, name, f"{FINE} {EVIL}"[-longest:])
    record.save()
    AltName.objects.create(record=record, text=EVIL)
    meta = model._meta
    name = f"admin:{meta.app_label}_{meta.model_name}"
    paths = [
        reverse(f"{name}_change", args=[record.pk]),
        reverse(f"{name}_history", args=[record.pk]),
    ]
    for language in TAGS:
        with translation.override(language):
            page = record.get_absolute_url()
        paths.append(page)
    paths.append(f"{page[:-1]}.jsonld")
    for path in paths:
        answer = admin_client.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        if "json" not in path:
            assert "<script>alert" not in text, path
            assert "<img src=x" not in text, path
    stored = model.objects.get(pk=record.pk)
    assert FINE in stored.note_en
    assert EVIL in stored.note_en
    assert "<script" not in str(stored.html)

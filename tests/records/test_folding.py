import pytest
from django.conf import settings
from django.template import Context, Engine, TemplateDoesNotExist
from django.template.base import TextNode
from django.test import override_settings
from django.urls import NoReverseMatch, set_script_prefix
from django.utils.translation import override

from tests.pages import LANGUAGES, page_types

pytestmark = pytest.mark.either_database

ICON = '{% comment %}name{% endcomment %}<i>{% if name == "pen" %}P{% endif %}</i>'
NOTE = "({% if text %}{{ text }}{% endif %})"
FOUND = [
    f"django.template.loaders.{name}.Loader"
    for name in ("filesystem", "app_directories")
]


def engine(page, **others):
    """Return what loads this page, folded, and the templates that it includes."""
    locmem = "django.template.loaders.locmem.Loader"
    texts = {"page": page, "icon": ICON, "note": NOTE, **others}
    return Engine(
        loaders=[("records.folding.Loader", [(locmem, texts)])],
        builtins=[
            *settings.TEMPLATES[0]["OPTIONS"]["builtins"],
            "records.templatetags.records",
        ],
    )


def shown(loads, language="en", **values):
    with override(language):
        return loads.get_template("page").render(Context(values))


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ('{% translate "Programme" %}', "Programme", "议程"),
        ("{% blocktranslate %}Search{% endblocktranslate %}", "Search", "搜索"),
        ('<a href="{% url "home" %}">', '<a href="/en/">', '<a href="/zh-hans/">'),
        ("A{% comment %}no{% endcomment %}{% comma %}B", "A, B", "A，B"),
        ('{% include "icon" with name="pen" only %}', "<i>P</i>", "<i>P</i>"),
        ('{% include "icon" with name="<b>" only %}', "<i></i>", "<i></i>"),
        ('{% include "note" with text=_("Search") only %}', "(Search)", "(搜索)"),
    ],
)
def test_what_only_the_language_changes_is_text_once_loaded(text, english, chinese):
    loads = engine(text)
    for code, said in (("en", english), ("zh-hans", chinese), ("en", english)):
        with override(code):
            (only,) = loads.get_template("page").nodelist
        assert (type(only), only.s) == (TextNode, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{% include "note" with text=name only %}', "(&lt;b&gt;)"),
        ('{% include "note" with text=_("Search") %}', "(搜索)"),
        ('{% include "note" %}', "(seen)"),
        ('{% translate "Search" as text %}[{{ text }}]', "[搜索]"),
        ('{% if name %}{% translate "Search" %}{% else %}-{% endif %}', "搜索"),
        ('{% for one in name %}{% translate "Search" %}{% endfor %}', "搜索" * 3),
        ("{% autoescape off %}{{ name }}{% endautoescape %}{{ name }}", "<b>&lt;b&gt;"),
        ('{% language "en" %}{% translate "Search" %}{% endlanguage %}', "Search"),
        ('{% language "en" %}{% include "word" %}{% endlanguage %}', "Search"),
        ('{% include "word" %}{% include which %}', "搜索搜索"),
        ("{% verbatim %}{% comma %}{% endverbatim %}", "{% comma %}"),
    ],
)
def test_what_a_request_changes_is_shown_as_ever(text, said):
    loads = engine(text, word='{% translate "Search" %}')
    values = {"name": "<b>", "text": "seen", "which": "word"}
    assert [shown(loads, "zh-hans", **values) for _turn in range(2)] == [said, said]


def test_blocks_are_folded_in_the_page_and_in_what_it_extends():
    loads = engine(
        '{% extends "whole" %}{% block main %}{{ block.super }}{% translate "Search" %}'
        "{% endblock %}",
        whole='[{% block main %}{% url "home" %} {% endblock %}{% comma %}]',
    )
    assert shown(loads, "zh-hans") == "[/zh-hans/ 搜索，]"
    assert shown(loads, "en") == "[/en/ Search, ]"


def test_an_address_begins_with_the_prefix_that_the_site_has_now():
    loads = engine('{% url "home" %}')
    try:
        set_script_prefix("/forum/")
        assert shown(loads) == "/forum/en/"
    finally:
        set_script_prefix("/")
    assert shown(loads) == "/en/"


def test_a_mistake_is_told_when_it_is_shown_and_not_before():
    for text, error in (
        ('{% url "nowhere" %}', NoReverseMatch),
        ('{% include "none" %}', TemplateDoesNotExist),
        ('{% include "none" with name="a" only %}', TemplateDoesNotExist),
    ):
        loads = engine("{% if name %}" + text + "{% endif %}")
        assert shown(loads) == ""
        with pytest.raises(error):
            shown(loads, name="a")


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_the_same_as_without_folding(client, content, language):
    (site,) = settings.TEMPLATES
    options = {**site["OPTIONS"], "loaders": FOUND}
    for name, path in page_types()[:20]:
        folded = client.get(f"/{language}/{path}").content.decode()
        with override_settings(TEMPLATES=[{**site, "OPTIONS": options}]):
            plain = client.get(f"/{language}/{path}").content.decode()
        assert (name, folded) == (name, plain)

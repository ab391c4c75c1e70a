import datetime

import pytest
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.utils import translation
from django.utils.html import strip_tags

from records.models import Citation
from tests.factories import make_organization, make_regulation, make_session

pytestmark = pytest.mark.django_db


def show(source, language="en", **context):
    with translation.override(language):
        return Template("{% load records %}" + source).render(Context(context))


def test_a_text_is_shown_in_the_language_of_the_page():
    session = make_session(title_en="Water", title_zh_hans="水")
    shown = "{{ s|heading }} / {{ s|other_heading }}"
    assert show(shown, s=session) == 'Water / <span lang="zh-Hans">水</span>'
    assert show(shown, "zh-hans", s=session) == '水 / <span lang="en">Water</span>'


def test_a_missing_translation_is_shown_in_the_other_language_and_says_so():
    session = make_session(title_en="", title_zh_hans="水")
    shown = "{{ s|heading }}{{ s|other_heading }} {{ s|is_untranslated:'title' }}"
    assert show(shown, s=session) == '<span lang="zh-Hans">水</span> True'
    assert show(shown, "zh-hans", s=session) == "水 False"


def test_a_name_in_a_third_language_says_so_in_both():
    giz = make_organization(
        slug="giz", name_en="Gesellschaft", name_zh_hans="机构", name_language="de"
    )
    assert show("{{ o|heading }}", o=giz) == '<span lang="de">Gesellschaft</span>'
    assert show("{{ o|other_heading }}", "zh-hans", o=giz) == (
        '<span lang="de">Gesellschaft</span>'
    )


def test_the_language_of_a_law_is_that_of_its_official_title():
    law = make_regulation(
        short_name_en="Duty of vigilance",
        official_title_en="Loi n° 2017-399",
        name_language="fr",
    )
    shown = "{{ r|heading }}, {{ r|text:'official_title' }}"
    assert show(shown, r=law) == (
        'Duty of vigilance, <span lang="fr">Loi n° 2017-399</span>'
    )


def test_names_are_escaped_wherever_they_are_shown():
    session = make_session(title_en="<b>&", title_zh_hans="<i>")
    assert show("{{ s|heading }}{{ s|link }}{{ s|other_heading }}", s=session) == (
        f'&lt;b&gt;&amp;<a href="/en/sessions/{session.slug}/">&lt;b&gt;&amp;</a>'
        '<span lang="zh-Hans">&lt;i&gt;</span>'
    )


def test_prose_carries_its_language_when_it_is_the_other_one():
    session = make_session(abstract_en="Text")
    assert show("{{ s|prose:'abstract' }}", s=session) == "<p>Text</p>"
    assert show("{{ s|prose:'abstract' }}", "zh-hans", s=session) == (
        '<div lang="en"><p>Text</p></div>'
    )


@pytest.mark.parametrize(
    ("iso", "english", "chinese"),
    [
        ("2016", "2016", "2016年"),
        ("2016-04", "April 2016", "2016年4月"),
        ("2020-12-10", "10 December 2020", "2020年12月10日"),
        ("spring", "spring", "spring"),
    ],
)
def test_a_milestone_without_source_is_named_by_its_date_in_words(
    iso, english, chinese
):
    citation = Citation(about=f"milestone@{iso}")
    assert citation.about_name == f"the milestone of {english}"
    with translation.override("zh-hans"):
        assert citation.about_name == f"{chinese}的节点"


@pytest.mark.parametrize(
    ("last", "english", "chinese"),
    [
        ("2023-09-22", "20–22 Sep 2023", "2023年9月20–22日"),
        ("2023-10-02", "20 Sep–2 Oct 2023", "2023年9月20日–10月2日"),
        ("2024-01-02", "20 Sep 2023–2 Jan 2024", "2023年9月20日–2024年1月2日"),
        ("2023-09-20", "20 Sep 2023", "2023年9月20日"),
    ],
)
def test_a_stretch_of_days_has_a_short_form(last, english, chinese):
    source = "{% period first last short=True %}"
    days = {"first": datetime.date(2023, 9, 20)}
    days["last"] = datetime.date.fromisoformat(last)
    assert strip_tags(show(source, **days)) == english
    assert strip_tags(show(source, "zh-hans", **days)) == chinese


def test_a_spoken_language_has_a_name_in_both_languages():
    shown = (
        '{{ "zh"|language_name }}, {{ "de"|language_name }}, {{ "xx"|language_name }}'
    )
    assert show(shown) == "Chinese, German, xx"
    assert show(shown, "zh-hans") == "中文, 德语, xx"


@pytest.mark.parametrize("code", ["de", "zh-Hans", "zh-Hant-TW", "es-419", "yue"])
def test_a_language_is_told_by_its_code(code):
    make_session(name_language=code).full_clean(exclude=["title"])


@pytest.mark.parametrize("code", ["German", "中文", "d", "de_DE", "de-", "de\n", "EN"])
def test_what_is_no_code_of_a_language_is_refused(code):
    with pytest.raises(ValidationError) as caught:
        make_session(name_language=code).full_clean(exclude=["title"])
    assert set(caught.value.error_dict) == {"name_language"}

import datetime

import pytest
from django.template import Context, TemplateSyntaxError, engines
from django.urls import set_script_prefix
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from organizations.models import Organization
from sessions.models import Outcome

pytestmark = pytest.mark.either_database


def template(content, given=""):
    text = "{% load kept %}{% kept " + given + " %}" + content + "{% endkept %}"
    return engines["django"].from_string(text).template


def shown(parsed, **values):
    return parsed.render(Context(values))


def test_a_kept_part_is_rendered_once_for_each_set_of_values():
    counted = []
    said = template("{{ name }}{% firstof count %}", "with name=name count=count")
    node = said.nodelist[1]
    render = node.nodelist.render
    node.nodelist.render = lambda context: counted.append(1) or render(context)
    asked = [shown(said, name=name, count=3) for name in ("a", "b", "a", "b", "a")]
    assert asked == ["a3", "b3", "a3", "b3", "a3"]
    assert len(counted) == 2


def test_each_language_has_its_own_text():
    said = template('{% translate "Programme" %}')
    with override("zh-hans"):
        chinese = shown(said)
    assert (chinese, shown(said)) == ("议程", "Programme")


def test_nothing_else_of_the_page_is_seen_within():
    said = template("[{{ secret }}{{ request }}{{ name }}]", "with name=name")
    assert shown(said, secret="a", request="b", name="c") == "[c]"


def test_a_value_is_escaped_unless_it_is_safe_even_where_both_were_shown():
    said = template("{{ name }}", "with name=name")
    for _turn in range(2):
        assert shown(said, name="<b>") == "&lt;b&gt;"
        assert shown(said, name=mark_safe("<b>")) == "<b>"


def test_equal_values_of_two_kinds_are_two():
    said = template("{{ value }}", "with value=value")
    asked = [shown(said, value=value) for value in (1, True, 1, None, "")]
    assert asked == ["1", "True", "1", "None", ""]


def test_labels_and_dates_are_values():
    said = template("{{ value }}", "with value=value")
    label = _("Programme")
    assert shown(said, value=label) == "Programme"
    with override("zh-hans"):
        assert shown(said, value=label) == "议程"
    assert shown(said, value=Outcome.Status.FULFILLED) == "fulfilled"
    assert shown(said, value=datetime.date(2023, 9, 22)) == "22 September 2023"


def test_a_record_is_no_value():
    said = template("{{ one }}", "with one=one")
    with pytest.raises(TypeError, match="Organization"):
        shown(said, one=Organization(name="A"))


def test_addresses_follow_where_the_portal_is_mounted():
    said = template('{% url "home" %}')
    try:
        set_script_prefix("/forum/")
        assert shown(said) == "/forum/en/"
    finally:
        set_script_prefix("/")
    assert shown(said) == "/en/"


@pytest.mark.parametrize("given", ["name=name", "with name", "with name=name other"])
def test_what_kept_does_not_understand_is_said(given):
    with pytest.raises(TemplateSyntaxError, match="kept"):
        template("", given)

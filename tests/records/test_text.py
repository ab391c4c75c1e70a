import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.text import TAGS, markdown_to_html, sort_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Chengdu", "chengdu"),
        ("《关键矿产》", "guan jian kuang chan"),
        ("Pontificia Católica", "pontificia catolica"),
        ("DCAF – Geneva", "dcaf geneva"),
        ("", ""),
    ],
)
def test_a_sort_key_is_plain_lower_case_latin(text, key):
    assert sort_key(text) == key


def test_headings_in_a_text_stay_below_those_of_the_page():
    assert markdown_to_html("# One\n\n## Two\n\n##### Five") == (
        "<h3>One</h3>\n<h4>Two</h4>\n<h4>Five</h4>"
    )


def test_links_leave_no_referrer_and_only_go_to_web_or_mail():
    assert markdown_to_html("[a](https://a.org) [b](data:text/html,x)") == (
        '<p><a href="https://a.org" rel="noopener noreferrer">a</a> '
        "[b](data:text/html,x)</p>"
    )


@given(
    st.text(
        alphabet=st.sampled_from("<>/\"'=[]()!*_#`\n javscriptonerhf:&"), max_size=80
    )
)
def test_no_text_whatever_brings_in_other_tags_or_attributes(text):
    made = markdown_to_html(text)
    tags = re.findall(r"<(/?)([a-zA-Z0-9]+)([^>]*)>", made)
    assert {name for _slash, name, _rest in tags} <= TAGS
    for _slash, _name, attributes in tags:
        names = set(
            re.findall(r"(\w+)=", html.unescape(re.sub(r'"[^"]*"', "", attributes)))
        )
        assert names <= {"href", "title", "rel"}

import pytest
from django.utils.translation import override

from sessions.lead import split_lead
from sessions.models import Session


def lead(english="", chinese="", language="en"):
    session = Session(slug="a", abstract_en=english, abstract_zh_hans=chinese)
    session.derive()
    with override(language):
        return split_lead(session, "abstract")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", "")),
        ("One. Two.", ("One. Two.", "")),
        ("One. Two? Three. Four.", ("One. Two?", "Three. Four.")),
        ("The U.S. Act. Two. Three.", ("The U.S. Act. Two.", "Three.")),
        ('He said "a" & <b>. Two. Three.', ('He said "a" & <b>. Two.', "Three.")),
    ],
)
def test_a_lead_is_the_first_two_sentences(text, parts):
    assert lead(text) == parts


def test_a_chinese_lead_ends_at_a_chinese_full_stop():
    assert lead(chinese="第一。第二！第三。", language="zh-hans") == (
        "第一。第二！",
        "第三。",
    )


@pytest.mark.parametrize(
    "text", ["One. *Two.* Three. Four.", "One. Two.\n\nThree.", "- One. Two. Three."]
)
def test_text_with_markdown_is_left_whole(text):
    assert lead(text) == ("", "")

"""Drawings: text that fits, files that stand alone."""

from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from exchange.pictures.svg import Drawing, fitted, lines, width

LETTERS = some.sampled_from("aBiW 1<>&\"'\x00\x1b\ufffe\n中文，。…—é🙂{}")
BRIEFLY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@BRIEFLY
@given(some.text(LETTERS, max_size=30), some.integers(20, 400))
def test_a_text_is_cut_to_its_room(text, room):
    cut = fitted(text, room)
    assert width(cut) <= room or cut == text
    assert cut == text or text.startswith(cut.removesuffix("…"))


def test_a_chinese_letter_is_as_wide_as_high():
    assert width("尽职调查", 10) == 40
    assert fitted("欧盟企业可持续发展尽职调查指令", 100) == "欧盟企业可持…"
    assert fitted("Due diligence in chains", 120) == "Due diligence in…"
    assert lines("Due diligence 尽职调查", 100) == ["Due diligence", "尽职调查"]


@BRIEFLY
@given(some.text(LETTERS, max_size=20), some.text(LETTERS, max_size=20))
def test_a_file_is_well_formed_whatever_is_written_in_it(words, heading):
    drawing = Drawing(300, 100)
    with drawing.link("/en/topics/?q=a&b=<c>", words):
        drawing.text(0, 10, words, lang="zh-Hans")
    file = drawing.as_file(heading, "https://example.org/", "https://example.org", "en")
    tree = ElementTree.fromstring(file)
    link = tree.find(".//{http://www.w3.org/2000/svg}a")
    assert link.attrib == {"href": "https://example.org/en/topics/?q=a&b=<c>"}

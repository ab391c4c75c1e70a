"""Items as text, by the rules of APA (7th edition) and of GB/T 7714-2015."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils.translation import override

from exchange.citing import shapes
from exchange.citing.items import date_of
from exchange.citing.styles import completed, styled

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

DAY = datetime.date(2026, 11, 22)
ADDRESS = "https://forum.example/x/?a=1&b=2"
SEEN = "https://forum.example/x/?a=1&amp;b=2"
TALK = {
    "type": "speech",
    "genre": "Workshop",
    "title": "Who pays?",
    "author": [{"literal": "GIZ"}, {"family": "Okafor", "given": "Ngozi Ada"}],
    "event-title": "Forum 2025",
    "event-place": "Chengdu",
    "event-date": date_of("2025-05-02"),
    "issued": date_of("2025-05-02"),
    "language": "en",
}
MANY = [{"literal": name} for name in "甲乙丙丁"]


def text(item, style):
    return completed(styled(item)[style], style, ADDRESS, DAY)


def read(item):
    return text(item, "apa"), text(item, "gb")


def test_a_talk_is_a_contribution_to_a_conference():
    assert read(TALK) == (
        "GIZ, &amp; Okafor, N. A. (2025, May 2). <i>Who pays?</i> [Workshop]. "
        f"Forum 2025, Chengdu. {SEEN}",
        "GIZ, OKAFOR N A. Who pays?[C/OL]//Forum 2025, May 2, 2025, Chengdu. "
        f"2025[2026-11-22]. {SEEN}.",
    )


def test_what_is_in_chinese_says_deng_and_bears_its_english_title():
    talk = TALK | {"title": "谁来付费", "language": "zh-CN", "author": MANY}
    talk |= {"genre": "研讨会", "event-title": "论坛", "event-place": "成都"}
    talk |= {"custom": {"title-en": "Who pays?"}}
    with override("zh-hans"):
        assert read(talk) == (
            "甲, 乙, 丙, &amp; 丁. (2025, May 2). <i>谁来付费</i> [Who pays?] "
            f"[研讨会]. 论坛, 成都. {SEEN}",
            "甲, 乙, 丙, 等. 谁来付费[C/OL]//论坛, 2025年5月2日, 成都. "
            f"2025[2026-11-22]. {SEEN}.",
        )
    assert ", et al. Who pays?" in text(TALK | {"author": MANY}, "gb")


LAW = {"type": "legislation", "title": "Batteries Act", "issued": date_of("2023-07-12")}
BY_ISO = {"author": [{"literal": "ISO"}], "title": "Tailings"}


@pytest.mark.parametrize(
    ("item", "apa", "gb"),
    [
        (
            LAW | {"author": [{"literal": "European Union"}], "number": "CELEX:3"},
            f"Batteries Act (2023). {SEEN}",
            "European Union. Batteries Act: CELEX:3[A/OL]. (2023-07-12)[2026-11-22]. "
            f"{SEEN}.",
        ),
        (
            BY_ISO | {"type": "treaty", "issued": date_of("2013-10-10")},
            f"Tailings, ISO, October 10, 2013. {SEEN}",
            f"ISO. Tailings[A/OL]. (2013-10-10)[2026-11-22]. {SEEN}.",
        ),
        (
            BY_ISO | {"type": "standard", "number": "ISO 1", "issued": date_of("2013")},
            f"ISO. (2013). <i>Tailings</i> (ISO 1). {SEEN}",
            f"ISO. Tailings: ISO 1[S/OL]. (2013)[2026-11-22]. {SEEN}.",
        ),
        (
            BY_ISO | {"type": "report"},
            f"ISO. (n.d.). <i>Tailings</i>. Retrieved November 22, 2026, from {SEEN}",
            f"ISO. Tailings[R/OL]. [2026-11-22]. {SEEN}.",
        ),
        (
            {"type": "webpage", "title": "Cobalt", "container-title": "The Record"}
            | {"issued": date_of("2026-11")},
            f"<i>Cobalt</i>. (2026, November). The Record. {SEEN}",
            f"Cobalt[EB/OL]. (2026-11)[2026-11-22]. {SEEN}.",
        ),
        (
            {"type": "webpage", "title": "Regulations", "genre": "List of 2 records"},
            "<i>Regulations</i> [List of 2 records]. (n.d.). "
            f"Retrieved November 22, 2026, from {SEEN}",
            f"Regulations[EB/OL]. [2026-11-22]. {SEEN}.",
        ),
        (
            {"type": "dataset", "title": "All of it", "version": "2026-11-22"}
            | {"author": [{"literal": "The editors"}], "issued": date_of("2026")},
            "The editors. (2026). <i>All of it</i> (Version 2026-11-22) [Dataset]. "
            f"{SEEN}",
            f"The editors. All of it[DS/OL]. (2026)[2026-11-22]. {SEEN}.",
        ),
    ],
    ids=["law", "treaty", "standard", "no date", "web page", "list", "data set"],
)
def test_each_type_has_its_form_and_its_sign(item, apa, gb):
    assert read(item | {"language": "en"}) == (apa, gb)


def test_a_text_is_escaped_and_kept_as_it_is_written():
    item = TALK | {
        "title": "<b>A</b> & “B” \"c\" \ue010 '\u202eד'",
        "author": [{"literal": "Acme & <i>Co.</i>, Ltd."}, {"family": "van <x"}],
    }
    item["author"][1]["given"] = "A&B"
    apa, gb = read(item)
    title = "&lt;b&gt;A&lt;/b&gt; &amp; “B” &quot;c&quot; &#x27;\u202eד&#x27;"
    names = "Acme &amp; &lt;i&gt;Co.&lt;/i&gt;, Ltd."
    assert apa.startswith(
        f"{names}, &amp; van &lt;x, A&amp;B. (2025, May 2). <i>{title}</i> ["
    )
    assert gb.startswith(f"{names}, van &lt;x, A&amp;B. {title}[C/OL]")
    report = {"type": "report", "title": "A.", "author": item["author"][:1]}
    alone = text(report, "apa")
    assert alone.startswith(f"{names} (n.d.). ")  # not “Ltd..”


def test_a_title_in_another_language_than_the_page_says_so():
    page = styled({"type": "webpage", "title": "Loi", "language": "fr"})
    assert page["apa"].startswith('<i><span lang="fr">Loi</span></i>. (n.d.)')


def test_the_same_item_is_written_the_same_whatever_came_before_and_beside_it():
    items = [TALK, LAW | {"language": "en"}, BY_ISO | {"type": "report"}] * 4
    with_cache = [styled(item) for item in items]
    keys = list(shapes._known)
    with ThreadPoolExecutor(4) as threads:
        again = list(threads.map(shapes.made, keys))
    assert dict(zip(keys, again, strict=True)) == shapes._known
    assert with_cache == [styled(item) for item in items]

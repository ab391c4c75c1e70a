"""HTML in abstracts becomes Markdown; what Markdown cannot hold is counted."""

import html
import re
from collections import Counter
from functools import cache, lru_cache

# Whatever is typed or imported, each is looked for in time that grows with the text,
# not with its square, in which the server would answer nobody. Hence what gives
# nothing back ("*+"), and ends that are found before their beginnings are looked for.
TAG = re.compile(r"<\s*+(/?+)\s*+([a-zA-Z][a-zA-Z0-9]*+)((?:\s[^<>]*+)?+)/?+>")
# What is no text: comments, and Word's <![if !supportLists]>.
COMMENT = re.compile(r"<!--.*?-->|<!\[[^<>]*+>", re.DOTALL)
IF_OF_WORD = re.compile(r"<!\[[^<>]*+>")
SPACES = re.compile(r"\s{100,}+")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
BLOCKS = set(
    "p div ul ol li h1 h2 h3 h4 h5 h6 table tr td pre blockquote "  # noqa: SIM905
    "section article hr dl dt dd center figure".split()
)
# These say the same in Markdown, or say nothing of their own.
KEPT = BLOCKS | set(
    "a b strong i em br code th thead tbody tfoot span body html "  # noqa: SIM905
    "samp kbd del s header footer main".split()
)
# These go with all that is in them.
DROPPED = {"script", "style", "iframe", "object", "embed", "video", "audio", "svg"}
OTHERS = set(
    "img font u small big sub sup mark abbr acronym cite q ins var tt "  # noqa: SIM905
    "strike form input button select textarea label caption figcaption "
    "details summary nav aside address time wbr head title meta link".split()
)
KNOWN = KEPT | DROPPED | OTHERS
EMPTY = set(
    "br hr img input link meta wbr area base col embed source track".split()  # noqa: SIM905
)
DEEPEST = 200  # elements in one another, which the libraries go through by recursion
AROUND = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}
HREF = re.compile(r"""href\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)

ITEM_OF_WORD = re.compile(r"mso-list:\s*l\d", re.IGNORECASE)
MARK_OF_WORD = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)


@cache
def _converter():
    # 10 MB that only what writes needs
    from markdownify import MarkdownConverter

    class Converter(MarkdownConverter):
        def convert_img(self, el, text, parent_tags):
            return el.get("alt") or ""

    return Converter(
        heading_style="atx",
        bullets="-",
        escape_misc=False,
        escape_underscores=False,
        newline_style="backslash",
    )


def to_markdown(text):
    """
    Return (Markdown, Counter of the elements lost) of a text that may hold HTML.

    A text without a block element is taken for Markdown, as pretalx and others
    store it, and only its tags are turned. What looks like a tag but is none of
    HTML, such as <your name>, stays as it was typed.
    """
    lost = Counter(_lost_names(text)) if "<" in text else Counter()
    names = {match[2].lower() for match in TAG.finditer(text)} if "<" in text else set()
    if names & BLOCKS:
        if _depth(text) <= DEEPEST:
            done = _whole(text)
        else:  # What is left is the words.
            opened = (m for m in TAG.finditer(text) if not m[1])
            lost = Counter(match[2].lower() for match in opened)
            done = _inline(text)
    elif names & KNOWN:
        done = _inline(text)
    elif ENTITY.search(text):
        done = html.unescape(text)
    else:
        done = text
    return tidy(done), lost


def _lost_names(text):
    for match in TAG.finditer(text):
        name = match[2].lower()
        if not match[1] and name in KNOWN - KEPT:
            yield name


def _depth(text):
    """Return how many elements at most stand in one another."""
    depth = most = 0
    for closing, name, attributes in TAG.findall(text):
        if name.lower() not in EMPTY and not attributes.endswith("/"):
            depth = max(depth - 1, 0) if closing else depth + 1
            most = max(most, depth)
    return most


def _whole(text):
    from bs4 import BeautifulSoup

    # A tag that nobody ends would be read again to the end of the text, for each.
    head, end, tail = _without_comments(text).rpartition(">")
    text = SPACES.sub(" ", head + end + tail.replace("<", "&lt;"))
    soup = BeautifulSoup(text, "html.parser")
    for element in soup(list(DROPPED)):
        element.decompose()
    _lists_of_word(soup)
    return _converter().convert_soup(soup)


def _lists_of_word(soup):
    """Make lists of the paragraphs that Word writes for them, each with its mark."""
    last = None
    for paragraph in soup("p", style=ITEM_OF_WORD):
        mark = paragraph.find(style=MARK_OF_WORD)
        if not mark:
            continue
        name = "ol" if mark.get_text(strip=True)[:1].isalnum() else "ul"
        mark.decompose()
        before = paragraph.find_previous_sibling()
        if before is None or before is not last or before.name != name:
            last = soup.new_tag(name)
            paragraph.insert_before(last)
        last.append(paragraph)
        paragraph.name = "li"


def _without_comments(text):
    """Take comments out; one that does not end is text, which no parser looks at."""
    head, end, tail = text.rpartition("-->")
    tail = IF_OF_WORD.sub("", tail).replace("<!", "&lt;!")
    return COMMENT.sub("", head + end) + tail


def _without(name, text):
    """Take out every element of a name that ends."""
    end = 0
    for match in re.finditer(rf"</{name}\s*+>", text, flags=re.I):
        end = match.end()
    element = rf"<{name}\b.*?</{name}\s*+>"
    return re.sub(element, "", text[:end], flags=re.I | re.S) + text[end:]


def _inline(text):
    for name in DROPPED:
        text = _without(name, text)
    open_links = []

    def turn(match):
        closing, name, attributes = match[1], match[2].lower(), match[3]
        if name not in KNOWN:
            return match[0]
        if name == "br":
            return "\\\n"
        if name == "a":
            if closing:
                return f"]({open_links.pop()})" if open_links else ""
            if not (href := HREF.search(attributes)):
                return ""
            open_links.append(html.unescape(href[1].strip("\"'")).replace(" ", "%20"))
            return "["
        return AROUND.get(name, "")

    text = TAG.sub(turn, _without_comments(text))
    text += "".join(f"]({href})" for href in reversed(open_links))
    return html.unescape(text)


def tidy(text):
    """Return a Markdown text without spaces at the ends of lines or spare lines."""
    lines = [line.replace("\xa0", " ").rstrip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip().rstrip("\\").rstrip()


@lru_cache(maxsize=4096)
def plain(text):
    """Return a title without tags and entities."""
    if "<" in text:
        text = TAG.sub(lambda m: "" if m[2].lower() in KNOWN else m[0], text)
    return " ".join(html.unescape(text).split())

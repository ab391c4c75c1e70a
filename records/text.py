"""What is made of a text when its record is written: HTML, and a key to sort by."""

import re
import unicodedata

import nh3
from markdown_it import MarkdownIt

from records.pinyin import lazy_pinyin

LONGEST = 50_000  # characters of a text; Markdown meant to be slow takes their square
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
TAGS = set(
    "a blockquote br code em h3 h4 hr li ol p pre strong "  # noqa: SIM905
    "table tbody td th thead tr ul".split()
)
HEADINGS = {"h1": "h3", "h2": "h4", "h5": "h4", "h6": "h4"}


def markdown_to_html(text: str) -> str:
    """
    Return sanitized HTML of a Markdown text (CommonMark with tables).

    Headings begin at h3, since the page already has its h1 and h2. Raw HTML in
    the text is shown as text, and links leave no referrer behind.
    """
    if not text.strip():
        return ""
    tokens = MARKDOWN.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = HEADINGS.get(token.tag, token.tag)
    html = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()


def sort_key(text: str) -> str:
    """
    Return a key of lower-case ASCII that sorts as readers expect.

    No accents, no punctuation, Chinese by its pinyin; at most 200 characters.
    """
    spelled = " ".join(lazy_pinyin(text))
    bare = unicodedata.normalize("NFKD", spelled.casefold())
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", kept))[:200] or kept[:200]

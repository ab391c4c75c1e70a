"""
Pictures drawn on the server as SVG 1.1: in a page, and as a file that stands alone.

    drawing = Drawing(960, 400)
    with drawing.link("/en/sessions/?topic=labour", "Labour: 3 sessions"):
        drawing.rect(10, 10, 120, 20, "pic-mark")
        drawing.text(14, 24, "Labour", room=112)
    drawing.inline()                                            in a template
    drawing.as_file(heading, source, site, language_tag)        bytes of a file

How marks look is said once, by the classes of static/css/components/picture.css. A
page colours them by its tokens; a file has the same rules with the colours written
out, light and dark. In a page the drawing is hidden from screen readers and the
keyboard: a table beside it must say the same, with the same links.
"""

import hashlib
import re
import unicodedata
from base64 import b64encode
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils.html import escape
from django.utils.safestring import mark_safe

from exchange.feeds import printable

SIZE = 14  # of letters, in units of the drawing
MARGIN = 24  # around a drawing that stands alone
MEDIA_TYPE = "image/svg+xml; charset=utf-8"
NARROW, WIDE = frozenset("iljtfrI.,:;'|!()[]/ "), frozenset("mwMW@%—…")
COLOUR = re.compile(r"--color-([a-z0-9-]+): (#[0-9a-f]+);")
USED = re.compile(r"var\(--color-([a-z0-9-]+)\)")
COMMENT = re.compile(r"/\*.*?\*/|\s+", re.DOTALL)


def width(text: str, size: float = SIZE) -> float:
    """Return about how wide a text is: a Chinese character is as wide as high."""
    return size * sum(map(_of_one_letter, text))


@lru_cache(maxsize=4096)
def _of_one_letter(letter):
    if unicodedata.east_asian_width(letter) in "WF":
        return 1
    if letter in NARROW:
        return 0.32
    if letter in WIDE:
        return 0.88
    return 0.66 if letter.isupper() else 0.55


def fitted(text: str, room: float, size: float = SIZE) -> str:
    """Return a text that fits the room; what is cut off leaves an ellipsis."""
    if width(text, size) <= room:
        return text
    kept, room = 0, room - width("…", size)
    while kept < len(text) and room >= (wide := width(text[kept], size)):
        room -= wide
        kept += 1
    cut = text[:kept].rstrip()
    # A word is not cut in two if that costs little.
    space = cut.rfind(" ")
    if not text[kept].isspace() and space > 0.6 * len(cut) > 4:
        cut = cut[:space]
    return cut.rstrip(" ,;:，；：、") + "…"


def lines(text: str, room: float, size: float = SIZE) -> list[str]:
    """Return a text in lines that fit the room; Chinese may break anywhere."""
    found, line = [], ""
    for piece in re.findall(
        r"[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff]+|\s+", text
    ):
        if line and width(line + piece, size) > room:
            found.append(line.rstrip())
            line = ""
        line += piece if line or not piece.isspace() else ""
    return [*found, line.rstrip()] if line.strip() else found


class Drawing:
    """
    Marks on a plane of that many units; text is escaped and cut to its room.

    Links are paths such as `/en/topics/labour/`.
    """

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.parts = []

    def mark(self, tag, class_="", content="", **attributes):
        """Add an element; `text_anchor` stands for `text-anchor`."""
        said = {"class": class_, **attributes}
        written = "".join(
            f' {name.replace("_", "-")}="{_value(value)}"'
            for name, value in said.items()
            if value not in ("", None)
        )
        self.parts.append(
            f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"
        )

    def rect(self, x, y, width, height, class_="", **attributes):
        self.mark("rect", class_, x=x, y=y, width=width, height=height, **attributes)

    def circle(self, x, y, radius, class_="", **attributes):
        self.mark("circle", class_, cx=x, cy=y, r=radius, **attributes)

    def line(self, x1, y1, x2, y2, class_="", **attributes):
        self.mark("line", class_, x1=x1, y1=y1, x2=x2, y2=y2, **attributes)

    def path(self, d, class_="", **attributes):
        self.mark("path", class_, d=d, **attributes)

    def text(self, x, y, words, class_="", *, room=None, lang="", **attributes):
        """Write words from x, or to it by `text_anchor="end"`; y is their base."""
        words = str(words)
        if room is not None:
            words = fitted(words, room)
        attributes |= {"x": x, "y": y, "lang": lang}
        self.mark("text", class_, _escaped(words), **attributes)

    @contextmanager
    def link(self, url, says=""):
        """Make what is drawn within a link, if there is an address."""
        title = f"<title>{_escaped(str(says))}</title>" if says else ""
        if url:
            self.parts.append(f'<a href="{_escaped(url)}" tabindex="-1">{title}')
        elif title:
            self.parts.append(f"<g>{title}")
        yield
        if url or title:
            self.parts.append("</a>" if url else "</g>")

    def inline(self):
        """Return the markup for a page, which says the same in a table."""
        markup = (
            f'<svg class="picture" viewBox="0 0 {self.width} {_value(self.height)}"'
            f' aria-hidden="true" focusable="false">{"".join(self.parts)}</svg>'
        )
        return mark_safe(markup)  # noqa: S308 — each part was escaped

    def as_file(self, heading, source, site, language_tag, theme=""):
        """
        Return the bytes of a file: what it shows above, where it is from below.

        `site` makes links absolute. `theme` is "light" or "dark"; without one the
        file follows its reader's system.
        """
        heading, source = printable(str(heading)), printable(str(source))
        head = lines(heading, self.width, 20)
        foot = lines(source, self.width, 12)
        top = MARGIN + 26 * len(head)
        below = top + self.height + 16
        height = below + 17 * len(foot) + MARGIN - 12
        whole = Drawing(self.width, height)
        wide = self.width + 2 * MARGIN
        whole.rect(-MARGIN, 0, wide, height, "pic-ground")
        for number, words in enumerate(head, start=1):
            whole.text(0, MARGIN - 6 + 26 * number, words, "pic-heading")
        for number, words in enumerate(foot, start=1):
            whole.text(0, below + 17 * number - 5, words, "pic-small")
        marks = "".join(self.parts).replace(' tabindex="-1"', "")
        marks = marks.replace('<a href="/', f'<a href="{_escaped(site)}/')
        markup = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img"'
            f' xml:lang="{language_tag}" lang="{language_tag}"'
            f' viewBox="{-MARGIN} 0 {wide} {_value(height)}" width="{wide}"'
            f' height="{_value(height)}"><title>{_escaped(heading)}</title>'
            f"<style>{style(theme)}</style>{''.join(whole.parts)}"
            f'<g transform="translate(0 {top + 8})">{marks}</g></svg>'
        )
        return markup.encode()


def _value(value):
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return _escaped(str(value)) if isinstance(value, str) else value


def _escaped(text):
    return str(escape(printable(text)))


@lru_cache(maxsize=4)
def style(theme=""):
    """Return the rules of drawings with the colours of a theme written out."""
    rules = Path(finders.find("css/components/picture.css")).read_text()
    rules = COMMENT.sub(" ", rules).partition("@media")[0].strip()
    tokens = Path(finders.find("css/tokens.css")).read_text()
    first, _mark, dark = tokens.partition('[data-theme="dark"]')
    light = dict(COLOUR.findall(first))
    dark = light | dict(COLOUR.findall(dark.partition("}")[0]))
    said = {
        name: USED.sub(lambda used: colours[used[1]], rules)  # noqa: B023
        for name, colours in (("light", light), ("dark", dark))
    }
    if theme:
        return said[theme]
    return f"{said['light']} @media (prefers-color-scheme: dark) {{ {said['dark']} }}"


@lru_cache(maxsize=1)
def style_sources():
    """Return the sources of style that a file may use: its own rules, by digest."""
    digests = (hashlib.sha256(style(theme).encode()) for theme in ("", "light", "dark"))
    return [f"'sha256-{b64encode(one.digest()).decode()}'" for one in digests]

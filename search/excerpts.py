"""Words marked in a text, and the part of a long text that shows them best."""

import re
from functools import cached_property

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from records.pinyin import lazy_pinyin
from search.analysis import (
    PINYIN,
    clean,
    fold_in_place,
    joined_name,
    plain_sound,
    spans,
)

WIDTH = 240  # of an excerpt; a Chinese character is as wide as two letters
MOST_PLACES = 80
MOST_SEARCHED = 200_000


class Marker:
    """Marks in any text what the terms of a query stand for."""

    def __init__(self, query):
        tokens = {
            token
            for term in query.wanted
            for way in term.ways
            for token in (*way, *term.phrase.split())
        }
        self.whole = {token for token in tokens if not token.endswith("*")}
        self.starts = tuple(t[:-1] for t in tokens if t.endswith("*"))
        self.sounds = tuple(t for t in self.starts if t.startswith(PINYIN))
        self.spoken = any(token.startswith(PINYIN) for token in tokens)

    def matches(self, token):
        return token in self.whole or bool(
            self.starts and token.startswith(self.starts)
        )

    def places(self, text, *, by_sound=False):
        """Return the (start, end, token) of all that is to be marked, in order."""
        if by_sound and (name := joined_name(text)) in self.whole and name:
            return [(0, len(text), name)]
        found = []
        for span in spans(text):
            if span.kind == "han":
                found += self._han(span, by_sound)
                continue
            hit = next(filter(self.matches, (*span.terms, *span.besides)), None)
            if hit is None and span.kind == "word" and self.matches(span.folded):
                hit = span.folded
            if hit is not None:
                found.append((span.start, span.end, hit))
        return found

    def _han(self, span, by_sound):
        for i, token in enumerate(span.terms):
            if token in self.whole:
                yield span.start + i, span.start + i + len(token), token
            elif self.starts and token[0] in self.starts:
                yield span.start + i, span.start + i + 1, token[0]
        if by_sound and self.spoken:
            sounds = [plain_sound(sound) for sound in lazy_pinyin(span.folded)]
            for i in range(len(sounds)):
                for size in (1, 2):
                    token = PINYIN + "".join(sounds[i : i + size])
                    if i + size <= len(sounds) and self.matches(token):
                        yield span.start + i, span.start + i + size, token

    def mark(self, text, *, by_sound=False) -> SafeString:
        """Return the text as HTML with `<mark>` around what matches."""
        text = clean(text)
        return _html(text, self.places(text, by_sound=by_sound))

    @cached_property
    def _quick(self):
        """A pattern that finds, fast, where in a long text to look closer."""
        parts = set()
        for token in (*self.whole, *self.starts):
            if token.startswith(PINYIN):
                continue
            if re.fullmatch(r"[a-z]{5,}", token):
                parts.add(rf"\b{token[:-1]}")  # batteri: battery
            elif re.fullmatch(r"[\dx]*\dx\d[\dx]*", token):
                parts.update(rf"\b0*{part}\b" for part in token.split("x"))
            elif token.isascii():
                parts.add(rf"\b{re.escape(token)}")
            else:
                parts.add(re.escape(token))
        return re.compile("|".join(sorted(parts)) or r"(?!)", re.IGNORECASE)

    def excerpt(self, text, *, beginning=True) -> SafeString:
        """
        Return the part of a text that shows the most of what is asked for.

        Where nothing is found: its beginning, or nothing at all.
        """
        text = text[:MOST_SEARCHED]
        rough = []
        for match in self._quick.finditer(fold_in_place(text)):
            rough.append((match.start(), match[0].lower()))
            if len(rough) == MOST_PLACES:
                break
        best, most = None, 0
        for i, (start, _token) in enumerate(rough):
            near = {t for s, t in rough[i:] if s - start < WIDTH // 2}
            if len(near) > most:
                best, most = start, len(near)
        if best is not None:
            shown = self._window(text, best)
            if "<mark>" in shown:
                return shown
        return self._window(text, 0) if beginning else SafeString("")

    def _window(self, text, place):
        # Within one paragraph.
        first, last = text.rfind("\n", 0, place) + 1, text.find("\n", place)
        last = len(text) if last < 0 else last
        start = max(first, place - WIDTH // 5)
        if start > first:
            # Begin with a sentence if one begins there, else with a word.
            lead = text[start:place]
            cut = max(lead.rfind(mark) + len(mark) for mark in (". ", "。", "；"))
            if cut < 2 and (space := lead.find(" ")) >= 0:
                cut = space + 1
            start += cut if cut > 0 else 0
        end, width = start, 0
        while end < last and width < WIDTH:
            width += 2 if text[end] > "\u2e7f" else 1
            end += 1
        if end < last:
            space = text.rfind(" ", start, end)
            end = space if space > end - 20 else end
        part = text[start:end]
        html = _html(part, self.places(part))
        before = "… " if start > first and text[start - 1] != "。" else ""
        after = " …" if end < last else ""
        return mark_safe(f"{before}{html.strip()}{after}")  # noqa: S308


def _html(text, places):
    pieces, done, upto = [], 0, -1
    merged = []
    for start, end, _token in sorted(places):
        if merged and start <= upto:
            upto = max(upto, end)
            merged[-1][1] = upto
        else:
            merged.append([start, end])
            upto = end
    for start, end in merged:
        pieces += [escape(text[done:start]), "<mark>", escape(text[start:end])]
        pieces.append("</mark>")
        done = end
    pieces.append(escape(text[done:]))
    return mark_safe("".join(pieces))  # noqa: S308

"""The first sentences of a text, to stand large at the head of its page."""

import re
from html import escape

from records.languages import text_of

# A full stop after a single capital ("U.S. law") ends no sentence.
SENTENCE_END = re.compile(r"(?<![A-Z]\.)(?<=[.!?])\s+(?=[A-Z“\"(\d])|(?<=[。！？])\s*")
MOST = 2  # sentences in a lead


def split_lead(record, field):
    """
    Return (lead, rest) of a text as plain strings; ("", "") to leave it whole.

    The lead is its first two sentences. Only a text of one plain paragraph is
    split: what has Markdown in it is shown as its HTML.
    """
    said = text_of(record, field).text.strip()
    if f"<p>{escape(said, quote=False)}</p>" not in record.html.values():
        return "", ""
    ends = [m for m in SENTENCE_END.finditer(said) if m.end() < len(said)]
    if len(ends) < MOST:
        return said, ""
    return said[: ends[MOST - 1].start()], said[ends[MOST - 1].end() :]

"""Read a page as a person does: the words of a part, without the markup."""

import re

from django.utils.html import strip_tags


def words(markup):
    """Return the text of some markup, every run of white space as one space."""
    return " ".join(strip_tags(markup.replace("><", "> <")).split())


def content(response):
    """
    Return the markup of the page's own content.

    Without what only a script or paper shows, and without the files at the end.
    """
    markup = response.text.partition('class="page">')[2].partition("</main>")[0]
    shown = re.sub(r"<button[^>]* hidden>.*?</button>", "", markup, flags=re.DOTALL)
    ends = '<section id="calendar"|<section class="list-formats"|<div class="on-paper"'
    return re.split(ends, shown)[0]


def main(response):
    """Return the words of the page's own content."""
    return words(content(response))


def titles(response):
    """Return the titles of sessions and rows, in the order of the page."""
    found = re.findall(
        r'<h[34] class="session-title">.*?</h[34]>|<p class="row-title">.*?</p>',
        response.text,
        re.DOTALL,
    )
    return [words(title) for title in found]


def headings(response, level=2):
    """Return the headings of one level in the page's own content."""
    found = re.findall(rf"<h{level}.*?</h{level}>", content(response), re.DOTALL)
    return [words(heading) for heading in found]


def section(response, heading):
    """Return the words below a heading of level 2, up to the next one."""
    for part in content(response).split("<h2")[1:]:
        name, _end, rest = part.partition("</h2>")
        if words("<h2" + name) == heading:
            return words(rest)
    return None


def fact(response, name):
    """Return what a list of facts says of this one."""
    found = re.search(rf"<dt>{name}</dt>(.*?)(?:<dt>|</dl>)", response.text, re.DOTALL)
    return found and words(found[1])

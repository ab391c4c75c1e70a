"""Read a page as a person does: the words of a part, without the markup."""

import html
import re


def words(markup):
    """Return the text of some markup, every run of white space as one space."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def section(response, name):
    """Return the text of the section that the heading with this id names."""
    found = re.search(
        rf'<section aria-labelledby="{name}">(.*?)</section>', response.text, re.S
    )
    return words(found[1])


def titles(response):
    """Return the titles of the rows of a page, in their order."""
    found = re.findall(r'<p class="row-title">(.*?)</p>', response.text, re.S)
    return [words(title) for title in found]


def count(response):
    """Return the sentence in which a list says how long it is."""
    return words(
        re.search(r'<p class="list-count"[^>]*>(.*?)</p>', response.text, re.S)[1]
    )

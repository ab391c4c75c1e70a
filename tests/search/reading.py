"""Read a page of results as a person does."""

import re

from tests.topics.reading import words


def count(response):
    """Return the sentence that says how many results there are."""
    return words(re.search(r'<h2 class="list-count"[^>]*>(.*?)</h2>', response.text)[1])


def titles(response):
    """Return the titles of the results, in their order."""
    found = re.findall(r'<h3 class="row-title">(.*?)</h3>', response.text)
    return [
        words(title.replace("<mark>", "").replace("</mark>", "")) for title in found
    ]


def facet(response, name):
    """Return {value: count} of a facet, in the order of the page."""
    found = re.findall(
        rf'<input type="checkbox" name="{name}" value="([^"]*)"(?: checked)?> '
        r'<span[^>]*>[^<]*</span> <span class="count">(\d+)</span>',
        response.text,
    )
    return {value: int(total) for value, total in found}


def tabs(response):
    """Return {label: count} of the tabs."""
    found = re.search(r'<nav class="tabs".*?</nav>', response.text, re.S)[0]
    pairs = re.findall(r'>([^<>]+) <span class="count">(\d+)</span>', found)
    return {label: int(total) for label, total in pairs}


def notes(response):
    """Return what the page says in notes."""
    found = re.findall(
        r'<(p|div) class="(?:note|soft)">(.*?)</\1>', response.text, re.S
    )
    return [words(markup) for _tag, markup in found]

"""Every type of page, with an address of the starting content to show it."""

import urllib.error
import urllib.request

NOT_FOUND = ("page not found", "organizations/no-such-organization/")
LANGUAGES = ["en", "zh-hans"]


def page_types():
    """
    Return pairs of a name and an address below the language prefix.

    A new type of page is added here, and the browser tests look at it.
    """
    return [
        ("home", ""),
        ("editions", "editions/"),
        ("edition", "editions/2023/"),
        ("programme", "editions/2023/programme/"),
        ("sessions", "sessions/"),
        ("session", "sessions/2023-workshop-eu-batteries/"),
        ("people", "people/"),
        ("person", "people/sun-lihui/"),
        ("organizations", "organizations/"),
        ("organization", "organizations/giz/"),
        ("topics", "topics/"),
        ("topic", "topics/human-rights/"),
        ("regulations", "regulations/"),
        ("regulation", "regulations/eu-batteries-regulation/"),
        ("minerals", "minerals/"),
        ("mineral", "minerals/cobalt/"),
        ("stages", "stages/"),
        ("stage", "stages/mining/"),
        ("outcomes", "outcomes/"),
        ("outcome", "outcomes/csu-mining-biodiversity-center/"),
        ("about", "about/"),
        ("accessibility", "about/accessibility/"),
        ("privacy", "about/privacy/"),
        ("contact", "about/contact/"),
        ("filtered list", "regulations/?jurisdiction=EU&sort=name"),
        ("empty list", "organizations/?q=no+such+organization"),
        ("list with a bad filter", "sessions/?topic=nope"),
        NOT_FOUND,
    ]


def get(address):
    """Return the status and the text that a GET of the address brings."""
    try:
        with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

"""Every type of page, with an address of the starting content to show it."""

import urllib.error
import urllib.request

import pytest
from django.template.loader import render_to_string

LANGUAGES = ["en", "zh-hans"]
WITHDRAWN_OUTCOME = "whole-life-cycle"
STATUSES = {"page not found": 404, "withdrawn": 410, "address too long": 414}


def page_types():
    """
    Return pairs of a name and an address below the language prefix.

    A new type of page is added here, and the browser tests look at it. Pages that
    answer with another status than 200 are listed in STATUSES.
    """
    return [
        ("home", ""),
        ("editions", "editions/"),
        ("edition", "editions/2023/"),
        ("programme", "editions/2023/programme/"),
        ("changes", "editions/2023/changes/"),
        ("time grid", "editions/2023/programme/?view=grid"),
        ("day at a glance", "editions/2023/programme/?view=day"),
        ("full programme", "editions/2023/programme/?view=full"),
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
        (
            "comparison",
            "regulations/compare/?r=eu-batteries-regulation&r=eu-csddd"
            "&r=oecd-minerals-guidance&as_of=2023-09-22",
        ),
        ("trace", "trace/organizations/giz/"),
        ("minerals", "minerals/"),
        ("mineral", "minerals/cobalt/"),
        ("stages", "stages/"),
        ("stage", "stages/mining/"),
        ("outcomes", "outcomes/"),
        ("outcome", "outcomes/csu-mining-biodiversity-center/"),
        ("explore", "explore/"),
        ("picture", "explore/organizations/?edition=2023"),
        ("network around one", "explore/network/?organization=rci"),
        ("agenda", "agenda/?edition=2023&s=S07.S10.nope"),
        ("empty agenda", "agenda/"),
        ("about", "about/"),
        ("data", "about/data/"),
        ("coverage", "about/coverage/"),
        ("accessibility", "about/accessibility/"),
        ("privacy", "about/privacy/"),
        ("contact", "about/contact/"),
        ("corrections", "about/corrections/"),
        ("report", "corrections/?about=sessions/2023-workshop-eu-batteries"),
        ("offline", "offline/"),
        ("filtered list", "regulations/?jurisdiction=EU&sort=name"),
        ("empty list", "organizations/?q=no+such+organization"),
        ("list with a bad filter", "sessions/?topic=nope"),
        ("search", "search/"),
        ("results", "search/?q=battery&sort=newest"),
        (
            "filtered results",
            "search/?q=%E7%94%B5%E6%B1%A0&stage=recycling&kind=minerals",
        ),
        ("results of another spelling", "search/?q=govrnance"),
        ("no results", "search/?q=battery&jurisdiction=CN&kind=people"),
        ("page not found", "organizations/no-such-organization/"),
        ("withdrawn", f"outcomes/{WITHDRAWN_OUTCOME}/"),
        ("address too long", "sessions/?q=" + "a" * 40_000),
    ]


each_page = pytest.mark.parametrize(
    ("name", "path"), page_types(), ids=[name for name, _ in page_types()]
)


def error_pages(portal):
    """
    Return names and HTML of the error pages that no plain address leads to.

    The portal itself gives two of them; the other two are for when it cannot.
    """
    elsewhere = urllib.request.Request(f"{portal}/en/", headers={"Host": "elsewhere"})
    forged = urllib.request.Request(f"{portal}/en/corrections/", data=b"a=b")
    return [
        ("bad request", get(elsewhere)[1]),
        ("forbidden", get(forged)[1]),
        ("server error", render_to_string("500.html")),
        ("unavailable", render_to_string("503.html")),
    ]


def get(address):
    """Return the status and the text that a request for the address brings."""
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()

import re

import pytest

from tests.factories import make_session

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def pattern(text):
    """
    Return the regular expression of a pattern (URL Pattern Standard).

    There a question mark that is escaped begins the query, which a star finds in any
    address, with nothing in it too; what stands before may have any query.
    """
    path, _mark, query = text.partition("\\?")
    path = re.escape(path).replace(r"\*", "[^?]*")
    query = {"": ".*", "*": ".*", "(.+)": ".+"}[query]
    return rf"{path}(\?{query})" + ("" if query == ".+" else "?")


def is_fetched(rule, address):
    """Tell whether a rule speaks of an address; selectors are left out."""

    def holds(condition):
        if "and" in condition:
            return all(map(holds, condition["and"]))
        if "not" in condition:
            return not holds(condition["not"])
        if "selector_matches" in condition:
            return False
        return any(
            re.fullmatch(pattern(one), address) for one in condition["href_matches"]
        )

    return holds(rule["where"])


def test_every_page_names_the_rules_and_no_file_does(client):
    make_session(slug="one")
    named = {
        path: client.get(path).headers.get("Speculation-Rules")
        for path in ("/en/sessions/one/", "/zh-hans/", "/en/none/", "/en/sessions.csv")
    }
    rules = '"/speculation-rules.json"'
    assert list(named.values()) == [rules, rules, rules, None]


def test_rules_fetch_pages_and_nothing_that_counts_or_costs(client):
    response = client.get("/speculation-rules.json")
    assert response.headers["Content-Type"] == "application/speculationrules+json"
    (rule,) = response.json()["prefetch"]
    addresses = {
        "/en/": True,
        "/zh-hans/sessions/one/": True,
        "/en/about/data/": True,
        "/en/sessions.csv": False,
        "/en/sessions/?topic=labour": False,
        "/en/search/?q=mine": False,
        "/en/search/": False,
        "/zh-hans/corrections/?about=sessions/one": False,
        "/en/agenda/": False,
        "/en/preview/token/": False,
        "/admin/logout/": False,
        "/media/paper.pdf": False,
        "/api/v1/sessions/": False,
    }
    assert {one: is_fetched(rule, one) for one in addresses} == addresses
    assert rule["eagerness"] == "moderate"

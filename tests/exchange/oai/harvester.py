"""Harvesters that ask the portal under test; each answer is held to the protocol."""

from pathlib import Path

import requests
from django.test import Client
from lxml import etree
from sickle import Sickle

ADDRESS = "http://testserver/oai"
NAMES = {
    "oai": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
SHAPE = etree.RelaxNG(etree.parse(Path(__file__).parent / "answers.rng"))


class Harvester(Sickle):
    """Sickle, whose requests go to Django's own client."""

    def _request(self, kwargs):
        send = Client().get if self.http_method == "GET" else Client().post
        answer = send("/oai", kwargs)
        read(answer)
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response._content = answer.content
        response.encoding = "utf-8"
        return response


def ask(client, query="", **arguments):
    """Return the tree of an answer; the query may repeat arguments."""
    return read(client.get(f"/oai?{query}", arguments or None))


def read(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    tree = etree.fromstring(answer.content)
    SHAPE.assertValid(tree)
    return tree


def errors(tree):
    """Return the code of an error, and the arguments that the answer repeats."""
    [error] = tree.findall("oai:error", NAMES)
    return error.get("code"), dict(tree.find("oai:request", NAMES).attrib)


def headers(tree):
    """Return {uid: (datestamp, set, status)} of an answer."""
    found = {}
    for header in tree.iter(f"{{{NAMES['oai']}}}header"):
        uid = header.findtext("oai:identifier", namespaces=NAMES).split(":")[-1]
        said = [header.findtext(f"oai:{name}", namespaces=NAMES) for name in SAID]
        found[uid] = (*said, header.get("status"))
    return found


SAID = ("datestamp", "setSpec")


def told(tree):
    """Return [(element, language, text)] of the Dublin Core in an answer."""
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    return [
        (etree.QName(one).localname, one.get(lang), one.text)
        for one in tree.iter(f"{{{NAMES['dc']}}}*")
    ]

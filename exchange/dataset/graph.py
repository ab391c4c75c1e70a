"""The records of a release as one Turtle file, written record by record."""

import json

from rdflib import Graph

from exchange.dataset.kinds import KINDS, MODELS
from exchange.linked_data import document

AT_ONCE = 100  # records whose triples are in memory at one time


def write(file, site, at):
    """
    Write the public records that linked data can describe, as Turtle.

    A file of Turtle may bind its prefixes again, so the parts stand one after the
    other as they are.
    """
    for kind in KINDS:
        records = MODELS[kind.name].objects.published(at).order_by("slug")
        keys = list(records.values_list("pk", flat=True))
        for start in range(0, len(keys), AT_ONCE):
            some = records.filter(pk__in=keys[start : start + AT_ONCE])
            for record in some:
                if found := document(record, site):
                    graph = Graph()
                    graph.parse(data=json.dumps(found), format="json-ld")
                    file.write(graph.serialize(format="turtle").encode())

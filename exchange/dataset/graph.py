"""The records of a release as one Turtle file, written record by record."""

from django.utils.translation import override

from exchange.dataset.kinds import KINDS, MODELS
from exchange.linked_data.files import fetched, turtle

AT_ONCE = 100  # records read at one time


def write(file, site, at):
    """
    Write the public records as Turtle, each as its own file has it.

    Turtle may bind a prefix again (W3C, Turtle, 2.4), so that the documents stand one
    after the other as they are. Nodes without an address are named by their content.
    """
    with override("en"):
        for kind in KINDS:
            records = fetched(MODELS[kind.name].objects.published(at))
            keys = list(records.order_by("slug").values_list("pk", flat=True))
            for start in range(0, len(keys), AT_ONCE):
                found = records.in_bulk(keys[start : start + AT_ONCE])
                for key in keys[start : start + AT_ONCE]:
                    file.write(turtle(found[key], site))

"""What the loader of content folders holds on a person."""

from forum_portal.models import LoadedRow
from organizations import rights


def listen():
    rights.holdings.connect(held, dispatch_uid="forum_portal.rights.held")


def held(sender, person, **kwargs):
    """Return what a content folder said of a person, with its history."""
    past = rights.versions_of(person)
    mine = {"file": "people.csv", "slug__in": [*past.values_list("slug", flat=True)]}
    history = LoadedRow.history.model.objects
    return [LoadedRow.objects.filter(**mine), history.filter(**mine)]

"""Which values of sessions stand on the axes of pictures, and how many at most."""

from exchange.pictures.sets import Sets
from records.bitmaps import store
from sessions.filters import SessionFilter
from topics.models import Topic

ORGANIZATIONS = 18
TOPICS = 12
EDITIONS = 10


def sessions(given, *names):
    """Return the `Sets` of sessions by these filters and by edition."""
    return Sets(SessionFilter, given, ["edition", *names])


def broad_topics():
    """Return the slugs of the public topics that no public topic is broader than."""
    with store().up_to_date() as bitmaps:
        names = bitmaps.kinds[Topic].shown()
        return {name.slug for name in names.values() if name.parent not in names}

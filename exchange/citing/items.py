"""What is cited as CSL-JSON (CSL 1.0.2)."""

from records.languages import page_language

LANGUAGES = {"en": "en", "zh-hans": "zh-CN"}  # as CSL names its locales


def page_item(title, *, kind="webpage", site="", authors=(), **more):
    """
    Return the item of a page that is no record, in the language of the moment.

    `kind` is a type of CSL: "webpage", "dataset". `issued` is a date or None, `genre`
    what it is in words, `version` and `publisher` as of a dataset.
    """
    issued = more.pop("issued", None)
    return without_gaps(
        {
            "type": kind,
            "title": str(title),
            "author": [{"literal": str(name)} for name in authors],
            "container-title": str(site),
            "issued": date_of(issued.isoformat()) if issued else None,
            "language": LANGUAGES[page_language()],
            **more,
        }
    )


def date_of(iso):
    """Return "2023", "2023-07" or "2023-07-12" as a CSL date."""
    return {"date-parts": [[int(part) for part in iso.split("-")]]} if iso else None


def without_gaps(item):
    """Leave out what is not on record."""
    return {name: value for name, value in item.items() if value not in (None, "", [])}

"""What is cited as CSL-JSON (CSL 1.0.2)."""

from django.apps import apps
from django.utils import timezone

from exchange.citing.works import changed_on, work
from records.languages import TAGS, page_language

LOCALES = {"zh-Hans": "zh-CN"}  # BCP 47 → as CSL names its locales, where it differs


def item_of(record, site):
    """
    Return the item of a record of any kind, in the language of the moment.

    It has no address and no day of access yet; `site` is what the site is called.
    """
    cited = work(record)
    issued = date_of(cited.date)
    page = cited.type == "webpage"
    return without_gaps(
        {
            "type": cited.type,
            "title": cited.title,
            "author": [csl_name(name) for name in cited.authors],
            "container-title": site if page else "",
            "event-title": cited.event,
            "event-place": cited.place,
            "event-date": issued if cited.event and not page else None,
            "genre": cited.genre,
            "number": "" if cited.number in cited.title else cited.number,
            "issued": issued,
            "language": LOCALES.get(cited.language, cited.language),
            "custom": {
                **{f"title-{tag}": title for tag, title in cited.other_titles},
                "data-version": changed_on(record).isoformat(),
            },
        }
    )


def csl_name(name):
    """Return an author: in two parts where the name to sort by tells them."""
    family, _comma, given = (part.strip() for part in name.text.partition(","))
    if name.parted and family and given:
        return {"family": family, "given": given}
    return {"literal": name.text}


def accessed(item, address):
    """Return an item with its address and today as the day of access."""
    today = date_of(timezone.localdate().isoformat())
    return {**item, "URL": address, "accessed": today}


def site_name():
    """Return what the site is called, by a query; pages have it in their context."""
    # The forum belongs to the floor above, whose classes are not imported here.
    return str(apps.get_model("forum_portal.Forum").objects.first() or "")


def page_item(title, *, kind="webpage", site="", authors=(), **more):
    """
    Return the item of a page that is no record, in the language of the moment.

    `kind` is a type of CSL: "webpage", "dataset". `issued` is a date or None, `genre`
    what it is in words, `version` and `publisher` as of a dataset.
    """
    issued, tag = more.pop("issued", None), TAGS[page_language()]
    return without_gaps(
        {
            "type": kind,
            "title": str(title),
            "author": [{"literal": str(name)} for name in authors],
            "container-title": str(site),
            "issued": date_of(issued.isoformat()) if issued else None,
            "language": LOCALES.get(tag, tag),
            **more,
        }
    )


def date_of(iso):
    """Return "2023", "2023-07" or "2023-07-12" as a CSL date."""
    return {"date-parts": [[int(part) for part in iso.split("-")]]} if iso else None


def without_gaps(item):
    """Leave out what is not on record."""
    return {name: value for name, value in item.items() if value not in (None, "", [])}

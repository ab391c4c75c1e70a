"""What the cite box of a page shows."""

from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.citing.items import item_of, page_item
from exchange.citing.styles import NAMES, completed, styled
from exchange.citing.works import changed_on
from records import content_version
from records.version_pages import since


def cite_page(title, address, version_date=None, *, heading="", site="", **more):
    """
    Return what `exchange/_cite.html` shows of a page that is no record.

    `address` is the absolute permanent link, without a language and with the query;
    `version_date` the day of the data behind it, None for a page that is made anew
    whenever it is read: such a page is cited by the day of access, and its data are
    of the day when anything on record last changed. `site` is what the site is called.
    `more` are further fields of its item, as of `page_item()`.
    """
    item = page_item(title, site=site, issued=version_date, **more)
    day = version_date or content_version.changed_on()
    return box(styled(item), address, day, heading=heading)


def cite_record(record, address, *, site="", version_date=None, files=""):
    """
    Return what `exchange/_cite.html` shows of a record that its page has fetched.

    `address` is its absolute permanent link. `version_date` is the day as of which
    the page shows it, None for today; `files` are links to its files, as HTML. No
    query, but for what the page has not fetched of it.
    """
    item = item_of(record, site)
    changed = changed_on(record)
    # What waited for its day was changed before it could be read.
    day = version_date or max(changed, since(record) or changed)
    version = f"{address}?version={day:%Y-%m-%d}"
    return box(
        styled(item),
        version if version_date else address,
        version_date or changed,
        heading=_("Cite this version") if version_date else _("Cite this record"),
        version_address="" if version_date else version,
        files=files,
    )


def box(formatted, address, version_date, *, heading="", **more):
    """Return what `exchange/_cite.html` shows: `formatted` is {style: HTML}."""
    today = timezone.localdate()
    return {
        "heading": heading or _("Cite this page"),
        "styles": [
            {"name": name, "html": completed(formatted[style], style, address, today)}
            for style, name in NAMES.items()
        ],
        "address": address,
        "accessed": today,
        "version_date": version_date,
        **more,
    }

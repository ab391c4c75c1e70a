"""What the cite box of a page shows."""

from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.citing.items import page_item
from exchange.citing.styles import NAMES, completed, styled
from records.languages import TAGS, page_language


def cite_page(title, address, version_date=None, *, heading="", site="", **more):
    """
    Return what `exchange/_cite.html` shows of a page that is no record.

    `address` is the absolute permanent link, without a language and with the query;
    `version_date` the day of the data behind it, None for a page that is made anew
    whenever it is read: such a page is cited by the day of access. `site` is what the
    site is called. `more` are further fields of its item, as of `page_item()`.
    """
    item = page_item(title, site=site, issued=version_date, **more)
    return box(styled(item), item, address, version_date, heading=heading)


def box(formatted, item, address, version_date, *, heading="", **more):
    """Return what `exchange/_cite.html` shows: `formatted` is {style: HTML}."""
    today = timezone.localdate()
    page, said = TAGS[page_language()], item.get("language", "")
    return {
        "heading": heading or _("Cite this page"),
        "styles": [
            {"name": name, "html": completed(formatted[style], style, address, today)}
            for style, name in NAMES.items()
        ],
        "lang": "" if said[:2] == page[:2] else said,
        "address": address,
        "accessed": today,
        "version_date": version_date,
        **more,
    }

"""The changes of one record as an Atom feed: /en/topics/labour.atom."""

from urllib.parse import urlsplit

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from exchange.citing.items import site_name
from exchange.feeds import NEWEST, Feed, permanent_id, printable
from records.addresses import site_url
from records.in_words import label_of
from records.languages import TAGS, page_language
from records.past import Past


def record_as_atom(record, request):
    """
    Return the newest changes of a public record as an Atom feed (RFC 4287).

    Only what the public saw; identifiers are the same for good, and each language
    has its own. At most 22 queries.
    """
    language, site = TAGS[page_language()], site_url(request)
    page = record.get_absolute_url()
    changes = Past(record).changes(NEWEST)
    feed = Feed(
        printable(_("Changes of the record “%(name)s”") % {"name": record}),
        site + page,
        None,
        language=language,
        author_name=printable(site_name()) or urlsplit(site).netloc,
        feed_url=site + request.path,
        feed_guid=permanent_id(record, "record-changes", language),
        updated=changes[0].when if changes else record.first_published_at,
    )
    for change in changes:
        items = [
            {"label": label_of(type(record), name), "old": old, "new": new}
            for name, old, new in change.items
        ]
        words = render_to_string("exchange/_record_change.html", {"items": items})
        feed.add_item(
            printable(headline(record, items)),
            f"{site}{page}?version={timezone.localdate(change.when)}",
            printable(words).replace('href="/', f'href="{site}/'),
            unique_id=permanent_id(record, change.since.isoformat(), language),
            pubdate=change.since,
            updateddate=change.when,
        )
    return feed.writeString("utf-8").encode()


def headline(record, items):
    """Return which record changed, and what of it, as the title of an entry."""
    labels = dict.fromkeys(item["label"] for item in items)
    what = pgettext("between items", ", ").join(labels) or _("put on record")
    return _("%(name)s: %(what)s") % {"name": str(record), "what": what}

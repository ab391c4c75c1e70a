"""Feeds in the Atom format (RFC 4287)."""

import re
import uuid

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page

from records.languages import TAGS, page_language
from records.views import RecordDetail
from sessions.changes import changes_of, with_details
from sessions.models import Edition
from sessions.templatetags.changes import headline

NEWEST = 50  # entries of a feed
# What XML 1.0 (section 2.2) has no place for
NO_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Feed(Atom1Feed):
    """
    An Atom feed whose `updated` is that of what it tells, never the clock's.

    `ways` are {relation: address} to its other parts (RFC 5005, section 3).
    """

    def __init__(self, *args, updated, ways=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.updated, self.ways = updated, ways or {}

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        for relation, address in self.ways.items():
            handler.addQuickElement("link", "", {"rel": relation, "href": address})

    def latest_post_date(self):
        return self.updated


@method_decorator(conditional_page, "dispatch")
class ChangesFeed(RecordDetail):
    """The newest changes of an edition's programme, as an Atom feed."""

    http_method_names = ["get", "head", "options"]
    model = Edition

    def get_queryset(self):
        return self.model.objects.published()

    def get_context_data(self, **kwargs):
        return kwargs

    def render_to_response(self, context, **kwargs):
        return changes(self.request, self.object)

    def get_address(self, record):
        return reverse("exchange:changes", args=[record.slug])


def changes(request, edition):
    """Return the newest changes of an edition's programme as an Atom feed."""
    releases = list(edition.releases.all())
    found = with_details(changes_of(edition, releases)[:NEWEST])
    language = TAGS[page_language()]
    feed = Feed(
        _("What changed in the programme, %(year)s") % {"year": edition.year},
        absolute(request, edition.get_changes_url()),
        None,
        language=language,
        author_name=printable(str(edition)),
        feed_url=absolute(request, request.path),
        feed_guid=permanent_id(edition, "changes", language),
        updated=found[0].when if found else edition.first_published_at,
    )
    for change in found:
        page = edition.get_changes_url()
        if change.kind != "withdrawn":
            page = change.session.get_absolute_url()
        words = render_to_string("sessions/_change_items.html", {"change": change})
        feed.add_item(
            printable(headline(change)),
            absolute(request, page),
            printable(words.replace('href="/', f'href="{absolute(request, "/")}')),
            unique_id=permanent_id(change.session, change.key, language),
            pubdate=change.when,
            updateddate=change.when,
        )
    response = HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def permanent_id(record, *parts):
    """Return the same `urn:uuid:` for the same record and parts, for good."""
    return uuid.uuid5(record.uid, "/".join(parts)).urn


def absolute(request, path):
    """Return the absolute address of a path, as the pages give it."""
    return (settings.SITE_URL or f"{request.scheme}://{request.get_host()}") + path


def printable(text):
    """Return a text without the characters that XML does not allow."""
    return NO_CHARACTER.sub("", text)

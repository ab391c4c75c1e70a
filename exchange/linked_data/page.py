"""What a page says of itself in a data block, out of what its view has loaded."""

from html import unescape

from django.utils.html import strip_tags

from exchange.linked_data.events import (
    edition_in_full,
    outcome_in_full,
    session_in_full,
)
from exchange.linked_data.law import regulation_in_full
from exchange.linked_data.people import organization_in_full, person_in_full
from exchange.linked_data.terms import term_in_full
from exchange.linked_data.values import CONTEXT, in_both_languages, without_gaps
from exchange.tables.kinds import TABLES
from organizations.models import Organization, Person
from records.languages import TAGS, page_language
from records.prepared import prepared
from sessions.models import Edition, EditionRole, Outcome, Session
from topics.models import LifecycleStage, Mineral, Regulation, RegulationRelation, Topic

MOST_ROWS = 20  # of a list, named in its page
DESCRIBE = {
    Edition: edition_in_full,
    Session: session_in_full,
    Person: person_in_full,
    Organization: organization_in_full,
    Topic: term_in_full,
    Mineral: term_in_full,
    LifecycleStage: term_in_full,
    Regulation: regulation_in_full,
    Outcome: outcome_in_full,
}


def described(record, site, **loaded):
    """Return a public record as JSON-LD, without a context; its parts are `loaded`."""
    return DESCRIBE[type(record)](record, site, **loaded)


def document(context):
    """
    Return what a page says of itself, {} if nothing.

    `context` is that of the page. A page about a record describes the record; the
    page of a list names its first rows; any other page tells where it stands, and
    what its view can `describe(context)`. What is not to be indexed, such as a list
    with filters, says nothing.
    """
    request, record = context.get("request"), context.get("record")
    match = getattr(request, "resolver_match", None)
    if not match or context.get("robots") or "trail" not in context:
        forum = context.get("forum")
        return website(forum, context) if match and match.view_name == "home" else {}
    if record and request.path in addresses_of(record):
        said = described(record, context["site_url"], **loaded(record, context))
        said |= {"mainEntityOfPage": this_page("AboutPage", context)}
    elif match.view_name in TABLES and "filterset" in context:
        said = this_page("CollectionPage", context) | {"mainEntity": rows(context)}
    else:
        said = this_page("WebPage", context)
        if describe := context.get("describe"):
            said |= {"mainEntity": describe(context)}
    return {"@context": CONTEXT, **said}


def addresses_of(record):
    """Return the pages that describe a record: an edition has two."""
    if isinstance(record, Edition):
        return [record.get_absolute_url(), record.get_programme_url()]
    return [record.get_absolute_url()]


def website(forum, context):
    """Describe the whole site, on its home page."""
    site = context["site_url"]
    if not forum.name:
        return {}
    said = {
        "@context": CONTEXT,
        "@type": "WebSite",
        "@id": f"{site}/",
        "url": context["canonical"],
        "name": in_both_languages(forum, "name"),
        "alternateName": in_both_languages(forum, "short_name"),
        "description": in_both_languages(forum, "tagline"),
        "inLanguage": list(TAGS.values()),
        "about": {
            "@type": "EventSeries",
            "@id": f"{site}/#forum",
            "name": in_both_languages(forum, "name"),
        },
    }
    return without_gaps(said)


def this_page(kind, context):
    site, query = context["site_url"], context.get("canonical_query")
    steps = [
        {
            "@type": "ListItem",
            "position": position,
            "name": plain(label),
            "item": site + path if path else None,
        }
        for position, (label, path) in enumerate(context["trail"], 1)
    ]
    return {
        "@type": kind,
        "@id": context["canonical"] + (f"?{query}" if query else ""),
        "inLanguage": TAGS[page_language()],
        "isPartOf": {"@type": "WebSite", "@id": f"{site}/"},
        "breadcrumb": {
            "@type": "BreadcrumbList",
            "itemListElement": [without_gaps(step) for step in steps],
        },
    }


def plain(label):
    """Return a label of a breadcrumb without its markup, if it has any."""
    return unescape(strip_tags(label)) if hasattr(label, "__html__") else str(label)


def rows(context):
    site, page = context["site_url"], context["page_obj"]
    shown = list(context["object_list"])  # read once, for the page as well
    return {
        "@type": "ItemList",
        "numberOfItems": context["count"],
        "itemListElement": [
            {"@type": "ListItem", "position": position, "url": site + row.address}
            for position, row in enumerate(shown[:MOST_ROWS], page.start_index())
        ],
    }


def loaded(record, context):
    """Return what the view has loaded of a record, as its description takes it."""
    if isinstance(record, Session):
        return {
            "contributions": [
                *context["led"],
                *context["spoke"],
                *context["present"],
            ],
            "subjects": [
                *record.topics.all(),
                *record.minerals.all(),
                *stages(context["places"], context["further"]),
                *context["regulations"],
            ],
        }
    if isinstance(record, Edition):
        found = context.get("organizers")
        if found is None:  # the programme shows none
            found = organizers_of(edition=record.pk)
        return {"organizers": found, "sessions": context["sessions"]}
    if isinstance(record, Person):
        return {"affiliations": context.get("affiliations", ())}
    if isinstance(record, Organization):
        return {"parent": context["parent"], "parts": context["parts"]}
    if isinstance(record, Regulation):
        return {
            "bodies": record.issuing_bodies.all(),
            "relations": relations(context["relations"]),
            "subjects": [
                *record.topics.all(),
                *record.minerals.all(),
                *stages(context["places"], context["further_stages"]),
            ],
        }
    if isinstance(record, Outcome):
        return {
            "agents": [*record.people.all(), *record.organizations.all()],
            "topics": record.topics.all(),
        }
    return {}


@prepared
def organizers_of(edition):
    roles = EditionRole.objects.filter(edition=edition).published()
    roles = roles.filter(role=EditionRole.Role.ORGANIZER)
    return roles.select_related("person", "organization")


def stages(places, further):
    return [place["stage"] for place in places if place["covered"]] + list(further)


def relations(named):
    """Return (kind, inverse, other) of {label: [others]}, as a page shows them."""
    kinds = {str(kind.label): (kind, False) for kind in RegulationRelation.Kind}
    for kind, label in RegulationRelation.INVERSE.items():
        kinds[str(label)] = (kind, True)
    return [
        (*kinds[label], other) for label, others in named.items() for other in others
    ]

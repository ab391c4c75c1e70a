"""People and organizations in the words of schema.org."""

from exchange.linked_data.values import (
    address,
    all_linked,
    in_both_languages,
    in_short,
    named,
    other_names,
    without_gaps,
)


def person_in_full(person, site, affiliations=()):
    """Describe a person; who asked for it is told of by name only."""
    said = named(person, site)
    if not person.listed:
        return said
    return without_gaps(
        {
            **said,
            "alternateName": other_names(person),
            "description": in_short(person, "bio"),
            "jobTitle": [
                words
                for place in affiliations
                if holds_now(place)
                for words in in_both_languages(place, "title")
            ],
            "affiliation": [place_in_full(place, site) for place in affiliations],
            "image": picture_in_full(person.picture, site, person.photo_credit),
            "sameAs": person.orcid and address(f"https://orcid.org/{person.orcid}"),
        }
    )


def holds_now(place):
    """Tell whether nothing on record says that an affiliation may be over."""
    return not place.ends and not in_both_languages(place, "note")


def place_in_full(place, site):
    """Return an affiliation: the organization, with a title and times as a role."""
    organization = named(place.organization, site)
    role = without_gaps(
        {
            "roleName": in_both_languages(place, "title"),
            "description": in_both_languages(place, "note"),
            "startDate": place.starts and place.starts.isoformat(),
            "endDate": place.ends and place.ends.isoformat(),
        }
    )
    if not role:
        return organization
    return {"@type": "OrganizationRole", **role, "affiliation": organization}


def organization_in_full(organization, site, parent=None, parts=()):
    country = organization.country.code
    wikidata = organization.wikidata
    same = [
        organization.ror,
        wikidata and f"http://www.wikidata.org/entity/{wikidata}",
        organization.website,
    ]
    return without_gaps(
        {
            **named(organization, site),
            "alternateName": other_names(organization, organization.acronym),
            "description": in_short(organization, "description"),
            "address": country
            and {"@type": "PostalAddress", "addressCountry": country},
            "logo": picture_in_full(organization.picture, site),
            "parentOrganization": parent and named(parent, site),
            "subOrganization": all_linked(parts, site),
            "sameAs": [found for one in same if (found := address(one))],
        }
    )


def picture_in_full(file, site, credit=""):
    """Return a photo or logo with what it shows; None if there is none."""
    best = file and file.plain
    if not best:
        return None
    return without_gaps(
        {
            "@type": "ImageObject",
            "contentUrl": site + best.url,
            "encodingFormat": "image/jpeg",
            "width": best.width,
            "height": best.height,
            "caption": in_both_languages(file.instance, f"{file.field.name}_alt"),
            "creditText": credit,
        }
    )

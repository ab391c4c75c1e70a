"""Topics, minerals and life-cycle stages in the words of schema.org."""

from django.urls import reverse

from exchange.linked_data.values import (
    in_both_languages,
    in_words,
    named,
    other_names,
    without_gaps,
)
from records.addresses import neutral_path


def term_in_full(term, site):
    """Describe a topic, a mineral or a stage as a term of its set."""
    defined = "definition" in term.markdown_fields
    return without_gaps(
        {
            **named(term, site),
            "alternateName": other_names(term),
            "description": in_both_languages(term, "definition") if defined else None,
            "termCode": getattr(term, "symbol", ""),
            "inDefinedTermSet": set_of(term, site),
        }
    )


def set_of(term, site):
    """Return the set of all terms of a kind: its list."""
    return {
        "@type": "DefinedTermSet",
        "@id": site + neutral_path(reverse(term.index)),
        "name": in_words(term._meta.verbose_name_plural),
    }

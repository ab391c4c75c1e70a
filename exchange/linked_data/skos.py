"""Topics, minerals and stages as concepts (SKOS Reference, W3C, 2009)."""

from exchange.linked_data.terms import set_of
from exchange.linked_data.values import all_linked, in_both_languages, other_names
from topics.models import LifecycleStage


def concept(term, site):
    """Return what SKOS says of a term; in three queries at most."""
    scheme = set_of(term, site)
    scheme |= {
        "@type": [scheme["@type"], "skos:ConceptScheme"],
        "skos:prefLabel": scheme["name"],
    }
    notes = [getattr(term, "oecd_annex_ii", ""), *getattr(term, "lists", ())]
    said = {
        "@type": ["DefinedTerm", "skos:Concept"],
        "inDefinedTermSet": scheme,
        "skos:prefLabel": in_both_languages(term, term.title_field),
        "skos:altLabel": other_names(term),
        "skos:notation": getattr(term, "symbol", ""),
        "skos:note": [note for note in notes if note],
        "skos:inScheme": {"@id": scheme["@id"]},
    }
    if "definition" in term.markdown_fields:
        said["skos:definition"] = in_both_languages(term, "definition")
    if isinstance(term, LifecycleStage):
        return said
    kin = type(term).objects.published()
    above = list(kin.filter(pk=term.parent_id)) if term.parent_id else []
    said["skos:broader"] = concepts(above, site)
    said["skos:narrower"] = concepts(kin.filter(parent=term), site)
    if not above:
        said["skos:topConceptOf"] = {"@id": scheme["@id"]}
    return said


def concepts(terms, site):
    return [
        {**one, "@type": ["DefinedTerm", "skos:Concept"], "skos:prefLabel": one["name"]}
        for one in all_linked(terms, site)
    ]

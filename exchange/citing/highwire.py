"""
What Google Scholar reads in the head of a page: Highwire Press `citation_*` tags.

By its rules (scholar.google.com/intl/en/scholar/inclusion.html#indexing) there is a
title, an author and a date of publication, or there are no tags; each author has a
tag; a date is 2023/09/22 or 2023. Laws and pages of the portal itself are no
publications that it takes.
"""

from urllib.parse import urljoin, urlsplit

from exchange.citing.works import work
from sessions.models import Material, Session

PUBLISHED_AS = {
    "speech": "citation_conference_title",
    "report": "citation_technical_report_institution",
    "standard": "citation_technical_report_institution",
}
READ = (Material.Kind.PAPER, Material.Kind.SLIDES, Material.Kind.TRANSCRIPT)


def tags(record, page):
    """
    Return (name, content) pairs for a record that its page has fetched, or none.

    `page` is the absolute address of its page, in the language of the page.
    """
    cited = work(record)
    if cited.type not in PUBLISHED_AS or not (cited.authors and cited.date):
        return []
    authors = [name.text for name in cited.authors]
    date = cited.date if len(cited.date) == 10 else cited.date[:4]
    found = [
        ("citation_title", cited.title),
        *(("citation_author", name) for name in authors),
        ("citation_publication_date", date.replace("-", "/")),
        (PUBLISHED_AS[cited.type], cited.event or authors[0]),
        ("citation_technical_report_number", cited.number),
        ("citation_language", cited.language),
        ("citation_abstract_html_url", page),
        ("citation_pdf_url", pdf_of(record, page)),
    ]
    return [(name, said) for name, said in found if said]


def pdf_of(record, page):
    """Return the address of what was read at a session as a PDF; "" if none is here."""
    if not isinstance(record, Session):
        return ""
    here = [
        material.file.url if material.file else material.url
        for kind in READ
        for material in record.materials.all()
        if material.kind == kind and material.availability == "here"
    ]
    pdfs = [one for one in here if urlsplit(one).path.lower().endswith(".pdf")]
    return urljoin(page, pdfs[0]) if pdfs else ""

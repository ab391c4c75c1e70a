"""
What records are called, and links to their pages, as HTML in the page's language.

A page may name hundreds of records. To find out its language and where addresses
begin costs more than to write a name, so that is done once: `names()` is ready.
"""

from functools import cache
from html import escape

from django.urls import get_script_prefix, get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from records.addresses import path_of
from records.languages import other_text_of, page_language, text_of

# `SafeString(text)` is `mark_safe(text)` at a tenth of its cost.
NOTHING = SafeString("")
_SLUG = "0-any-0"


def names():
    """Return the `Names` of the page that is written now."""
    return _names(get_language(), get_urlconf(), get_script_prefix())


@cache
def _names(*_language_and_urlconf):
    return Names()


class Names:
    """The names in one language; methods return safe HTML."""

    def __init__(self):
        self.language = page_language()
        self.paths = {}

    def path(self, record):
        """Return `record.get_absolute_url()`, which needs no escaping."""
        if record.page not in self.paths:
            self.paths[record.page] = path_of(record.page, _SLUG).split(_SLUG)
        before, after = self.paths[record.page]
        return f"{before}{record.slug}{after}"

    def text(self, thing, field):
        """Return a translated field, marked with its `lang` if that is another."""
        return _marked(text_of(thing, field, self.language))

    def other(self, thing, field):
        """Return a translated field in the language that the page is not in."""
        return _marked(other_text_of(thing, field, self.language))

    def heading(self, record):
        return self.text(record, record.heading_field)

    def other_heading(self, record):
        return self.other(record, record.heading_field)

    def link(self, record):
        """Return the name of a record as a link to its page."""
        said = text_of(record, record.heading_field, self.language)
        lang = f' lang="{escape(said.lang)}"' if said.foreign else ""
        return SafeString(
            f'<a href="{self.path(record)}"{lang}>{escape(said.text)}</a>'
        )

    def chips(self, records):
        """Return the items of a list of chips: the names as links to their pages."""
        chip = '<li><a class="chip" href="{}">{}</a></li> '
        chips = [chip.format(self.path(one), self.heading(one)) for one in records]
        return SafeString("".join(chips))


def _marked(said):
    if not said.text:
        return NOTHING
    text = escape(said.text)
    if said.foreign:
        text = f'<span lang="{escape(said.lang)}">{text}</span>'
    return SafeString(text)

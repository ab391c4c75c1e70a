"""Tags and filters that show a record's texts, dates and links in any template."""

import datetime
from functools import lru_cache

from django import template
from django.utils import formats, timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import (
    get_language,
    get_language_info,
    gettext,
    pgettext,
)

from records.folding import constant
from records.languages import (
    OWN_NAMES,
    TAGS,
    other_language,
    page_language,
    text_of,
)
from records.names import names

register = template.Library()


@register.filter
def text(thing, field):
    """Show a translated field, marked with its `lang` when it is in another."""
    return names().text(thing, field)


@register.filter
def other(thing, field):
    """Show a translated field in the language the page is not in, or nothing."""
    return names().other(thing, field)


@register.filter
def heading(record):
    """Show what a record is called."""
    return names().heading(record)


@register.filter
def other_heading(record):
    """Show what a record is called in the other language, or nothing."""
    return names().other_heading(record)


@register.filter
def link(record):
    """Show a record's name as a link to its page."""
    return names().link(record)


@register.filter
def chips(records):
    """Show the names of records as links, each an item of a list of chips."""
    return names().chips(records)


@register.filter
def about(citation):
    """Show what a citation speaks of; an editor's remark on it is in English."""
    if not citation.about_remark:
        return citation.about_name
    remark = format_html('<span lang="en">{}</span>', citation.about_remark)
    return format_html(
        gettext("{said} ({remark})"), said=citation.about_name, remark=remark
    )


@register.filter
def is_untranslated(thing, field):
    """Tell whether a field is shown in the other language for want of this one."""
    said = text_of(thing, field)
    return bool(said.text) and said.foreign


@register.filter
def prose(record, field):
    """Show a Markdown field as the HTML made when the record was written."""
    for code in (page_language(), other_language()):
        if html := record.html.get(f"{field}_{code}"):
            safe = mark_safe(html)  # noqa: S308 — sanitized when it was written
            if code == page_language():
                return safe
            return format_html('<div lang="{}">{}</div>', TAGS[code], safe)
    return ""


@register.simple_tag
def steps(trail):
    """Show the (label, address) of each page of a breadcrumb; this one has none."""
    return format_html_join(
        " ",
        "<li>{}</li>",
        [
            (format_html('<a href="{}">{}</a>', url, label),)
            if url
            else (format_html('<span aria-current="page">{}</span>', label),)
            for label, url in trail
        ],
    )


@register.simple_tag
def other_language_name():
    """Return the name of the language the page is not in, in that language."""
    return OWN_NAMES[other_language()]


@register.filter
def language_name(code):
    """Return the name of a language in the page's own, or its code if unknown."""
    if code.lower() == "zh":
        return gettext("Chinese")  # Django names its writings alone
    try:
        return get_language_info(code.lower())["name_translated"]
    except KeyError:
        return code


@register.filter
def day(date, precision="day"):
    """Show a date in full, as exactly as it is known, in a `<time>`."""
    return _time(date, precision, "DATE_FORMAT", pgettext("date", "F Y"))


@register.filter
def short_day(date, precision="day"):
    """Show a date in its short form, in a `<time>`."""
    return _time(date, precision, "SHORT_DATE_FORMAT", pgettext("short date", "M Y"))


def _time(date, precision, day_format, month_format):
    if not date:
        return ""
    if isinstance(date, datetime.datetime):
        date = timezone.localdate(date)
    if isinstance(date, str):
        date = parse_date(date)
    return _written(get_language(), date, precision, day_format, month_format)


@lru_cache(maxsize=4096)
def _written(_language, date, precision, day_format, month_format):
    iso = date.isoformat()
    if precision == "year":
        iso, shown = iso[:4], formats.date_format(date, pgettext("date", "Y"))
    elif precision == "month":
        iso, shown = iso[:7], formats.date_format(date, month_format)
    else:
        shown = formats.date_format(date, day_format)
    return format_html('<time datetime="{}">{}</time>', iso, shown)


@register.simple_tag
def period(first, last, short=False):
    """Show a stretch of days, naming month and year once where they are the same."""
    if not first or not last or first == last:
        return (short_day if short else day)(first or last)

    def written(date, pattern):
        return formats.date_format(date, pattern.replace("F", "M" if short else "F"))

    if (first.year, first.month) == (last.year, last.month):
        start = formats.date_format(first, pgettext("first of a period", "j"))
        end = written(last, pgettext("last in that month", "j F Y"))
    elif first.year == last.year:
        start = written(first, pgettext("first of a period", "j F"))
        end = written(last, pgettext("last in that year", "j F Y"))
    else:
        whole = "SHORT_DATE_FORMAT" if short else "DATE_FORMAT"
        start, end = (formats.date_format(d, whole) for d in (first, last))
    return format_html(
        '<time datetime="{}">{}</time>–<time datetime="{}">{}</time>',
        first.isoformat(),
        start,
        last.isoformat(),
        end,
    )


@register.simple_tag
@constant
def missing():
    """Say that a fact is not known."""
    return gettext("Not on record")


@register.simple_tag
@constant
def comma():
    """Write the comma between two facts as the page's language does."""
    return pgettext("between facts", ", ")


@register.simple_tag
@constant
def list_comma():
    """Write the comma between the items of a list as the page's language does."""
    return pgettext("between items", ", ")


@register.simple_tag
@constant
def colon():
    """Write the colon before a detail as the page's language does."""
    return pgettext("before a detail", ": ")


@register.simple_tag
@constant
def stop():
    """Write the full stop after a fact as the page's language does."""
    return pgettext("after a fact", ". ")


@register.simple_tag
@constant
def gap():
    """Write the space between two sentences; Chinese has none."""
    return "" if page_language() == "zh-hans" else " "


@register.simple_tag
def elided(page):
    """Return the numbers of the pages near this one and at the ends, "…" between."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)

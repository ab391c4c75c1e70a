"""The dates of regulations and the editions of the forum on one axis."""

import datetime
from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchange.pictures.picture import Number, Picture, Table, sentence
from exchange.pictures.sets import Name
from exchange.pictures.svg import Drawing
from records.filters import in_both
from records.languages import date_in_words
from topics.models import Milestone, Regulation
from topics.models.regulations import Precision

title = gettext_lazy("Regulations over time")
about = gettext_lazy(
    "Above, how many regulations have a date in each year. Below, the dates of single "
    "regulations, those that most sessions discussed first: a full circle is past, a "
    "hollow one is still ahead. Upright lines are editions of the forum."
)
LANES, YEARS, AHEAD = 18, 16, 8
LABELS, RIGHT, BARS, LANE = 270, 940, 110, 24
MIDDLE = {Precision.YEAR: 182, Precision.MONTH: 15, Precision.DAY: 0}  # days


class Held(NamedTuple):
    """An edition as it stands on the axis."""

    year: int
    starts_on: Any
    url: str


class Axis:
    """The years that have room; what is earlier stands before them, together."""

    def __init__(self, years):
        this_year = timezone.localdate().year
        self.last = min(max([*years, this_year]), this_year + AHEAD)
        self.first = max(min([*years, this_year]), self.last - YEARS + 1)
        self.earlier = any(year < self.first for year in years)
        places = self.last - self.first + 1 + self.earlier
        self.step = (RIGHT - LABELS) / places

    def years(self):
        return range(self.first, self.last + 1)

    def of_year(self, year):
        """Return where a year begins."""
        place = max(year, self.first - 1) - self.first + self.earlier
        return LABELS + self.step * max(0, place)

    def of_day(self, date):
        if date.year < self.first:
            return LABELS + self.step / 2
        if date.year > self.last:
            return float(RIGHT)
        passed = (date - datetime.date(date.year, 1, 1)).days / 366
        return self.of_year(date.year) + self.step * passed


def make(asked):
    """Return the `Picture` of the regulations asked for."""
    sets = asked.regulations
    chosen = sets.filterset.data.getlist("edition")
    public = sets.filterset.filters["edition"].filter(
        Regulation.objects.published(), chosen
    )
    dates = Milestone.objects.filter(regulation__in=public.values("pk")).order_by()
    each = Count("regulation", distinct=True)
    by_year = dict(dates.values_list("date__year").annotate(total=each))
    editions = [
        Held(one.year, one.starts_on, one.get_absolute_url())
        for one in reversed(asked.editions)
    ]
    axis = Axis([*by_year, *(edition.year for edition in editions)])
    lanes = cache(lambda: lanes_of(asked.sessions, dates))
    busiest = max(by_year, key=lambda year: (by_year[year], year), default=0)
    years = [
        Number(by_year.get(year, 0), in_years(sets, by_year, year, year))
        for year in axis.years()
    ]
    before = early(dates, sets, axis) if axis.earlier else None
    return Picture(
        headline=sentence(
            ngettext(
                "{count} of {total} regulation has a date in {year}",
                "{count} of {total} regulations have a date in {year}",
                by_year.get(busiest, 0),
            ),
            count=by_year.get(busiest, 0),
            total=sets.total,
            year=str(busiest),
        ),
        values=len(by_year),
        tables=lambda: tables(axis, years, before, editions, lanes()),
        draw=lambda: draw(axis, years, before, editions, lanes()),
        columns=["date", "event", "event_id", "regulation", "regulation_id"],
        rows=lambda: file_rows(public, dates),
        notes=lambda: without_line(sets.total - len(lanes())),
    )


def without_line(count):
    """Return the notes on what the picture leaves out."""
    said = ngettext(
        "%(count)d regulation has no line of its own here.",
        "%(count)d regulations have no line of their own here.",
        count,
    )
    return [said % {"count": count}] if count else []


def in_years(sets, by_year, first, last):
    """Return the address of the regulations with a date in these years, if any."""
    if first and not by_year.get(first):
        return ""
    asked = {"year_from": first, "year_to": last}
    return sets.url(**{name: year for name, year in asked.items() if year})


def early(dates, sets, axis):
    """Return how many regulations have a date before the axis begins."""
    earlier = dates.filter(date__year__lt=axis.first)
    number = earlier.values("regulation").distinct().count()
    return Number(number, in_years(sets, {}, None, axis.first - 1))


def lanes_of(sessions, dates):
    """
    Return [(name, milestones)] of single regulations, in two queries.

    Those that most sessions named come first, then those with the most dates.
    """
    dated = dict(dates.values_list("regulation__slug").annotate(total=Count("pk")))

    def place(slug):
        named = sessions.count("regulation", slug)
        return -named, -dated[slug], sessions.place("regulation", slug)

    slugs = sorted(dated, key=place)[:LANES]
    found = defaultdict(list)
    for one in (
        Milestone.objects.filter(regulation__slug__in=slugs)
        .order_by("date", "pk")
        .annotate(slug=F("regulation__slug"))
    ):
        found[one.slug].append(one)
    return [
        (
            sessions.name("regulation", slug)._replace(
                url=Regulation(slug=slug).get_absolute_url()
            ),
            found[slug],
        )
        for slug in slugs
    ]


def tables(axis, years, before, editions, lanes):
    """Return the tables: regulations by year, and the dates of single ones."""
    held = defaultdict(list)
    for edition in editions:
        held[max(edition.year, axis.first - 1)].append(edition)

    def forum(year):
        found = [Name(str(one.year), "", one.url) for one in held[year]]
        return found[0] if found else ""

    rows = [
        [str(year), number, forum(year)]
        for year, number in zip(axis.years(), years, strict=True)
    ]
    if before:
        words = _("Before %(year)d") % {"year": axis.first}
        rows.insert(0, [words, before, forum(axis.first - 1)])
    single = [
        [name, date_in_words(one.iso_date()), one.get_kind_display()]
        for name, dates in lanes
        for one in dates
    ]
    return [
        Table(
            _("Regulations with a date in each year"),
            [_("Year"), _("Regulations"), _("Edition of the forum")],
            rows,
        ),
        Table(
            _("Dates of single regulations"),
            [_("Regulation"), _("Date"), _("What happens")],
            single,
        ),
    ]


def file_rows(regulations, dates):
    """Return a row for each date of each regulation."""
    named = regulations.only("slug", "name_language", *in_both("short_name"))
    names = {row.pk: row for row in named}
    return [
        [
            one.iso_date(),
            one.get_kind_display(),
            one.kind,
            str(names[one.regulation_id]),
            names[one.regulation_id].slug,
            names[one.regulation_id].get_absolute_url(),
        ]
        for one in dates.order_by("date", "regulation", "pk")
        if one.regulation_id in names
    ]


def draw(axis, years, before, editions, lanes):
    """Draw bars by year, then a line of dates for each regulation."""
    bottom = BARS + 30 + LANE * len(lanes)
    drawing = Drawing(960, bottom + 12)
    for edition in editions:
        _edition(drawing, axis, edition, bottom)
    columns = list(zip(axis.years(), years, strict=True))
    if before:
        columns.insert(0, (None, before))
    most = max((number.value for number in years), default=1) or 1
    for year, number in columns:
        x = axis.of_year(year or axis.first - 1)
        # All earlier years together may be many more than any single one.
        high = (BARS - 50) * min(1, number.value / most)
        words = str(year) if year else f"<{axis.first}"
        if axis.step < 36 and year:
            words = f"’{year % 100:02}"
        drawing.text(
            x + axis.step / 2,
            BARS + 18,
            words,
            "pic-small pic-over",
            text_anchor="middle",
        )
        if number.value:
            with drawing.link(number.url, f"{words}: {number.value}"):
                look = "pic-mark" if year else "pic-mid"
                drawing.rect(x + 3, BARS - high, axis.step - 6, high, look)
                drawing.text(
                    x + axis.step / 2,
                    BARS - high - 4,
                    number.value,
                    "pic-over",
                    text_anchor="middle",
                )
    drawing.line(LABELS, BARS, RIGHT, BARS, "pic-axis")
    today = timezone.localdate()
    for place, (name, dates) in enumerate(lanes):
        y = BARS + 44 + LANE * place
        with drawing.link(name.url, name):
            drawing.text(
                LABELS - 12,
                y + 5,
                name,
                room=LABELS - 14,
                lang=name.lang,
                text_anchor="end",
            )
        drawing.line(LABELS, y, RIGHT, y, "pic-rule")
        spots = [axis.of_day(_middle(one)) for one in dates]
        if len(spots) > 1:
            drawing.line(spots[0], y, spots[-1], y, "pic-axis", stroke_width=3)
        with drawing.link(name.url, name):
            for x, one in zip(spots, dates, strict=True):
                look = "pic-hollow" if one.date > today else "pic-mark"
                drawing.circle(x, y, 5, look)
    return drawing


def _middle(milestone):
    """Return the day to stand for a date; the middle of a month or a year."""
    return milestone.date + datetime.timedelta(days=MIDDLE[milestone.precision])


def _edition(drawing, axis, edition, bottom):
    if edition.year < axis.first or edition.year > axis.last:
        return
    x = axis.of_year(edition.year)
    with drawing.link(edition.url, edition.year):
        if edition.starts_on:
            x = axis.of_day(edition.starts_on)
            drawing.line(x, 22, x, bottom, "pic-event", stroke_width=2)
        else:  # of the year alone
            drawing.rect(x, 22, axis.step, bottom - 22, "pic-year")
            x += axis.step / 2
        words = _("Forum %(year)d") % {"year": edition.year}
        drawing.text(x, 14, words, "pic-strong", text_anchor="middle")

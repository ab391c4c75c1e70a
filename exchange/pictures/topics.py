"""How often each topic was discussed, edition by edition."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchange.pictures.picture import Number, Picture, Table, sentence, topics_left_out
from exchange.pictures.sets import Name
from exchange.pictures.svg import Drawing

title = gettext_lazy("Topics by edition")
about = gettext_lazy(
    "How many sessions of each edition discussed a topic, its narrower topics "
    "included. A session counts for each of its topics."
)
MOST, EDITIONS = 24, 10
LABELS, ROW, HEAD = 290, 26, 54


def make(asked):
    """Return the `Picture` of the sessions asked for."""
    sets = asked.sessions
    topics, held = sets.groups("topic"), sets.groups("edition")
    known = [one for one in reversed(asked.editions) if one.slug in held]
    years = {one.slug: one.year for one in known}
    editions = list(years)[-EDITIONS:]
    rows = sets.most("topic", MOST)
    called = {
        slug: sets.name("edition", slug)._replace(text=str(years[slug]), lang="")
        for slug in editions
    }
    if len(set(years.values())) < len(years):  # two in one year
        called = {slug: sets.name("edition", slug) for slug in editions}

    def number(topic, edition):
        value = topics[topic].intersection_cardinality(held[edition])
        url = sets.url(edition=edition, topic=topic) if value else ""
        return Number(value, url)

    grid = [
        [
            sets.name("topic", topic),
            *(number(topic, edition) for edition in editions),
            Number(len(topics[topic]), sets.url(topic=topic)),
        ]
        for topic in rows
    ]
    totals = [
        Number(len(held[edition]), sets.url(edition=edition)) for edition in editions
    ]
    last = [_("All sessions"), *totals, Number(sets.total, sets.url())]
    first = grid[0] if grid else [Name(""), Number(0)]
    notes = []
    if more := len(topics) - len(rows):
        notes.append(topics_left_out(more))
    if more := len(held) - len(editions):
        said = ngettext(
            "%(count)d earlier edition is left out.",
            "%(count)d earlier editions are left out.",
            more,
        )
        notes.append(said % {"count": more})
    return Picture(
        headline=sentence(
            ngettext(
                "{name} was discussed in {count} of {total} session",
                "{name} was discussed in {count} of {total} sessions",
                sets.total,
            ),
            name=first[0],
            count=first[-1].value,
            total=sets.total,
        ),
        values=sum(bool(cell.value) for row in grid for cell in row[1:-1]),
        tables=lambda: [
            Table(
                _("Sessions by topic and edition"),
                [_("Topic"), *called.values(), _("All sessions")],
                [*grid, last] if grid else [],
            )
        ],
        draw=lambda: draw(list(called.values()), grid),
        columns=["topic", "topic_id", "edition", "edition_id", "sessions"],
        rows=lambda: [
            [
                sets.name("topic", topic).text,
                topic,
                sets.name("edition", edition).text,
                edition,
                value,
                sets.url(edition=edition, topic=topic),
            ]
            for topic in sorted(topics)
            for edition in sorted(held)
            if (value := topics[topic].intersection_cardinality(held[edition]))
        ],
        notes=notes,
    )


def draw(editions, grid):
    """Draw a bar for each topic in the column of each edition."""
    most = max((cell.value for row in grid for cell in row[1:-1]), default=1)
    step = (950 - LABELS) / max(1, len(editions))
    drawing = Drawing(960, HEAD + ROW * len(grid) + 8)
    for place, edition in enumerate(editions):
        x = LABELS + step * place
        with drawing.link(edition.url, edition):
            drawing.text(x, 20, edition, "pic-strong", room=step - 8, lang=edition.lang)
        drawing.line(x, HEAD - 22, x, HEAD + ROW * len(grid), "pic-axis")
    for place, (name, *numbers, _all) in enumerate(grid):
        y = HEAD - 16 + ROW * place
        with drawing.link(name.url, name):
            drawing.text(
                LABELS - 12,
                y + 18,
                name,
                room=LABELS - 14,
                lang=name.lang,
                text_anchor="end",
            )
        for column, number in enumerate(numbers):
            if number.value:
                x = LABELS + step * column
                long = max(2, (step - 44) * number.value / most)
                with drawing.link(number.url):
                    drawing.rect(x, y + 3, long, ROW - 6, "pic-mark")
                    drawing.text(x + long + 6, y + 18, number.value)
    return drawing

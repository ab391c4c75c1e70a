"""Organizations and the topics of their sessions, as a heat table."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchange.pictures.picture import (
    Number,
    Picture,
    Table,
    heat,
    sentence,
    topics_left_out,
)
from exchange.pictures.svg import Drawing, width
from records.filters import MOST_VALUES

title = gettext_lazy("Organizations and topics")
about = gettext_lazy(
    "How many sessions each organization had a part in, by their broadest topics. A "
    "session counts for each of its topics."
)
ORGANIZATIONS, TOPICS = 18, 12
LABELS, ROW, HEAD = 300, 28, 140
WASHES = ("", "pic-wash", "pic-mid")


def make(asked):
    """Return the `Picture` of the sessions asked for."""
    sets = asked.sessions
    broad = sets.broad
    bodies, topics = sets.groups("organization"), sets.groups("topic")
    topics = {slug: some for slug, some in topics.items() if slug in broad}
    rows = sets.most("organization", ORGANIZATIONS)
    columns = sets.most("topic", TOPICS, among=broad)
    cells = {
        (body, topic): shared
        for body in bodies
        for topic in topics
        if (shared := bodies[body].intersection_cardinality(topics[topic]))
    }
    shown = [cells.get((body, topic), 0) for body in rows for topic in columns]
    most = max(shown, default=0)

    def number(body, topic):
        value = cells.get((body, topic), 0)
        url = sets.url(organization=body, topic=topic) if value else ""
        return Number(value, url, heat(value, most))

    grid = [
        [
            sets.name("organization", body),
            *(number(body, topic) for topic in columns),
            Number(len(bodies[body]), sets.url(organization=body)),
        ]
        for body in rows
    ]
    grid += others(sets, bodies, topics, rows, columns)
    names = [sets.name("topic", topic) for topic in columns]
    notes = []
    if more := len(topics) - len(columns):
        notes.append(topics_left_out(more))
    first = sets.name("organization", rows[0]) if rows else ""
    count = sets.count("organization", rows[0]) if rows else 0
    return Picture(
        headline=sentence(
            ngettext(
                "{name} had a part in {count} of {total} session",
                "{name} had a part in {count} of {total} sessions",
                sets.total,
            ),
            name=first,
            count=count,
            total=sets.total,
        ),
        values=sum(map(bool, shown)),
        tables=lambda: [
            Table(
                _("Sessions by organization and topic"),
                [_("Organization"), *names, _("All sessions")],
                grid,
            )
        ],
        draw=lambda: draw(names, grid),
        columns=["organization", "organization_id", "topic", "topic_id", "sessions"],
        rows=lambda: [
            [
                sets.name("organization", body).text,
                body,
                sets.name("topic", topic).text,
                topic,
                value,
                sets.url(organization=body, topic=topic),
            ]
            for (body, topic), value in sorted(cells.items())
        ],
        notes=notes,
    )


def others(sets, bodies, topics, rows, columns):
    """Return the row of the organizations that have none of their own, if any."""
    rest = [body for body in bodies if body not in rows]
    if not rest:
        return []
    together = bodies[rest[0]].copy().union(*(bodies[body] for body in rest))
    listed = len(rest) <= MOST_VALUES  # else no address can name them all

    def number(value, **more):
        url = sets.url(organization=sorted(rest), **more) if listed and value else ""
        return Number(value, url)

    name = ngettext("%(count)d other", "%(count)d others", len(rest))
    return [
        [
            name % {"count": len(rest)},
            *(
                number(together.intersection_cardinality(topics[topic]), topic=topic)
                for topic in columns
            ),
            number(len(together)),
        ]
    ]


def draw(names, grid):
    """Draw the table: one column for each topic, the stronger the more sessions."""
    step = min(72, (890 - LABELS) / (len(names) + 1))
    drawing = Drawing(960, HEAD + ROW * len(grid) + 8)
    for place, name in enumerate([*names, _("All sessions")]):
        x, y = LABELS + step * (place + 0.5), HEAD - 10
        with drawing.link(getattr(name, "url", ""), name):
            drawing.text(
                x,
                y,
                name,
                room=min((HEAD - 20) * 1.5, (955 - x) * 1.3),
                lang=getattr(name, "lang", ""),
                transform=f"rotate(-40 {x:.0f} {y:.0f})",
            )
    for place, (name, *numbers) in enumerate(grid):
        y = HEAD + ROW * place
        with drawing.link(getattr(name, "url", ""), name):
            drawing.text(
                LABELS - 12,
                y + 19,
                name,
                room=LABELS - 20,
                lang=getattr(name, "lang", ""),
                text_anchor="end",
            )
        for column, number in enumerate(numbers):
            x = LABELS + step * column
            if column < len(names):
                drawing.rect(
                    x + 1, y + 1, step - 2, ROW - 2, WASHES[number.heat] or "pic-none"
                )
            if number.value:
                with drawing.link(number.url):
                    drawing.text(
                        x + step / 2 - width(str(number.value)) / 2,
                        y + 19,
                        number.value,
                        "pic-on-wash",
                    )
    return drawing

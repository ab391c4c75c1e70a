"""Organizations that had a part in the same sessions; or those around one of them."""

import math
from itertools import combinations
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchange.pictures.picture import Number, Picture, Table, sentence
from exchange.pictures.places import on_rim, spread
from exchange.pictures.sets import Name
from exchange.pictures.svg import Drawing, fitted, width
from organizations.models import Organization

title = gettext_lazy("Organizations in the same sessions")
about = gettext_lazy(
    "Which organizations had a part in the same sessions: a line joins two of them, "
    "the thicker the more sessions. A circle is as large as the number of sessions of "
    "the organization. Where a circle stands has no meaning of its own."
)
MOST, AROUND, TIES = 40, 26, 120
WIDTH, HEIGHT, EDGE, SIDE = 960, 620, 36, 130
ROOM = 190  # of a name


class Node(NamedTuple):
    """An organization on the plane."""

    slug: str
    name: Name
    x: float
    y: float
    sessions: int
    url: str


def make(asked):
    """Return the `Picture` of the sessions asked for, around one `organization`."""
    sets = asked.sessions
    bodies = sets.groups("organization")
    centre = asked.organization
    met = {slug: partners(bodies, slug) for slug in ([centre] if centre else bodies)}
    if centre:
        around = met[centre]
        order = sorted(
            around, key=lambda s: (-around[s], sets.place("organization", s))
        )
        shown = order[:AROUND]
        pairs = {(centre, slug): around[slug] for slug in shown}
    else:
        order = [s for s in sets.most("organization", None) if met[s]]
        shown = order[:MOST]
        pairs = {(a, b): met[a][b] for a, b in combinations(shown, 2) if met[a].get(b)}
    pairs = dict(sorted(pairs.items(), key=lambda one: (-one[1], one[0])))
    drawn = dict(list(pairs.items())[:TIES])
    notes = []
    if more := len(order) - len(shown):
        said = ngettext(
            "%(count)d organization with fewer sessions is left out.",
            "%(count)d organizations with fewer sessions are left out.",
            more,
        )
        notes.append(said % {"count": more})
    if more := len(pairs) - len(drawn):
        said = ngettext(
            "%(count)d line for fewer sessions is left out.",
            "%(count)d lines for fewer sessions are left out.",
            more,
        )
        notes.append(said % {"count": more})
    first = centre or (max(shown, key=lambda s: len(met[s])) if shown else "")
    others = len(met.get(first, ()))
    return Picture(
        headline=sentence(
            ngettext(
                "{name} was in sessions with {count} other organization",
                "{name} was in sessions with {count} other organizations",
                others,
            ),
            name=sets.name("organization", first) if first else "",
            count=others,
        ),
        values=len(pairs),
        tables=lambda: tables(sets, bodies, met, centre, shown, drawn),
        draw=lambda: draw(sets, bodies, centre, shown, drawn),
        columns=["organization", "organization_id", "other", "other_id", "sessions"],
        rows=lambda: [
            [
                sets.name("organization", a).text,
                a,
                sets.name("organization", b).text,
                b,
                number,
                "",  # no list holds the sessions of both
            ]
            for a in sorted(met)
            for b, number in sorted(met[a].items())
            if centre or a < b
        ],
        notes=notes,
    )


def partners(bodies, slug):
    """Return {slug: number of shared sessions} of those it met."""
    own = bodies.get(slug)
    if not own:
        return {}
    return {
        other: shared
        for other, some in bodies.items()
        if other != slug and (shared := own.intersection_cardinality(some))
    }


def around_one(sets, slug):
    """Return the address of the picture around one organization."""
    kept = [pair for pair in sets.query if pair[0] == "edition"]
    query = urlencode([*kept, ("organization", slug)])
    return f"{reverse('exchange:picture', args=['network'])}?{query}"


def tables(sets, bodies, met, centre, shown, drawn):
    """Return the tables: who met how many, and who met whom."""

    def named(slug):
        name = sets.name("organization", slug)
        return name._replace(url=around_one(sets, slug))

    def sessions(slug):
        return Number(len(bodies[slug]), sets.url(organization=slug))

    if centre:
        rows = [[named(s), Number(met[centre][s]), sessions(s)] for s in shown]
        head = [_("Organization"), _("Sessions together"), _("All sessions")]
        return [Table(_("Organizations it met"), head, rows)]
    # The list of organizations knows no edition in which two met.
    index = "" if sets.query else reverse("organizations:list")
    rows = [
        [
            named(slug),
            sessions(slug),
            Number(len(met[slug]), index and f"{index}?organization={slug}"),
        ]
        for slug in shown
    ]
    head = [_("Organization"), _("Sessions"), _("Organizations it met")]
    ties = [[named(a), named(b), Number(number)] for (a, b), number in drawn.items()]
    both = [_("Organization"), _("Other organization"), _("Sessions together")]
    return [
        Table(_("Organizations by sessions"), head, rows),
        Table(_("Organizations that met most often"), both, ties[:20]),
    ]


def draw(sets, bodies, centre, shown, drawn):
    """Draw a circle for each organization and a line for each two that met."""
    nodes = on_plane(sets, bodies, centre, shown)
    drawing = Drawing(WIDTH, HEIGHT)
    for (a, b), number in reversed(drawn.items()):
        x1, y1, x2, y2 = (
            round(value) for value in (nodes[a].x, nodes[a].y, nodes[b].x, nodes[b].y)
        )
        drawing.line(x1, y1, x2, y2, "pic-tie", stroke_width=0.5 + min(number, 8))
    most = max((node.sessions for node in nodes.values()), default=1)
    taken = []
    for node in nodes.values():
        size = radius(node, most)
        taken.append((node.x - size, node.y - size, node.x + size, node.y + size))
    for node in nodes.values():
        size = radius(node, most)
        look = "pic-event" if node.slug == centre else "pic-mark"
        with drawing.link(node.url, f"{node.name}: {node.sessions}"):
            drawing.circle(round(node.x), round(node.y), size, look)
    for node in nodes.values():
        words = fitted(node.name.text, ROOM)
        at = free_place(node, radius(node, most), width(words), taken)
        if at:
            x, y, anchor = at
            with drawing.link(node.name.url):
                drawing.text(
                    round(x),
                    round(y),
                    words,
                    "pic-over",
                    lang=node.name.lang,
                    text_anchor=anchor,
                )
    return drawing


def radius(node, most):
    return round(5 + 11 * math.sqrt(node.sessions / most))


def on_plane(sets, bodies, centre, shown):
    """Return {slug: Node}, in order; the places were computed when they took part."""
    slugs = [centre, *shown] if centre else shown
    rows = Organization.objects.published().filter(slug__in=slugs)
    known = {
        slug: (acronym, (x, y) if x is not None else on_rim(pk))
        for slug, pk, acronym, x, y in rows.order_by().values_list(
            "slug", "pk", "acronym", "network_place__x", "network_place__y"
        )
    }
    # Those that are drawn fill the plane; where they stand to each other is kept.
    places = spread({slug: at for slug, (_acronym, at) in known.items()})
    if centre:
        places = {s: on_ring(n, len(shown)) for n, s in enumerate(slugs)}
    nodes = {}
    for slug in slugs:
        acronym, at = known[slug][0], places[slug]
        name = sets.name("organization", slug)
        name = name._replace(text=acronym or name.text, url=around_one(sets, slug))
        nodes[slug] = Node(
            slug,
            name._replace(lang="" if acronym else name.lang),
            SIDE + at[0] * (WIDTH - 2 * SIDE),
            EDGE + at[1] * (HEIGHT - 2 * EDGE),
            len(bodies[slug]),
            sets.url(organization=slug),
        )
    return nodes


def on_ring(number, total):
    """Return where the one in the middle stands, and those around it."""
    if number == 0:
        return 0.5, 0.5
    turn = 2 * math.pi * (number - 1) / total - math.pi / 2
    # Two rings if they are many, so that names find room.
    far = 0.5 if total <= 14 or number % 2 else 0.34
    return 0.5 + far * math.cos(turn), 0.5 + far * math.sin(turn)


def free_place(node, size, wide, taken):
    """Return (x, y, anchor) where a name covers nothing, and take it; else None."""
    sides = [
        (node.x + size + 4, node.y + 5, ""),
        (node.x - size - 4, node.y + 5, "end"),
    ]
    if node.x < WIDTH / 2:
        sides.reverse()
    below = (node.x, node.y + size + 15, "middle")
    above = (node.x, node.y - size - 5, "middle")
    for x, y, anchor in (*sides, below, above):
        left = x - {"": 0, "end": wide, "middle": wide / 2}[anchor]
        box = (left, y - 12, left + wide, y + 4)
        if box[0] < 2 or box[2] > WIDTH - 2 or box[1] < 0 or box[3] > HEIGHT:
            continue
        if any(_overlap(box, other) for other in taken):
            continue
        taken.append(box)
        return x, y, anchor
    return None


def _overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

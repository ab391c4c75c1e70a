"""From a stage of the life cycle over topics to regulations, by shared sessions."""

from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchange.pictures.picture import Number, Picture, Table, sentence, topics_left_out
from exchange.pictures.svg import Drawing
from topics.models import LifecycleStage

title = gettext_lazy("From life-cycle stage to regulation")
about = gettext_lazy(
    "Which stages and topics were discussed in the same sessions, and which topics "
    "and regulations. A band is as wide as the number of these sessions. A session "
    "counts for each of its stages, topics and regulations."
)
TOPICS, REGULATIONS, BANDS = 9, 12, 36
KINDS = ("stage", "topic", "regulation")
HEAD, LEAST, GAP, BAR = 36, 8, 14, 12
COLUMNS = (170, 440, 700)  # where the bars of each kind stand


def make(asked):
    """Return the `Picture` of the sessions asked for."""
    sets = asked.sessions
    groups = {kind: sets.groups(kind) for kind in KINDS}
    broad = sets.broad
    groups["topic"] = {s: some for s, some in groups["topic"].items() if s in broad}
    order = lambda slug: sets.place("stage", slug)  # noqa: E731
    shown = {
        "stage": sorted(groups["stage"], key=order),
        "topic": sets.most("topic", TOPICS, among=broad),
        "regulation": sets.most("regulation", REGULATIONS),
    }
    names = {
        kind: {slug: sets.name(kind, slug) for slug in groups[kind]} for kind in KINDS
    }

    def bands(left, right, of=groups):
        return {
            (a, b): Number(value, sets.url(**{left: a, right: b}))
            for a in of[left]
            for b in of[right]
            if (value := groups[left][a].intersection_cardinality(groups[right][b]))
        }

    every = [bands(*two, shown) for two in pairwise(KINDS)]
    first, second = (strongest_of(some) for some in every)
    strongest = max(first, key=lambda pair: first[pair].value, default=None)
    a, b = strongest or ("", "")
    notes = []
    fewer_topics, fewer = (
        len(groups[kind]) - len(shown[kind]) for kind in ("topic", "regulation")
    )
    if fewer_topics:
        notes.append(topics_left_out(fewer_topics))
    if bands_left_out := sum(map(len, every)) - len(first) - len(second):
        said = ngettext(
            "%(count)d band for fewer sessions is left out.",
            "%(count)d bands for fewer sessions are left out.",
            bands_left_out,
        )
        notes.append(said % {"count": bands_left_out})
    if fewer:
        said = ngettext(
            "%(count)d regulation with fewer sessions is left out.",
            "%(count)d regulations with fewer sessions are left out.",
            fewer,
        )
        notes.append(said % {"count": fewer})
    return Picture(
        headline=sentence(
            ngettext(
                "{count} of {total} session joins {stage} with {topic}",
                "{count} of {total} sessions join {stage} with {topic}",
                sets.total,
            ),
            stage=names["stage"].get(a, ""),
            topic=names["topic"].get(b, ""),
            count=first[strongest].value if strongest else 0,
            total=sets.total,
        ),
        values=len(first) + len(second),
        tables=lambda: [
            Table(
                _("Sessions by stage and topic"),
                [_("Life-cycle stage"), _("Topic"), _("Sessions")],
                [
                    [names["stage"][a], names["topic"][b], number]
                    for (a, b), number in first.items()
                ],
            ),
            Table(
                _("Sessions by topic and regulation"),
                [_("Topic"), _("Regulation"), _("Sessions")],
                [
                    [names["topic"][a], names["regulation"][b], number]
                    for (a, b), number in second.items()
                ],
            ),
        ],
        draw=lambda: draw(shown, names, groups, first, second),
        columns=["from", "from_id", "from_kind", "to", "to_id", "to_kind", "sessions"],
        rows=lambda: [
            [
                *(names[left][a].text, a, left),
                *(names[right][b].text, b, right),
                number.value,
                number.url,
            ]
            for left, right in pairwise(KINDS)
            for (a, b), number in bands(left, right).items()
        ],
        notes=notes,
    )


def strongest_of(bands):
    """Return at most so many bands, those of most sessions, in the same order."""
    kept = sorted(bands, key=lambda pair: -bands[pair].value)[:BANDS]
    kept = set(kept)
    return {pair: number for pair, number in bands.items() if pair in kept}


class Column:
    """The bars of one kind: where each stands, and where its next band begins."""

    def __init__(self, slugs, weights, scale):
        self.top, self.size, self.taken = {}, {}, {}
        self.height = 0
        for slug in slugs:
            self.size[slug] = max(LEAST, weights[slug] * scale)
            self.top[slug] = self.height
            self.height += self.size[slug] + GAP
        self.height = max(0, self.height - GAP)

    def move(self, down):
        self.top = {slug: top + down for slug, top in self.top.items()}
        self.taken = {"left": dict(self.top), "right": dict(self.top)}

    def take(self, side, slug, high):
        """Return where the next band of a bar begins on that side."""
        begin = self.taken[side][slug]
        self.taken[side][slug] += high
        return begin


def draw(shown, names, groups, first, second):
    """Draw the bars of three columns and the bands between them."""
    through = {
        "stage": (first, 0, {}, 0),
        "topic": (first, 1, second, 0),
        "regulation": (second, 1, {}, 0),
    }
    weights = {}
    for kind, (before, place, after, other) in through.items():
        weights[kind] = {
            slug: max(
                sum(n.value for pair, n in before.items() if pair[place] == slug),
                sum(n.value for pair, n in after.items() if pair[other] == slug),
            )
            for slug in shown[kind]
        }
    heaviest = max(sum(some.values()) for some in weights.values()) or 1
    scale = min(16, 420 / heaviest)
    columns = {kind: Column(shown[kind], weights[kind], scale) for kind in KINDS}
    height = max(column.height for column in columns.values())
    for column in columns.values():
        column.move(HEAD + (height - column.height) / 2)
    drawing = Drawing(960, HEAD + height + 12)
    heads = (_("Life-cycle stages"), _("Topics"), _("Regulations"))
    for x, words, anchor in zip(COLUMNS, heads, ("end", "", ""), strict=True):
        shift = BAR if anchor else 0
        drawing.text(x + shift, 18, words, "pic-strong", text_anchor=anchor)
    places = dict(
        LifecycleStage.objects.published()
        .filter(slug__in=shown["stage"])
        .values_list("slug", "core_place")
    )
    for (left, right), bands, (x1, x2) in (
        (KINDS[:2], first, COLUMNS[:2]),
        (KINDS[1:], second, COLUMNS[1:]),
    ):
        for (a, b), number in bands.items():
            high = number.value * scale
            y1 = columns[left].take("right", a, high)
            y2 = columns[right].take("left", b, high)
            look = f"pic-stage-{places[a]} " if places.get(a) else ""
            says = f"{names[left][a]} – {names[right][b]}: {number.value}"
            with drawing.link(number.url, says):
                drawing.path(_band(x1 + BAR, y1, x2, y2, high), f"{look}pic-band")
    for kind, x in zip(KINDS, COLUMNS, strict=True):
        for slug in shown[kind]:
            top, size = columns[kind].top[slug], columns[kind].size[slug]
            name, total = names[kind][slug], len(groups[kind][slug])
            look = f"pic-stage-{places[slug]}" if places.get(slug) else "pic-mark"
            with drawing.link(name.url, f"{name}: {total}"):
                drawing.rect(x, top, BAR, size, look)
                words = {"y": top + size / 2 + 5, "lang": name.lang}
                if kind == "stage":
                    words |= {"x": x - 8, "room": x - 12, "text_anchor": "end"}
                else:
                    room = 246 if kind == "regulation" else 230
                    words |= {"x": x + BAR + 8, "room": room, "class_": "pic-over"}
                drawing.text(words=name, **words)
    return drawing


def _band(x1, y1, x2, y2, high):
    middle = (x1 + x2) / 2
    return (
        f"M{x1:.0f} {y1:.1f}C{middle:.0f} {y1:.1f} {middle:.0f} {y2:.1f} {x2:.0f}"
        f" {y2:.1f}v{high:.1f}C{middle:.0f} {y2 + high:.1f} {middle:.0f}"
        f" {y1 + high:.1f} {x1:.0f} {y1 + high:.1f}z"
    )

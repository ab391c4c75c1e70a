"""The picture of a trace: a column for each step, lines for shared sessions."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pyroaring import BitMap

from exchange.pictures.sets import Name
from exchange.pictures.svg import Drawing, fitted
from exchange.pictures.svg import width as width_of
from exchange.trace.traces import Node, named

SESSIONS, NEAR, FAR = 10, 12, 14  # drawn of each; what else there is stands as one
WIDTH, STEP, HEAD, MARK = 960, 30, 44, 10
THICKEST = 7
ROOM_FOR_LINES = 76  # of a column, where no words stand
MOST_LINES = 60  # of a step: those of the most sessions


class Column(NamedTuple):
    """The nodes of one step, under its title."""

    title: str
    nodes: list
    x: float


def draw(trace):
    """Return the `Drawing` of a trace that has sessions."""
    drawn = columns_of(trace)
    width = WIDTH / len(drawn)
    columns = [Column(t, nodes, n * width) for n, (t, nodes) in enumerate(drawn)]
    high = STEP * max(len(column.nodes) for column in columns)
    drawing = Drawing(WIDTH, HEAD + high + 8)
    middles, ends, rooms = {}, {}, {}
    for column in columns:
        last = column is columns[-1]
        room = width - (MARK + 12 if last else ROOM_FOR_LINES)
        top = HEAD + (high - STEP * len(column.nodes)) / 2
        for number, node in enumerate(column.nodes):
            middles[id(node)] = top + STEP * (number + 0.5)
            said = fitted(node.name.text, room)
            rooms[id(node)] = room
            ends[id(node)] = column.x + MARK + 12 + width_of(said)
    for number in range(len(columns) - 1):
        scope = trace.scope if number == 2 else trace.own
        draw_lines(
            drawing, trace, columns[number], columns[number + 1], middles, ends, scope
        )
    for number, column in enumerate(columns):
        drawing.text(column.x, 18, column.title, "pic-strong", room=width - 16)
        for node in column.nodes:
            y, name = middles[id(node)], node.name
            look = "pic-mark" if node.slug else "pic-mid"
            with drawing.link(name.url, said_of(trace, node, number)):
                drawing.rect(column.x, y - 9, MARK, 18, look)
                drawing.text(
                    column.x + MARK + 6,
                    y + 5,
                    name,
                    "pic-over",
                    room=rooms[id(node)],
                    lang=name.lang,
                )
    return drawing


def columns_of(trace):
    """Return (title, nodes) of each step, what is beyond the first as one node."""
    start = Node(trace.kind.name, trace.record.slug, named(trace.record), trace.own)
    sessions = [node for node, _edition in trace.sessions(SESSIONS)]
    rest = trace.own - BitMap().union(*(node.sessions for node in sessions))
    if rest:
        said = ngettext(
            "%(count)d other session", "%(count)d other sessions", len(rest)
        )
        name = Name(said % {"count": len(rest)}, "", trace.sessions_url)
        sessions.append(Node("session", "", name, rest))
    columns = [(_("Begins at"), [start]), (_("Sessions"), sessions)]
    near = []
    for name, nodes in trace.near.items():
        most = NEAR // len(trace.near)
        near += first_of(trace, name, nodes, most)
    titles = {
        ("organization",): _("Organizations"),
        ("organization", "regulation"): _("Organizations, regulations"),
        ("regulation", "topic"): _("Regulations, topics"),
    }
    if near:
        columns.append((titles[trace.kind.near], near))
    if trace.far:
        far = first_of(trace, trace.kind.far, trace.far, FAR)
        words = {
            "regulation": _("Other regulations"),
            "organization": _("Other organizations"),
        }
        columns.append((words[trace.kind.far], far))
    return columns


def first_of(trace, name, nodes, most):
    """Return the first nodes, and one for all others if there are more."""
    if len(nodes) <= most:
        return list(nodes)
    rest = nodes[most - 1 :]
    count = len(rest)
    words = {
        "organization": ngettext(
            "%(count)d other organization", "%(count)d other organizations", count
        ),
        "regulation": ngettext(
            "%(count)d other regulation", "%(count)d other regulations", count
        ),
        "topic": ngettext("%(count)d other topic", "%(count)d other topics", count),
    }
    said = Name(words[name] % {"count": count}, "", trace.others_url(name))
    together = BitMap().union(*(node.sessions for node in rest))
    return [*nodes[: most - 1], Node(name, "", said, together)]


def draw_lines(drawing, trace, left, right, middles, ends, scope):
    """
    Draw a line for each two nodes that share sessions, the thicker the more.

    It runs from where the words of the one end to the mark of the other.
    """
    ties = []
    for one in left.nodes:
        reached = one.sessions & scope
        for other in right.nodes:
            if count := reached.intersection_cardinality(other.sessions):
                ties.append((count, one, other))
    ties = sorted(ties, key=lambda tie: -tie[0])[:MOST_LINES]
    most = ties[0][0] if ties else 1
    for count, one, other in ties:
        y1, y2 = middles[id(one)], middles[id(other)]
        x = ends[id(one)]
        middle = (x + right.x) / 2
        path = (
            f"M{x:.0f} {y1:.0f}C{middle:.0f} {y1:.0f}"
            f" {middle:.0f} {y2:.0f} {right.x:.0f} {y2:.0f}"
        )
        thick = 1 + (THICKEST - 1) * (count - 1) / max(1, most - 1)
        with drawing.link(line_url(trace, one, other)):
            drawing.path(path, "pic-tie", fill="none", stroke_width=f"{thick:.1f}")


def line_url(trace, one, other):
    """Return where a line leads: to the sessions that it stands for, if a list can."""
    if "session" in {one.kind, other.kind}:
        return one.name.url if one.kind == "session" else other.name.url
    if one.slug and other.slug and (url := trace.tie_url(one, other)):
        return url
    return other.name.url or one.name.url


def said_of(trace, node, step):
    """Return what a mark says when it is pointed at: its name, and how many."""
    if step == 1 and node.slug:
        return node.name.text
    reach = trace.far_reach if step == 3 else trace.own
    count = node.sessions.intersection_cardinality(reach)
    said = ngettext(
        "%(name)s: %(count)d session", "%(name)s: %(count)d sessions", count
    )
    return said % {"name": node.name.text, "count": count}

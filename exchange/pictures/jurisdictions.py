"""Where the instruments on record come from, as sorted bars; there is no map."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exchange.pictures.picture import Number, Picture, Table, sentence
from exchange.pictures.sets import Name
from exchange.pictures.svg import Drawing, width

title = gettext_lazy("Jurisdictions")
about = gettext_lazy(
    "How many regulations on record come from each country, from the European Union, "
    "and from the United Nations and other international bodies."
)
MOST = 24
LABELS, ROW, HEAD = 220, 28, 40


def make(asked):
    """Return the `Picture` of the regulations asked for."""
    sets = asked.regulations
    places = sets.groups("jurisdiction")
    binding = sets.groups("binding").get("yes", sets.found & type(sets.found)())
    rows = sets.most("jurisdiction", MOST)

    def cells(code):
        laws = places[code].intersection_cardinality(binding)
        others = len(places[code]) - laws
        return [
            sets.name("jurisdiction", code),
            _number(laws, sets.url(jurisdiction=code, binding="yes")),
            _number(others, sets.url(jurisdiction=code, binding="no")),
            Number(len(places[code]), sets.url(jurisdiction=code)),
        ]

    grid = [cells(code) for code in rows]
    head = [_("Jurisdiction"), _("Binding"), _("Not binding"), _("All regulations")]
    notes = []
    if more := len(places) - len(rows):
        said = ngettext(
            "%(count)d jurisdiction with fewer regulations is left out.",
            "%(count)d jurisdictions with fewer regulations are left out.",
            more,
        )
        notes.append(said % {"count": more})
    first = grid[0] if grid else [Name(""), Number(0)]
    return Picture(
        headline=sentence(
            ngettext(
                "{name}: {count} of {total} regulation",
                "{name}: {count} of {total} regulations",
                sets.total,
            ),
            name=first[0],
            count=first[-1].value,
            total=sets.total,
        ),
        values=len(grid),
        tables=lambda: [Table(_("Regulations by jurisdiction"), head, grid)],
        draw=lambda: draw(head, grid),
        columns=["jurisdiction", "jurisdiction_id", "binding", "regulations"],
        rows=lambda: [
            [row[0].text, code, answer, number.value, number.url]
            for code in sets.most("jurisdiction", None)
            for row in [cells(code)]
            for answer, number in (("yes", row[1]), ("no", row[2]))
            if number.value
        ],
        notes=notes,
    )


def _number(value, url):
    return Number(value, url if value else "")


def draw(head, grid):
    """Draw a bar for each place: what binds, then what does not."""
    most = max((row[-1].value for row in grid), default=1)
    drawing = Drawing(960, HEAD + ROW * len(grid) + 4)
    x = LABELS
    for words, look in ((head[1], "pic-mark"), (head[2], "pic-mid")):
        drawing.rect(x, 8, 14, 14, look)
        drawing.text(x + 20, 20, words)
        x += 50 + width(words)
    for place, (name, laws, others, total) in enumerate(grid):
        y = HEAD + ROW * place
        with drawing.link(name.url, name):
            drawing.text(LABELS - 12, y + 18, name, room=LABELS - 14, text_anchor="end")
        x = LABELS
        for number, look in ((laws, "pic-mark"), (others, "pic-mid")):
            long = (900 - LABELS) * number.value / most
            if number.value:
                with drawing.link(number.url):
                    drawing.rect(x, y + 3, long, ROW - 6, look)
            x += long
        with drawing.link(total.url):
            drawing.text(x + 8, y + 18, total.value)
    return drawing

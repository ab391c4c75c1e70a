"""The table of a picture; hundreds of cells, so joined strings and no template."""

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

from exchange.pictures.picture import Number
from exchange.pictures.sets import Name

register = template.Library()


@register.simple_tag
def picture_table(table):
    """Show a table of a picture in a frame that scrolls; a number links to its list."""
    numbers = [isinstance(cell, Number) for cell in table.rows[0]] if table.rows else []
    head = "".join(
        f'<th scope="col"{" class=number" if number else ""}>{_within(cell)}</th>'
        for cell, number in zip(table.head, numbers, strict=False)
    )
    rows = "".join(
        f'<tr><th scope="row">{_within(first)}</th>{"".join(map(_cell, cells))}</tr>'
        for first, *cells in table.rows
    )
    return mark_safe(  # noqa: S308 — each cell was escaped
        f'<div class="scroll" role="region" tabindex="0"'
        f' aria-label="{escape(table.caption)}"><table class="numbers">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(cell):
    if isinstance(cell, Number):
        heat = f" heat-{cell.heat}" if cell.heat else ""
        return f'<td class="number{heat}">{_within(cell)}</td>'
    return f"<td>{_within(cell)}</td>"


def _within(cell):
    if isinstance(cell, Number):
        words = str(cell.value)
    elif isinstance(cell, Name):
        words = cell.html
    else:
        words = escape(cell)
    url = getattr(cell, "url", "")
    return f'<a href="{escape(url)}">{words}</a>' if url else words

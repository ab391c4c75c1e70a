"""What pages say of the data set as a whole."""

from django import template

from exchange.dataset import about

register = template.Library()


@register.simple_tag(takes_context=True)
def dataset_words(context):
    """Return its title, makers and licence in words, with the forum of the page."""
    forum = context["forum"]
    return {
        "title": about.title(forum),
        "makers": [about.makers(forum)],
        "licence": about.no_licence(),
    }

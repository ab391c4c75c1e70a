from django import template

from forum_portal.health import health

register = template.Library()


@register.simple_tag(takes_context=True)
def health_board(context):
    """Return what needs a hand, as `forum_portal.health` counts it for this user."""
    return health(context["request"])

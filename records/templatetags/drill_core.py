from django import template

register = template.Library()


@register.filter
def on_core(stages):
    """Return those of the life-cycle stages that have one of the five places."""
    return [stage for stage in stages if stage.core_place]

from urllib.parse import urlsplit

from django import template

register = template.Library()


@register.filter
def host(address):
    """Return the host of a web address, without "www.", as the text of its link."""
    return urlsplit(address).netloc.removeprefix("www.")

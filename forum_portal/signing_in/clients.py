"""Where a request comes from."""

import ipaddress

from rest_framework.throttling import BaseThrottle


def ip_of(request):
    """Return the network address of whoever asks, behind PROXIES, None if unknown."""
    if request is None:
        return None
    try:
        return str(ipaddress.ip_address(BaseThrottle().get_ident(request) or ""))
    except ValueError:
        return None


def agent_of(request):
    """Return what the browser calls itself, cut to a line."""
    said = request.META.get("HTTP_USER_AGENT", "") if request else ""
    return said[:300].replace("\0", "")

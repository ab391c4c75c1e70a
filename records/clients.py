"""Where a request comes from."""

import ipaddress

from django.conf import settings


def ip_of(request):
    """
    Return the network address (str) of whoever asks, None if it is unknown.

    Behind proxies it is what the outermost of our own (PROXIES) has written down:
    what stands further left in X-Forwarded-For may say anything.
    """
    if request is None:
        return None
    given = request.META.get("REMOTE_ADDR", "")
    told = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.PROXIES and told:
        hops = told.split(",")
        given = hops[-min(settings.PROXIES, len(hops))]
    try:
        address = ipaddress.ip_address(given.strip())
    except ValueError:
        return None
    # An IPv4 address as a socket for both kinds gives it (RFC 4291, 2.5.5.2)
    return str(getattr(address, "ipv4_mapped", None) or address)


def network_of(request):
    """
    Return whom to count a request for: an IPv4 address, or an IPv6 network of /64.

    None if it is unknown. A /64 is what one household or one telephone has (RFC 6177).
    """
    address = ip_of(request)
    if address and ":" in address:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return address


def agent_of(request):
    """Return what the browser calls itself, cut to a line."""
    said = request.META.get("HTTP_USER_AGENT", "") if request else ""
    return said[:300].replace("\0", "")

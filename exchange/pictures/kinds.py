"""All pictures, by the last part of their address, in the order they are shown in."""

from exchange.pictures import (
    flow,
    jurisdictions,
    matrix,
    network,
    timeline,
    topics,
)

PICTURES = {
    "timeline": timeline,
    "topics": topics,
    "organizations": matrix,
    "flow": flow,
    "network": network,
    "jurisdictions": jurisdictions,
}

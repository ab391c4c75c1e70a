"""Half a crowd of visitors: `python -m bench.visits PORT HOW_MANY SECONDS HALF …`."""

import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from bench.server import Visitor


def visit(port, addresses, first, until):
    """Ask one address after the other; return a line for each: ms, or "error"."""
    visitor, lines = Visitor(port), []
    for n in range(first, sys.maxsize):
        if time.perf_counter() > until:
            return lines
        try:
            status, _size, taken, _headers = visitor.get(addresses[n % len(addresses)])
        except (OSError, http.client.HTTPException):
            visitor, status, taken = Visitor(port), 0, 0
        good = status == HTTPStatus.OK
        lines.append(f"{taken * 1000:.2f}" if good else "error")
    return lines


def main(port, visitors, seconds, half, *addresses):
    """Print a line for each request."""
    visitors = int(visitors)
    until = time.perf_counter() + float(seconds)
    with ThreadPoolExecutor(visitors) as pool:
        for lines in pool.map(
            lambda n: visit(port, addresses, n * 2 + int(half), until), range(visitors)
        ):
            print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])

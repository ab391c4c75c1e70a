"""
Measure traces at 300 organizations, 40 topics and 1,000 sessions.

    .venv/bin/python -m bench.trace

On the record of bench.pictures and in its way; of each kind the record that most
sessions tie, so that nothing is larger.
"""

import sys

from bench.pictures import BYTES, CPU, FILE_QUERIES, QUERIES, measure, start

TRACES = ("regulations/regulation-0", "topics/topic-0", "organizations/organization-0")
COMPARED = "&".join(f"r=regulation-{n}" for n in range(4))
PAGES = [f"trace/{one}/" for one in TRACES] + [f"regulations/compare/?{COMPARED}"]
FILES = [f"trace/{one}.{ending}" for one in TRACES for ending in ("svg", "csv")]


def main():
    """Print the table; exit 1 if a page or a picture breaks its budget."""
    start()
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    over = []
    print(f"{'address':44} {'CPU ms':>7} {'gzip':>7} {'queries':>7}")
    for address in [*PAGES, *FILES]:
        cpu, size, queries = measure(client, f"/en/{address}")
        print(f"{address[:44]:44} {cpu * 1000:7.1f} {size:7,} {queries:7}", flush=True)
        most = QUERIES if address in PAGES else FILE_QUERIES
        whole = address.endswith(".csv")  # as long as what it tells
        if queries > most or (not whole and (cpu > CPU or size > BYTES)):
            over.append(address)
    if over:
        sys.exit(f"Over budget: {over}")


if __name__ == "__main__":
    main()

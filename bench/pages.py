"""
What each type of page costs: queries, CPU, bytes. `make bench` runs it.

In one process, with production settings, on the shipped content loaded into a
database of its own: no server, no network, no page cache. CPU is the least of
many runs, so that what else the machine does counts little; compare the rows of
one run with each other, and with the bare page at the top. The last line tells
how good the order of search results is.
"""

import gzip
import os
import sys
import tempfile
import time
from pathlib import Path

RUNS = 30
HOME = Path(__file__).parent.parent
PAGES = [
    "about/privacy/",
    "",
    "editions/2023/",
    "editions/2023/programme/",
    "sessions/",
    "sessions/2023-workshop-eu-batteries/",
    "people/sun-lihui/",
    "organizations/",
    "organizations/giz/",
    "topics/",
    "topics/human-rights/",
    "regulations/",
    "regulations/eu-batteries-regulation/",
    "minerals/",
    "minerals/cobalt/",
    "stages/mining/",
    "outcomes/",
    "outcomes/csu-mining-biodiversity-center/",
    "search/?q=battery",
    "search/suggest/?q=batt",
]


def main():
    """Print the table; exit 1 if a page breaks its budget."""
    sys.path.insert(0, str(HOME))
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": "bench key " * 6}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("load_forum", str(HOME / "data" / "smisc"), verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    static = Path(settings.STATIC_ROOT)
    css = max(path.stat().st_size for path in static.glob("css/site.*.css.gz"))
    print(f"stylesheet: {css:,} bytes gzip, in one request")
    print(f"{'page':42} {'queries':>7} {'CPU ms':>7} {'HTML gzip':>9}")
    over = []
    for language in ("en", "zh-hans"):
        for page in PAGES:
            path = f"/{language}/{page}"
            queries, cpu, size = measure(path)
            print(f"{path:42} {queries:7} {cpu:7.1f} {size:9,}")
            if queries > 15 or size > 25_000:
                over.append(path)
    from tests.search import judging

    rank, _wrong = judging.judge()
    queries = len(judging.judged())
    print(f"search: mean reciprocal rank of {queries} judged queries {rank:.3f}")
    if over or css > 14_000:
        sys.exit(f"Over budget: {over or 'the stylesheet'}")


def measure(path):
    """Return queries, least CPU in ms, and gzip bytes of one page."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    response = client.get(path)
    if response.status_code != 200:
        sys.exit(f"{path} answered {response.status_code}")
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    queries = len(captured)  # the next request empties the log
    times = []
    for _run in range(RUNS):
        start = time.process_time()
        client.get(path)
        times.append(time.process_time() - start)
    return queries, min(times) * 1000, len(gzip.compress(response.content))


if __name__ == "__main__":
    main()

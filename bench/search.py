"""
How fast search is, and how good: `make bench-search`.

Each size is made anew in a scratch database, on SQLite and on PostgreSQL, each in a
process of its own: `python -m bench.search [sizes]`. The order of results is judged
on the starting content by the queries of tests/search/judged.csv.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (1_000, 10_000, 100_000)
TIMES = 25
PAGE = 20
GOALS = {
    "rare word": 15,
    "two words": None,
    "Chinese pair": None,
    "phrase": None,
    "very common word": 120,
    "one character": 120,
    "misspelt": None,
    "nothing": None,
    "suggest 2 letters": 20,
    "suggest a word": 20,
    "suggest Chinese": 20,
    "index one session": 15,
}


def main(sizes):
    """Run every size on both databases, then judge the order of results."""
    from tests import pgserver

    with tempfile.TemporaryDirectory() as scratch:
        for vendor in ("sqlite", "postgresql"):
            for size in sizes:
                url = f"sqlite:///{scratch}/{size}.sqlite3"
                if vendor == "postgresql":
                    url = pgserver.start()
                run(scratch, url, "measure", str(size))
        run(scratch, f"sqlite:///{scratch}/judged.sqlite3", "judge")


def run(scratch, url, *arguments):
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.search", *arguments],
        env={**os.environ, "DATABASE_URL": url, "VAR_DIR": scratch, "DEBUG": ""},
        check=True,
    )


def start():
    """Set Django up on the scratch database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum_portal.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def measure(size):
    """Make that many records and print how long things take."""
    start()
    from django.db import connection

    from bench.make_record import ENGLISH, make
    from search import index
    from search.kinds import BY_MODEL
    from search.models import Document
    from search.results import suggest
    from sessions.models import Session

    began = time.perf_counter()
    make(size)
    loaded = time.perf_counter() - began
    kind, documents = BY_MODEL[Session], Document.objects.count()
    some = list(Session.objects.values_list("pk", flat=True)[:2000])
    began = time.perf_counter()
    index.refresh(kind, some, follow=False)
    rate = len(some) / (time.perf_counter() - began)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        index_size, text_size = sizes_of(cursor, connection.vendor)
    print(
        f"\n{connection.vendor}, {documents} documents: written and indexed in "
        f"{loaded:.0f} s, indexed at {rate:.0f} a second; index "
        f"{index_size / 2**20:.0f} MB, documents {text_size / 2**20:.0f} MB"
    )
    titles = list(Document.objects.values_list("title_en", "title_zh_hans")[:4000:9])
    last = [title.split()[-1] for title, _ in titles]
    coined = [word for word in last if len(word) > 5 and word not in ENGLISH]
    words = [word for word in coined if len(Document.objects.search(word)) < 100]
    words = (words or coined) * TIMES

    def search(text):
        results = Document.objects.search(text)
        return results[:PAGE], results.counts

    tried = {
        "rare word": lambda n: search(words[n]),
        "two words": lambda n: search(" ".join(titles[n][0].split()[:2])),
        "Chinese pair": lambda n: search(titles[n][1][3:5]),
        "phrase": lambda n: search('"supply chain"'),
        "very common word": lambda n: search(["mineral", "chain", "mining"][n % 3]),
        "one character": lambda n: search("矿责铜理链"[n % 5]),
        "misspelt": lambda n: search(words[n][:3] + "x" + words[n][3:]),
        "nothing": lambda n: search(f"qqzxw{n}"),
        "suggest 2 letters": lambda n: suggest(["mi", "su", "co", "ba"][n % 4]),
        "suggest a word": lambda n: suggest(words[n][:6]),
        "suggest Chinese": lambda n: suggest(titles[n][1][:2]),
        "index one session": lambda n: index.refresh(kind, [some[n]]),
    }
    search("warm"), suggest("warm")
    for name, do in tried.items():
        taken, cpu = [], time.process_time()
        for n in range(TIMES):
            began = time.perf_counter()
            do(n)
            taken.append((time.perf_counter() - began) * 1000)
        cpu = (time.process_time() - cpu) / TIMES * 1000
        taken.sort()
        goal = GOALS[name]
        print(
            f"  {name:<18} p50 {statistics.median(taken):7.1f} ms   "
            f"p99 {taken[-1]:7.1f} ms   CPU {cpu:6.1f} ms"
            + (f"   goal {goal} ms" if goal else "")
        )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  most memory while building and searching: {memory:.0f} MB")


def sizes_of(cursor, vendor):
    """Return the bytes of the index and of the documents."""
    if vendor == "postgresql":
        cursor.execute(
            "SELECT pg_total_relation_size('search_fts'), "
            "pg_total_relation_size('search_document')"
        )
        return cursor.fetchone()
    cursor.execute(
        "SELECT sum(pgsize * (name LIKE 'search_fts%%')), "
        "sum(pgsize * (name = 'search_document')) FROM dbstat"
    )
    return cursor.fetchone()


def judge():
    """Print how good the order of results is on the starting content."""
    start()
    from django.core.management import call_command

    from tests.search import judging

    call_command("load_forum", "data/smisc", verbosity=0)
    rank, wrong = judging.judge()
    queries = len(judging.judged())
    print(f"\nMean reciprocal rank of {queries} judged queries: {rank:.3f}")
    for query, what in wrong:
        print(f"  {query}: {what}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    if sys.argv[1:2] == ["measure"]:
        measure(int(sys.argv[2]))
    elif sys.argv[1:2] == ["judge"]:
        judge()
    else:
        main([int(size) for size in sys.argv[1:]] or SIZES)

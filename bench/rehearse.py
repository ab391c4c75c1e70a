"""
Rehearse several hosts on one machine, and break them one after the other.

    .venv/bin/python -m bench.rehearse [seconds of a phase]

Two web processes, PostgreSQL as a primary and a streaming replica, nginx in front;
Redis, if redis-server is here. Under load by readers, by SQL and by staff in the
admin: hold up the replica, kill -9 it, then a web process, restart the primary, at
last kill it and promote the replica. Prints one table and writes
var/rehearse.json; the status is 1 if an acknowledged write was lost, or a reader
saw what is older than the lag that is allowed.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path

import psycopg2

from bench import crowd, hosts
from tests.pgcluster import Server

VAR = Path(os.environ.get("VAR_DIR") or hosts.ROOT / "var").resolve()
PHASE = 8  # seconds of each phase
LAG = 3  # DATABASE_REPLICA_LAG
READERS = 4
NAME, PASSWORD = "organizer", "rehearse it once more"
MAKE = """
from django.contrib.auth.models import User
from topics.models import Topic
User.objects.create_superuser({name!r}, password={password!r})
Topic.objects.create(slug="rehearsal", label_en="Round 0.", state="published")
"""
COLUMNS = [
    ("reads", 6),
    ("errors", 6),
    ("429", 4),
    ("p50 ms", 7),
    ("p99 ms", 7),
    ("gap s", 6),
    ("oldest s", 8),
    ("stale", 5),
    ("writes", 6),
    ("refused", 7),
    ("unseen", 6),
    ("recovered s", 11),
]


class Stage:
    """All servers of the rehearsal; `address` is that of the primary now."""

    def __init__(self, stack, folder):
        self.folder = folder
        self.primary = Server()
        stack.callback(self.primary.remove)
        self.primary.make()
        self.run_sql(self.primary, "CREATE DATABASE portal", "postgres")
        self.replica = Server()
        stack.callback(self.replica.remove)
        env = {
            "API_RATE": "100000/minute",
            "DATABASE_URL": self.primary.url("portal"),
            "DATABASE_REPLICA_URL": self.replica.url("portal"),
            "DATABASE_REPLICA_LAG": str(LAG),
        }
        self.redis = None
        if hosts.program("redis-server"):
            self.redis = hosts.redis(folder)
            stack.callback(self.redis.stop)
            self.redis.start()
            env["CACHE_URL"] = f"redis://127.0.0.1:{self.redis.port}/0"
        self.webs = [hosts.Web(folder / name, env) for name in ("one", "two")]
        one, _two = self.webs
        one.manage("migrate", "-v0")
        one.manage("load_forum", "data/smisc", "-v0")
        one.manage("shell", "-v0", "-c", MAKE.format(name=NAME, password=PASSWORD))
        made = VAR / "static"  # by `make setup`
        if not (made / "staticfiles.json").exists():
            one.manage("collectstatic", "--no-input", "-v0")
            made = one.folder / "static"
        for web in self.webs:
            if web.folder != made.parent:
                (web.folder / "static").symlink_to(made)
        self.replica.copy(self.primary.host)
        for web in self.webs:
            stack.callback(web.stop)
            web.start()
        self.front = hosts.nginx(folder, self.webs)
        stack.callback(self.front.stop)
        self.front.start()

    def address(self):
        return self.primary.url("portal")

    def run_sql(self, server, statement, database="portal"):
        """Return the first row of what a server answers, or None."""
        with closing(psycopg2.connect(server.url(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchone() if cursor.description else None

    def readers_of(self, server):
        """Return how many connections of the portal that server has."""
        return self.run_sql(
            server,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = 'portal' "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )[0]


def main(seconds=PHASE):
    """Run the rehearsal; return its status."""
    if missing := hosts.missing():
        sys.exit(
            f"Missing here: {' and '.join(missing)}. "
            "Debian: apt install nginx postgresql"
        )
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hosts-")))
        stage = Stage(stack, folder)
        print(f"All servers run after {time.monotonic() - began:.0f} s.", flush=True)
        story = crowd.Story()
        story.begin("start")
        port = stage.front.port
        stack.callback(story.over.set)
        for number in range(READERS):
            story.run(crowd.reader(story, port, number))
        story.run(crowd.watcher(story, port))
        story.run(crowd.writer(story, stage.address))
        story.run(crowd.organizer(story, port, NAME, PASSWORD))
        time.sleep(seconds / 2)
        recovered = dict(play(stage, story, seconds))
        story.end()
        lost = count_lost(stage, story)
        report(story, recovered, lost, stage.redis is not None)
        print(f"Done in {time.monotonic() - began:.0f} s.")
        stale = sum(one["stale"] for one in rows(story, recovered).values())
    return int(bool(sum(lost[:2]) or stale))


def play(stage, story, seconds):
    """Break and mend; yield (phase, seconds until all was well again)."""
    one = stage.webs[0]
    story.begin("all well")
    time.sleep(seconds)

    story.begin("replica lags")
    stage.run_sql(stage.replica, "SELECT pg_wal_replay_pause()")
    time.sleep(seconds)
    stage.run_sql(stage.replica, "SELECT pg_wal_replay_resume()")

    story.begin("replica killed")
    at = time.monotonic()
    stage.replica.kill()
    yield story.phase, story.wait_read(at) - at
    time.sleep(seconds)

    story.begin("replica back")
    at = time.monotonic()
    stage.replica.start()
    while not stage.readers_of(stage.replica):
        time.sleep(0.05)
    yield story.phase, time.monotonic() - at
    time.sleep(seconds)

    story.begin("web killed")
    at = time.monotonic()
    one.kill()
    yield story.phase, story.wait_read(at) - at
    time.sleep(seconds)

    story.begin("web back")
    yield story.phase, one.start()
    time.sleep(seconds)

    story.begin("primary restarted")
    at = time.monotonic()
    stage.primary.stop("immediate")
    time.sleep(2)  # Long enough to be noticed
    stage.primary.start()
    yield story.phase, story.wait_written(at + 2) - at
    time.sleep(seconds)
    stage.before_failover = len(story.rounds), len(story.slugs)

    story.begin("failover")
    at = time.monotonic()
    stage.primary.kill()
    stage.replica.promote()
    stage.primary, stage.lost_server = stage.replica, stage.primary
    for web in stage.webs:
        web.env["DATABASE_URL"] = stage.primary.url("portal")
        del web.env["DATABASE_REPLICA_URL"]
    for web in stage.webs:  # one after the other: the other one goes on reading
        web.stop()
        web.start()
        time.sleep(hosts.AWAY + 0.5)  # until nginx asks it again
    one.manage("renew_version")
    yield story.phase, story.wait_written(at + 0.5) - at
    time.sleep(seconds)


def count_lost(stage, story):
    """
    Return acknowledged writes that are not there: (by SQL, in the admin, in failover).

    The last are those that the primary had acknowledged but not yet sent to the
    replica when it was killed.
    """
    with closing(psycopg2.connect(stage.address())) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT label_en FROM topics_topic")
        there = {label for (label,) in cursor.fetchall()}
        cursor.execute(
            "SELECT count(*) FROM forum_portal_forum"  # the content is whole
        )
        whole = cursor.fetchone() == (1,)
    last = max(int(found[1]) for label in there if (found := crowd.ROUND.match(label)))
    rounds, slugs = stage.before_failover
    sql = sum(number > last for number, _when in story.rounds[:rounds])
    admin = [f"Topic {slug}" not in there for slug in story.slugs]
    after = sum(number > last for number, _when in story.rounds[rounds:])
    return sql + (not whole), sum(admin[:slugs]), after + sum(admin[slugs:])


def rows(story, recovered):
    """Return {phase: {column: figure}}."""
    found = {}
    for phase, (began, ended) in story.phases.items():
        reads = story.reads[phase]
        if not reads:
            continue
        good = sorted(spent for _when, spent, status in reads if status == 200)
        answered = sorted(when for when, _spent, status in reads if status == 200)
        edges = [began, *answered, ended]
        ages = story.ages[phase]
        found[phase] = {
            "reads": len(reads),
            "errors": sum(status not in {200, 429} for _w, _s, status in reads),
            "429": sum(status == 429 for _w, _s, status in reads),
            "p50 ms": 1000 * good[len(good) // 2] if good else None,
            "p99 ms": 1000 * good[len(good) * 99 // 100] if good else None,
            "gap s": max(b - a for a, b in pairwise(edges)),
            "oldest s": max(ages, default=0.0),
            "stale": sum(age > LAG for age in ages),
            "writes": len(story.written[phase]),
            "refused": story.refused[phase],
            "unseen": story.unseen[phase],
            "recovered s": recovered.get(phase),
            "statuses": dict(Counter(status for _w, _s, status in reads)),
        }
    return found


def report(story, recovered, lost, shared):
    """Print the table and write it as JSON."""
    table = rows(story, recovered)
    print(f"{'':18}" + "".join(f"{name:>{width + 2}}" for name, width in COLUMNS))
    for phase, row in table.items():
        cells = ""
        for name, width in COLUMNS:
            value = row[name]
            if value is None:
                said = ""
            elif isinstance(value, float):
                said = f"{value:.0f}" if name.endswith("ms") else f"{value:.2f}"
            else:
                said = str(value)
            cells += f"{said:>{width + 2}}"
        print(f"{phase:18}" + cells)
    sql, admin, failover = lost
    print(
        f"Acknowledged writes lost: {sql + admin} of "
        f"{len(story.rounds) - 1 + len(story.slugs)}; in the failover besides: "
        f"{failover}. Shared cache: {'yes' if shared else 'no'}."
    )
    print(
        "errors: no answer or another status than 200 or 429. gap: the longest time "
        "without a good\nanswer. oldest: how far an answer was behind the last "
        f"commit; stale: by more than {LAG} s. unseen: own\nwrites that staff did "
        "not see in the next page."
    )
    path = VAR / "rehearse.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(
            {
                "phases": table,
                "lost": {"sql": sql, "admin": admin, "failover": failover},
                "acknowledged": len(story.rounds) - 1 + len(story.slugs),
                "lag_allowed": LAG,
                "shared_cache": shared,
            },
            indent=1,
        )
    )
    print(f"Written to {path}.")


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))

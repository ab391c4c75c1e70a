"""
Measure the import of a large schedule on both databases.

    .venv/bin/python -m bench.schedules [sessions] [--file PATH]

The file is made up from a seed: bilingual, with HTML, of 900 sessions, 930 people and
30 rooms. It is imported into an empty database, imported again, and published at
once as another edition. `--file` writes the schedule and measures nothing.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from bench import KEY

WORDS = (
    "river bank silt dam flood basin delta spring channel mineral copper cobalt "
    "nickel lithium labour mine law report chain audit water rights trade duty"
).split()
CHARACTERS = "河流矿产责任供应链社区权利劳工法规审计贸易环境能源铜钴镍锂报告水"
NAMES = "Ana Bo Cy Dee Eli Fay Gus Hal Ida Jo Kim Lea Max Noa Ole Pia Rex Sol".split()
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"


def text(chance, sentences):
    """Return some sentences of HTML in English."""
    said = [
        " ".join(chance.choices(WORDS, k=12)).capitalize() for _ in range(sentences)
    ]
    return "".join(
        f"<p>{one}, <b>see</b> <a href='https://x.org'>x</a>.</p>" for one in said
    )


def chinese(chance, length):
    return "".join(chance.choices(CHARACTERS, k=length))


def make(sessions=900, people=930, rooms=30, seed=4):
    """Return a c3voc schedule, version 2, of three days."""
    chance = random.Random(seed)
    persons = [
        {
            "guid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "name": f"{chance.choice(NAMES)} {number:04d}"
            if number % 3
            else chance.choice(SURNAMES) + chinese(chance, 2),
            "biography": text(chance, 2) if number % 3 else chinese(chance, 60),
        }
        for number in range(people)
    ]
    halls = [
        {
            "guid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "name": {"en": f"Hall {number + 1}", "zh": f"{number + 1}号厅"},
        }
        for number in range(rooms)
    ]
    each_day = max(-(-sessions // (3 * rooms)), 1)
    events = []
    for number in range(sessions):
        place, slot = number % rooms, number // rooms
        day, at = slot // each_day, 8 * 60 + slot % each_day * 60
        start = f"2025-05-0{min(day, 2) + 1}T{at // 60 % 24:02d}:{at % 60:02d}:00+08:00"
        end = f"{start[:14]}45:00+08:00"
        who = [persons[number % people], *chance.sample(persons, 2)]
        if number == 0:
            who += persons[sessions:]
        events.append(
            {
                "guid": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
                "title": {
                    "en": " ".join(chance.choices(WORDS, k=6)).capitalize(),
                    "zh": chinese(chance, 12),
                },
                "abstract": {"en": text(chance, 6), "zh": chinese(chance, 300)},
                "start": start,
                "end": end,
                "room": {"guid": halls[place]["guid"], "name": halls[place]["name"]},
                "track": f"Track {number % 12}",
                "type": chance.choice(["TALK", "WORKSHOP", "DISCUSSION"]),
                "language": chance.choice(["en", "zh"]),
                "participants": [
                    {"guid": one["guid"], "name": one["name"]} for one in who
                ],
                "links": [],
            }
        )
    conference = {
        "title": {"en": "A large forum", "zh": "大型论坛"},
        "acronym": "large2025",
        "time_zone_name": "Asia/Shanghai",
        "rooms": halls,
        "days": [{"index": n, "date": f"2025-05-0{n}"} for n in (1, 2, 3)],
        "url": "https://large.example.org/",
    }
    return {
        "schedule": {"version": "1", "conference": conference, "events": events,
                     "persons": persons}
    }  # fmt: skip


def measure(path):
    """Import a file three times and print what each took."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection

    from exchange.schedules.importing import import_schedule
    from exchange.schedules.reading import read_file

    print(f"{connection.vendor}, a file of {path.stat().st_size / 1e6:.1f} MB")
    runs = [("first", "large", False), ("second", "large", False)]
    for name, edition, publish in [*runs, ("published", "other", True)]:
        wall, cpu = time.perf_counter(), used()
        report = import_schedule(read_file(path), edition=edition, publish=publish)
        wall, cpu = time.perf_counter() - wall, used() - cpu
        counts = [report.count(kind) for kind in ("session", "person", "room")]
        print(f"{name:<10} {wall:6.2f} s  CPU {cpu:6.2f} s  {counts}", flush=True)


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(arguments):
    """Write the file, or measure its import on both databases."""
    if arguments[:1] == ["measure"]:
        measure(Path(arguments[1]))
        return
    numbers = [int(one) for one in arguments if one.isdecimal()]
    made = json.dumps(make(*numbers), ensure_ascii=False)
    if "--file" in arguments:
        Path(arguments[arguments.index("--file") + 1]).write_text(made)
        return
    from tests import pgserver

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "large.json"
        path.write_text(made)
        for start in (lambda: f"sqlite:///{scratch}/portal.sqlite3", pgserver.start):
            subprocess.run(  # noqa: S603
                [sys.executable, "-m", "bench.schedules", "measure", str(path)],
                env={
                    **os.environ,
                    "DATABASE_URL": start(),
                    "VAR_DIR": scratch,
                    "DEBUG": "",
                    "SECRET_KEY": KEY,
                },
                check=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])

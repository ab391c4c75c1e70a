"""
What a large programme costs: `make bench-programme`.

An edition of 900 sessions, 930 people and 30 rooms on two days is made in a scratch
database, and each view of it is measured as bench.pages does. Another edition has ten
times the sessions and the rooms, at the same hours, to see what that does to the page
of a session.
"""

import os
import sys
import tempfile

from bench.pages import HOME, measure

PAGES = ["", "?day=2", "?view=grid", "?view=day", "?view=full"]
MOST_BYTES = 60_000


def main():
    """Print the table; exit 1 if the programme breaks its budget of bytes."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": "bench key " * 6}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from bench.make_programme import make_programme
    from sessions.models import Session

    call_command("migrate", verbosity=0)
    call_command("load_forum", str(HOME / "data" / "smisc"), verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    small = make_programme()
    print(f"{'page':60} {'queries':>7} {'CPU ms':>7} {'HTML gzip':>9}")
    show("about/privacy/")
    over = [
        page for page in PAGES if show(f"editions/2027/programme/{page}") > MOST_BYTES
    ]
    large = make_programme(9000, 930, 300, year=2028)
    amid = [
        f"sessions/{Session.objects.for_edition(edition)[450].slug}/"
        for edition in (small, large)
    ]
    for page in amid:
        show(page)
    # By turns, so that what else the machine does falls on both alike.
    turns = [[measure(f"/en/{page}")[1] for page in amid] for _turn in range(5)]
    few, many = map(min, zip(*turns, strict=True))
    print(f"a session page at ten times the sessions costs {many / few:.2f} times")
    if over:
        sys.exit(f"Over budget: {over}")


def show(page):
    queries, cpu, size = measure(f"/en/{page}")
    print(f"{page[:60]:60} {queries:7} {cpu:7.1f} {size:9,}")
    return size


if __name__ == "__main__":
    main()

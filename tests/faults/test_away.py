"""What the portal stands on goes away for a while: database, disk, files, the clock."""

import resource
import shutil
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import lxml.html
import pytest

from tests.faults.portal import TOPIC, logo

HOUR, DAY = 3600, 24 * 3600
ORGANIZATION = "/admin/organizations/organization/1/change/"


def is_clear_503(answer):
    """Tell whether an answer says in both languages to come back, and when."""
    status, headers, text = answer
    return (
        status == 503
        and headers["Retry-After"] == "30"
        and "Not available at the moment" in text
        and "暂时无法访问" in text
    )


def typed(answer):
    """Return the fields that a page gives back to be sent again."""
    form = lxml.html.fromstring(answer[2]).get_element_by_id("again")
    return {area.get("name"): area.text[1:] for area in form.iter("textarea")}


def test_a_database_restarted_under_load_is_told_and_comes_back(victim, postgres):
    if not postgres:
        pytest.skip("SQLite has no server")
    victim.start()
    try:
        with victim.load(readers=2, writers=1) as told:
            time.sleep(1.5)
            postgres.stop("immediate")
            time.sleep(1)
            seen = len(told.answers)
            api = victim.get("/api/v1/topics/")
            time.sleep(1)
            away = told.answers[seen:]
            postgres.start()
            victim.until(lambda: victim.get("/en/topics/")[0] == 200, seconds=10)
            time.sleep(1)
            seen = len(told.answers)
            time.sleep(2)
    finally:
        postgres.start() if not running(postgres) else None
    assert len(away) > 1
    assert [answer for answer in away if not is_clear_503(answer)] == []
    assert (api[0], api[1]["Retry-After"]) == (503, "30")
    assert api[1]["Content-Type"] == "application/problem+json"
    assert {status for status, *_ in told.answers[seen:]} == {200}
    assert {status for status, *_ in told.answers} == {200, 503}
    assert told.saved
    assert set(told.saved) <= victim.topics()
    assert [answer for answer in told.refused if not is_clear_503(answer)] == []
    assert told.cut == 0
    victim.check()


def running(postgres):
    return (postgres.home / "data" / "postmaster.pid").exists()


def test_who_cannot_write_for_another_writer_gets_back_what_was_typed(victim):
    if victim.postgres:
        pytest.skip("writers do not shut each other out of PostgreSQL")
    victim.start()
    fields, headers = victim.form(TOPIC)
    sent = fields | {"slug": "waits", "label_en": "Waits", "definition_en": "a\r\n<b>"}
    with closing(victim.connect()) as other:
        other.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        answer = victim.post(TOPIC, sent, headers)
        assert time.monotonic() - start > 15
        # Readers see nothing of it.
        assert victim.get("/en/topics/?q=other")[0] == 200
        assert victim.get(TOPIC, signed_in=True)[0] == 200
        other.execute("ROLLBACK")
    assert is_clear_503(answer)
    again = typed(answer)
    assert again["definition_en"] == "a\n<b>"
    assert victim.post(TOPIC, again, headers)[0] == 302
    assert "waits" in victim.topics()
    victim.check()


@contextmanager
def small_disk(folder, megabytes):
    """Yield a folder on a disk of its own; skip if nobody may make one here."""
    folder.mkdir()
    size = f"size={megabytes}m,mode=755"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("no small disk: only root may mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill_up(folder):
    """Take all room that is left on a disk; return the file that takes it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    return filler


def refuses_clearly_until(victim, free):
    """Assert that nothing can be saved but all be read, until `free()` makes room."""
    fields, headers = victim.form(TOPIC)
    sent = fields | {"slug": "large", "label_en": "Large", "definition_en": "x" * 9000}
    refused = [victim.post(TOPIC, sent, headers) for _ in range(3)]
    assert [one for one in refused if not is_clear_503(one)] == []
    assert victim.get("/en/topics/")[0] == 200
    assert "large" not in victim.topics()
    free()
    assert victim.post(TOPIC, typed(refused[0]), headers)[0] == 302
    assert "large" in victim.topics()
    victim.check()


def test_a_full_disk_refuses_writers_and_serves_readers(model, tmp_path):
    # Where PostgreSQL's own user can reach it
    place = model.postgres.home if model.postgres else tmp_path
    with small_disk(place / "small", 48) as disk:
        if model.postgres:
            # The data alone: of its log, PostgreSQL wants room as of the air.
            ids = model.postgres.run_as
            if ids:
                shutil.chown(disk, ids["user"], ids["group"])
            model.on_server(f"CREATE TABLESPACE small LOCATION '{disk}'")
            victim = model.copy(tmp_path / "var", "small", tablespace="small")
        else:
            victim = model.copy(disk / "var", "small")
        try:
            victim.start()
            victim.get(TOPIC, signed_in=True)
            filler = fill_up(disk)
            refuses_clearly_until(victim, filler.unlink)
        finally:
            victim.stop()
            if model.postgres:
                model.on_server("DROP DATABASE small WITH (FORCE)")
                model.on_server("DROP TABLESPACE small")


def test_files_that_may_not_grow_refuse_writers_and_serve_readers(victim):
    if victim.postgres:
        pytest.skip("PostgreSQL's server writes, not the portal")
    victim.start()
    fields, headers = victim.form(ORGANIZATION)
    everybody = [victim.process.pid, *victim.workers()]
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    def limit(most):
        for pid in everybody:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, most)

    # What is full here is whatever grows: the database, uploads.
    limit((1, resource.RLIM_INFINITY))
    fields |= {"name_en": "Renamed", "logo_alt_en": "R", "logo_alt_zh_hans": "红"}
    refused = victim.post(ORGANIZATION, fields, headers, logo())
    assert refused[0] == 503, refused[2]
    assert "go back and send it again" in refused[2]
    assert victim.get(victim.logo)[0] == 200
    names = "SELECT name_en FROM organizations_organization"
    assert victim.rows(names) == [("River Board",)]
    refuses_clearly_until(victim, lambda: limit(unlimited))
    assert victim.post(ORGANIZATION, fields, headers, logo())[0] == 302
    assert victim.rows(names) == [("Renamed",)]
    victim.check()


def test_a_database_file_moved_away_is_told_and_comes_back_by_itself(victim):
    if victim.postgres:
        pytest.skip("PostgreSQL's files are its own")
    victim.start()

    def asked():
        # More than there are threads, each by a connection of its own
        addresses = ("/en/", "/en/topics/?q=other", "/en/topics/", "/api/v1/topics/")
        with ThreadPoolExecutor(4) as crowd:
            return list(crowd.map(victim.get, addresses * 6))

    assert {answer[0] for answer in asked()} == {200}
    elsewhere = victim.folder / "elsewhere"
    elsewhere.mkdir()
    moved = list(victim.folder.glob("portal.sqlite3*"))
    for file in moved:
        file.rename(elsewhere / file.name)
    away = asked()
    assert {answer[0] for answer in away} == {503}
    assert all(is_clear_503(answer) for answer in away[:3])
    assert '"database": {"state": "failed"}' in victim.get("/readyz")[2]
    assert victim.get("/healthz")[0] == 200
    assert list(victim.folder.glob("portal.sqlite3*")) == []
    for file in elsewhere.iterdir():
        file.rename(victim.folder / file.name)
    assert {answer[0] for answer in asked()} == {200}
    # Another file takes its place at once, as when a copy is put back.
    copy = elsewhere / "copy"
    with closing(victim.connect()) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)
        other.execute(
            "UPDATE topics_topic SET label_en = 'Astern' WHERE slug = 'water'"
        )
        other.commit()
    for file in victim.folder.glob("portal.sqlite3-*"):
        file.unlink()
    copy.rename(victim.path)
    for _ in range(16):
        status, _headers, text = victim.get("/en/topics/water/")
        assert (status, "Astern" in text) == (200, True)
    victim.check()


def test_pages_stay_when_the_uploaded_files_are_gone(victim):
    victim.start()
    page = "/en/organizations/river-board/"
    before = victim.get(page)
    assert (before[0], victim.get(victim.logo)[0]) == (200, 200)
    media = victim.folder / "media"
    media.rename(victim.folder / "elsewhere")
    assert victim.get(page)[2] == before[2]
    status, _headers, text = victim.get(victim.logo)
    assert (status, "<h1>" in text) == (404, True)
    assert victim.get("/admin/", signed_in=True)[0] == 200
    # Something stands in its place that is no folder.
    media.write_text("")
    assert victim.get(page)[2] == before[2]
    assert victim.get(victim.logo)[0] == 404
    assert victim.get("/admin/", signed_in=True)[0] == 200
    media.unlink()
    (victim.folder / "elsewhere").rename(media)
    assert victim.get(victim.logo)[0] == 200
    victim.check()


def test_a_clock_that_jumps_shows_nothing_early_late_or_for_ever(victim, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("0")
    at = datetime.now(UTC) + timedelta(hours=1)
    victim.write(
        f"UPDATE topics_topic SET publish_at = '{at:%Y-%m-%d %H:%M:%S}' "  # noqa: S608
        "WHERE slug = 'floods'"
    )
    victim.start("python:tests.faults.clock", FAULTS_CLOCK=str(clock))
    listed = '<a href="/en/topics/floods/"'

    def shown():
        found = set()
        for _ in range(4):  # each of two workers, most likely
            text = victim.get("/en/topics/")[2]
            found.add((victim.get("/en/topics/floods/")[0], listed in text))
        return found

    for jump, expected in (
        (0, (404, False)),
        (2 * HOUR, (200, True)),
        (0, (404, False)),
        (3 * DAY, (200, True)),
        (-3 * DAY, (404, False)),
        (2 * HOUR, (200, True)),
    ):
        clock.write_text(str(jump))
        assert (jump, shown()) == (jump, {expected})
        # Whoever is signed in stays so, and can save.
        fields, headers = victim.form(TOPIC)
        slug = f"at-{abs(jump)}-{'before' if jump < 0 else len(victim.topics())}"
        sent = fields | {"slug": slug, "label_en": slug}
        assert victim.post(TOPIC, sent, headers)[0] == 302
    clock.write_text("0")
    victim.check()

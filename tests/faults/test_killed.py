"""Processes that are killed in the middle of what they do."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest

from tests.copies import ROOT
from tests.faults.portal import TOPIC

MANY = 400  # rows of an import: long enough to be met in the middle


def when_writing(portal, process=None):
    """Wait until somebody writes; fail if that does not happen."""
    end = time.monotonic() + 60
    while not portal.is_writing():
        assert time.monotonic() < end
        assert process is None or process.poll() is None
        time.sleep(0.002)


def test_a_worker_killed_under_load_loses_nothing_that_was_acknowledged(victim):
    victim.start()
    with victim.load(readers=2, writers=2) as told:
        for _ in range(3):
            time.sleep(1)
            victim.kill_worker()
        time.sleep(1)
    assert len(told.saved) > 5
    assert set(told.saved) <= victim.topics()
    assert {status for status, *_ in told.answers} == {200}
    assert told.refused == []
    victim.check()


def test_an_import_killed_in_the_middle_leaves_no_trace_and_can_be_run_again(victim):
    before = victim.counts()
    command = [sys.executable, "manage.py", "load_forum", "data/smisc"]
    load = subprocess.Popen(
        command, cwd=ROOT, env=victim.env, stdout=subprocess.DEVNULL
    )
    when_writing(victim, load)
    time.sleep(0.3)
    assert load.poll() is None
    os.kill(load.pid, signal.SIGKILL)
    load.wait()
    victim.until(lambda: not victim.is_writing())
    assert victim.counts() == before
    victim.manage("load_forum", "data/smisc", "--verbosity=0")
    assert victim.counts()["topics_regulation"] > 40
    victim.start().check()


@pytest.mark.parametrize("moment", [0, 0.02])
def test_a_worker_killed_in_mid_save_has_saved_all_or_nothing(victim, moment):
    victim.start(workers=1)
    fields, headers = victim.form(TOPIC)
    sent = fields | {"slug": "half", "label_en": "Half", "definition_en": "Text"}
    with ThreadPoolExecutor(1) as editor:
        answer = editor.submit(victim.post, TOPIC, sent, headers)
        when_writing(victim)
        time.sleep(moment)
        victim.kill_worker()
        try:
            acknowledged = answer.result()[0] == 302
        except (ConnectionError, HTTPException):
            acknowledged = False
    victim.until(lambda: victim.get("/en/topics/")[0] == 200)
    there = "half" in victim.topics()
    assert there or not acknowledged
    victim.check()
    if not there:
        assert victim.post(TOPIC, sent, headers)[0] == 302


def test_a_worker_killed_in_the_middle_of_an_import_of_a_table_can_try_again(victim):
    victim.start(workers=1)
    path = "/admin/sheets/topics/topic/import/"
    fields, headers = victim.form(path)
    lines = [f"row-{number},Row {number}" for number in range(MANY)]
    table = "\r\n".join(["slug,label_en", *lines]).encode()
    fields["table"] = "topic"
    files = {"file": ("topics.csv", table)}
    status, told, text = victim.post(path, fields, headers, files)
    assert status == 302, text
    place = told["Location"]
    confirm, headers = victim.form(place)
    before = victim.counts()
    with ThreadPoolExecutor(1) as editor:
        answer = editor.submit(victim.post, place, confirm | {"confirm": "1"}, headers)
        when_writing(victim)
        victim.kill_worker()
        try:
            acknowledged = answer.result()[0] == 302
        except (ConnectionError, HTTPException):
            acknowledged = False
    victim.until(lambda: victim.get("/en/topics/")[0] == 200)
    after = victim.counts()
    added = after["topics_topic"] - before["topics_topic"]
    assert added in ({MANY} if acknowledged else {0, MANY})
    victim.check()
    if not added:
        assert after == before
        assert victim.post(place, confirm | {"confirm": "1"}, headers)[0] == 302
    assert len(victim.topics()) == before["topics_topic"] + MANY

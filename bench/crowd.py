"""Readers and writers of a rehearsal, and what they have to tell of it."""

import http.client
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from random import Random
from threading import Event, Thread

import psycopg2

from bench.hosts import ask

PAUSE = 0.1  # seconds between two requests of a reader
PAGES = [
    "/en/",
    "/zh-hans/",
    "/en/sessions/",
    "/zh-hans/sessions/?stage=mining",
    "/en/sessions/2023-plenary-due-diligence-policy/",
    "/en/editions/2023/programme/",
    "/en/organizations/",
    "/en/organizations/giz/",
    "/zh-hans/people/",
    "/en/regulations/?jurisdiction=EU",
    "/en/regulations/eu-batteries-regulation/",
    "/en/topics/human-rights/",
    "/en/outcomes/",
    "/en/search/?q=battery",
    "/en/search/suggest/?q=bat",
    "/en/explore/",
    "/zh-hans/topics.csv",
    "/en/editions/2023/programme.ics",
    "/api/v1/topics/",
    "/sitemap.xml",
]
TOPIC = "/en/topics/rehearsal/"
ROUND = re.compile(r"Round (\d+)\.")


class Story:
    """What happened, told by all threads, phase by phase; times are monotonic."""

    def __init__(self):
        self.phase = "before"
        self.phases = {}  # name → (began, ended)
        self.reads = defaultdict(list)  # phase → [(when, seconds, status)]
        self.ages = defaultdict(list)  # phase → [seconds behind the last commit]
        self.written = defaultdict(list)  # phase → [when a write was acknowledged]
        self.refused = defaultdict(int)  # phase → writes nobody acknowledged
        self.unseen = defaultdict(int)  # phase → own writes that staff did not see
        self.rounds = [(0, 0.0)]  # (number, when it was acknowledged)
        self.slugs = []  # of topics whose saving the admin has acknowledged
        self.over = Event()
        self.threads = []

    def begin(self, phase):
        now = time.monotonic()
        if self.phase in self.phases:
            self.phases[self.phase] = (self.phases[self.phase][0], now)
        self.phase = phase
        self.phases[phase] = (now, now)

    def run(self, task, *given):
        def until_over():
            while not self.over.is_set():
                task(*given)

        self.threads.append(Thread(target=until_over))
        self.threads[-1].start()

    def end(self):
        self.begin("end")
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=60)

    def wait_read(self, since):
        """Return when the first good answer came to what was asked after a moment."""
        while True:
            for phase in list(self.reads):
                good = [w for w, s, code in self.reads[phase] if w - s > since]
                if good:
                    return min(good)
            time.sleep(0.02)

    def wait_written(self, since, count=0):
        """Return when the first write after a moment was acknowledged."""
        while True:
            after = [w for p in list(self.written) for w in self.written[p]]
            if found := [when for when in after if when > since]:
                return min(found)
            time.sleep(0.02)


def reader(story, port, number):
    """Return a task: ask for some page, as a visitor from an address of its own."""
    dice, source = Random(number), f"127.0.0.{number + 10}"

    def read():
        began = time.monotonic()
        try:
            status, _body = ask(port, dice.choice(PAGES), source=source)
        except (OSError, http.client.HTTPException):
            status = 0
        now = time.monotonic()
        story.reads[story.phase].append((now, now - began, status))
        time.sleep(PAUSE)

    return read


def watcher(story, port):
    """Return a task: see how old is what the page of the topic shows."""

    def watch():
        began = time.monotonic()
        try:
            status, body = ask(port, TOPIC, source="127.0.0.9")
            found = ROUND.search(body)
        except (OSError, http.client.HTTPException):
            status, found = 0, None
        now = time.monotonic()
        story.reads[story.phase].append((now, now - began, status))
        if found:
            shown = int(found[1])
            # The first acknowledged write that this answer should have shown
            later = (when for number, when in story.rounds if number > shown)
            missed = next((when for when in later if when < began), began)
            story.ages[story.phase].append(began - missed)
        time.sleep(PAUSE / 2)

    return watch


def writer(story, address):
    """Return a task: rename the topic, by SQL on the primary; `address()` is its."""
    state = {"connection": None, "number": 0}

    def write():
        state["number"] += 1
        try:
            if state["connection"] is None:
                state["connection"] = psycopg2.connect(address(), connect_timeout=2)
            with state["connection"] as connection, connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE topics_topic SET label_en = %s WHERE slug = 'rehearsal'",
                    [f"Round {state['number']}."],
                )
        except psycopg2.Error:
            state["connection"] = None
            story.refused[story.phase] += 1
        else:
            when = time.monotonic()
            story.rounds.append((state["number"], when))
            story.written[story.phase].append(when)
        time.sleep(0.25)

    return write


class Form(HTMLParser):
    """What a browser would send of the form with this id, if nobody typed anything."""

    def __init__(self, html, form):
        super().__init__()
        self.form, self.inside, self.values, self.select = form, False, {}, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "form":
            self.inside = said.get("id") == self.form
        elif tag == "select":
            self.select = said.get("name")
        elif self.inside and tag == "option" and "selected" in said:
            self.values[self.select] = said.get("value", "")
        elif self.inside and tag == "textarea":
            self.values[said["name"]] = ""
        elif self.inside and tag == "input" and "name" in said:
            kind = said.get("type", "text")
            if kind in {"submit", "file"}:
                return
            if kind not in {"checkbox", "radio"} or "checked" in said:
                self.values[said["name"]] = said.get("value", "")


class Staff:
    """An organizer who adds topics in the admin, by a browser."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def get(self, path):
        with self.opener.open(self.base + path, timeout=25) as answer:
            return answer.read().decode()

    def post(self, path, values):
        """Send a form; return (address it led to, page)."""
        data = urllib.parse.urlencode(values).encode()
        headers = {"Referer": self.base + path}
        request = urllib.request.Request(self.base + path, data, headers)  # noqa: S310
        with self.opener.open(request, timeout=25) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

    def sign_in(self, name, password):
        path = "/admin/login/"
        form = Form(self.get(path), "login-form").values
        self.post(path, form | {"username": name, "password": password})

    def add_topic(self, slug):
        """Add a published topic; return whether the admin has acknowledged it."""
        path = "/admin/topics/topic/add/"
        form = Form(self.get(path), "topic_form").values
        form |= {"slug": slug, "label_en": f"Topic {slug}"}
        return self.post(path, form | {"_save": "Save"})[0] == "/admin/topics/topic/"


def organizer(story, port, name, password):
    """Return a task: add a topic in the admin, and look at it at once."""
    staff, state = Staff(port), {"number": 0, "signed": False}

    def work():
        try:
            if not state["signed"]:
                staff.sign_in(name, password)
                state["signed"] = True
            state["number"] += 1
            slug = f"added-{state['number']}"
            if not staff.add_topic(slug):
                story.refused[story.phase] += 1
                return
            story.slugs.append(slug)
            story.written[story.phase].append(time.monotonic())
            page = staff.get(f"/admin/topics/topic/?q={slug}")
            story.unseen[story.phase] += slug not in page.partition("result_list")[2]
        except (OSError, http.client.HTTPException):
            story.refused[story.phase] += 1
        time.sleep(0.3)

    return work

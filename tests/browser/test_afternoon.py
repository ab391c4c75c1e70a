"""An organizer's afternoon in a real browser, as docs/organizers.md tells it."""

import io
import re
import subprocess
import sys
import time
from base64 import b32decode

import openpyxl
from django_otp.oath import totp

from tests.browser.conftest import environment
from tests.browser.test_pages import listening

PASSWORD = "only-for-this-long-test"
SESSIONS = 40
FORUM = f"""
import datetime
from django.contrib.auth.models import Group, User
from organizations.models import Person
from sessions.models import Contribution, Edition, EditionDay, Room, Session
user = User.objects.create_user("office", password="{PASSWORD}", is_staff=True)
user.groups.add(Group.objects.get(name="Administrator"))
date = datetime.date(2040, 5, 5)
edition = Edition.objects.create(
    slug="2040", year=2040, name_en="Forum 2040", name_zh_hans="2040 年论坛",
    starts_on=date, ends_on=date, state="published")
EditionDay.objects.create(edition=edition, number=1, date=date)
for name in ("Annex", "Hall"):
    Room.objects.create(edition=edition, name_en=name, slug=name.lower())
talk = Session.objects.create(
    edition=edition, slug="2040-talk", code="T1", format="plenary",
    title_en="Talk of 2040", state="published")
for slug in ("ottilie-quandt", "ottilie-quandt-2"):
    person = Person.objects.create(
        slug=slug, name_en="Ottilie Quandt", state="published")
Contribution.objects.create(session=talk, person=person, role="speaker")
print(edition.pk)
"""


def test_an_organizers_afternoon(own_portal, own_var_dir, browser):
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "--command", FORUM],
        env=environment(own_var_dir),
        check=True,
        capture_output=True,
        text=True,
    )
    office = browser.new_context(reduced_motion="reduce").new_page()
    public = browser.new_context(reduced_motion="reduce").new_page()
    office.set_default_timeout(10_000)
    try:
        with listening(office, own_portal, "") as found:
            Afternoon(own_portal, office, public, made.stdout.split()[-1]).spend()
        assert found == []
    finally:
        office.context.close()
        public.context.close()


class Afternoon:
    """One organizer in the office, and what the public sees meanwhile."""

    def __init__(self, portal, office, public, last_year):
        self.portal, self.office, self.public = portal, office, public
        self.admin = f"{portal}/admin"
        self.last_year = f"{self.admin}/forum_sessions/edition/{last_year}"

    def spend(self):
        self.sign_in_with_a_code()
        self.make_an_edition()
        self.import_sessions()
        self.translate_and_preview()
        self.publish()
        self.merge_two_people()
        self.move_and_cancel()
        self.bring_back_what_was_deleted()
        self.take_an_import_back()
        self.sign_out()

    # What one does again and again

    def go(self, path):
        self.office.goto(path if path.startswith("http") else f"{self.admin}/{path}")

    def follow(self, words):
        self.office.locator("#container a", has_text=re.compile(words)).first.click()

    def press(self, words):
        button = f"input[type=submit][value='{words}'], button:text-is('{words}')"
        self.office.locator(button).first.click()
        self.office.wait_for_load_state()

    def said(self):
        return " ".join(self.office.locator(".messagelist li").all_inner_texts())

    def page(self):
        return self.office.locator("#content").inner_text()

    def seen(self, path):
        """Return the status and the text of a public page."""
        answer = self.public.goto(f"{self.portal}{path}")
        return answer.status, self.public.locator("body").inner_text()

    def choose(self, words, *titles):
        for title in titles:
            row = self.office.locator("#result_list tbody tr", has_text=title)
            row.first.locator("input.action-select").check()
        self.office.locator("select[name=action]").select_option(label=words)
        self.office.locator(".actions button[type=submit]").first.click()
        self.office.wait_for_load_state()

    def forms(self):
        return self.office.locator("#result_list tbody tr").count()

    # The afternoon

    def sign_in_with_a_code(self):
        self.go("")
        self.give_name_and_password()
        self.go("account/codes/")
        letters = self.office.locator("code").inner_text().replace(" ", "")
        self.key = b32decode(letters)
        self.office.fill("[name=code]", self.code())
        self.press("Confirm")
        assert len(self.office.locator("#content li code, #content code").all()) >= 10
        self.sign_out()
        self.go("")
        self.give_name_and_password()
        assert self.office.url.startswith(f"{self.admin}/code/")
        self.office.fill("[name=code]", self.code(later=30))
        self.press("Sign in")
        assert "office" in self.office.locator("#user-tools").inner_text()

    def give_name_and_password(self):
        self.office.fill("[name=username]", "office")
        self.office.fill("[name=password]", PASSWORD)
        self.office.click("[type=submit]")
        self.office.wait_for_load_state()

    def code(self, later=0):
        """Return what the app on the telephone shows, or will show in a moment."""
        ahead = int(later - time.time() % 30) if later else 0
        return f"{totp(self.key, drift=1 if later and ahead >= 0 else 0):06}"

    def make_an_edition(self):
        self.go(f"{self.last_year}/change/")
        self.follow("New edition from this one")
        for name, value in {
            "slug": "2041",
            "year": "2041",
            "name_en": "Forum 2041",
            "name_zh_hans": "2041 年论坛",
            "starts_on": "2041-05-05",
            "ends_on": "2041-05-05",
        }.items():
            self.office.fill(f"[name={name}]", value)
        self.press("Make the edition")
        self.edition = re.search(r"/edition/(\d+)/", self.office.url)[1]
        assert self.seen("/en/editions/2041/")[0] == 404

    def import_sessions(self):
        self.go("forum_sessions/session/")
        self.follow("Import…")
        address = self.office.locator("a", has_text="XLSX").get_attribute("href")
        template = self.office.request.get(f"{self.portal}{address}").body()
        wrong = self.workbook(template, wrong=True)
        self.upload(wrong)
        assert "Some rows cannot be imported" in self.page()
        errors = self.office.locator(".import-errors tbody tr").all_inner_texts()
        assert [row.split("\t")[0] for row in errors] == ["4", "9", "14"]
        assert [row.split("\t")[2] for row in errors] == [
            "room",
            "format",
            "starts_at",
        ]
        assert not self.office.locator("[name=confirm]").count()
        self.press("Put the file aside")
        self.upload(self.workbook(template))
        assert not self.office.locator(".import-errors").count()
        self.press("Import")
        assert "Imported. It can be taken back on this page." in self.said()
        self.go(f"forum_sessions/session/?q=2041-{SESSIONS}")
        assert self.forms() == 1
        assert self.seen(f"/en/sessions/2041-{SESSIONS}/")[0] == 404

    def workbook(self, template, wrong=False, numbers=range(1, SESSIONS + 1)):
        """Return the empty table with sessions filled in, three of them wrong."""
        book = openpyxl.load_workbook(io.BytesIO(template))
        sheet = book["session"]
        header = [cell.value for cell in sheet[1]]
        for number in numbers:
            row = {
                "slug": f"2041-{number}",
                "edition": "2041",
                "code": f"A{number}",
                "format": "workshop",
                "title_en": f"Session {number:03} of the afternoon",
                "starts_at": f"2041-05-05 {9 + number % 8:02}:00",
                "day": "1",
                "room": "hall" if number % 2 else "annex",
                "ends_at": f"2041-05-05 {9 + number % 8:02}:45",
            }
            if wrong and number == 3:
                row["room"] = "attic"
            if wrong and number == 8:
                row["format"] = "workshpo"
            if wrong and number == 13:
                row["starts_at"] = "in the morning"
            sheet.append([row.get(name) for name in header])
        made = io.BytesIO()
        book.save(made)
        return made.getvalue()

    def upload(self, content, name="sessions.xlsx"):
        self.go("sheets/forum_sessions/session/import/")
        file = {"name": name, "mimeType": "application/zip", "buffer": content}
        self.office.set_input_files("[name=file]", file)
        self.press("Show what would change")

    def translate_and_preview(self):
        self.go("forum_sessions/session/?q=2041-7")
        self.office.locator("#result_list th a", has_text="007").click()
        self.session = self.office.url
        # A short field has its button while somebody is in it.
        self.office.focus("#id_title_zh_hans")
        copy = "#id_title_zh_hans + .writing-foot button"
        self.office.locator(copy, has_text="Copy from English").click()
        chinese = self.office.locator("#id_title_zh_hans")
        assert chinese.input_value() == "Session 007 of the afternoon"
        chinese.fill("下午第七场")
        self.press("Save and continue editing")
        preview = self.office.locator("a", has_text=re.compile("^Preview$"))
        address = preview.get_attribute("href").replace("/en/", "/zh-hans/", 1)
        self.go(f"{self.portal}{address}")
        text = self.office.locator("body").inner_text()
        assert "下午第七场" in text
        assert "预览" in text
        assert self.seen("/zh-hans/sessions/2041-7/")[0] == 404

    def publish(self):
        self.go("forum_sessions/session/?q=2041-9")
        self.choose("Schedule…", "009")
        self.office.fill("[name=publish_at_0]", "2040-01-01")
        self.office.fill("[name=publish_at_1]", "09:00")
        self.office.locator("[name=confirm]").click()
        self.office.wait_for_load_state()
        assert "1" in self.said()
        self.go(f"forum_sessions/edition/{self.edition}/change/")
        self.follow("Publish…")
        assert "becomes visible to everybody at once" in self.page()
        self.office.locator("[name=confirm]").click()
        self.office.wait_for_load_state()
        titles = [f"{n:03}" for n in range(1, SESSIONS + 1) if n not in (5, 9)]
        self.go(f"forum_sessions/session/?edition__id__exact={self.edition}&all=")
        self.choose("Publish…", *[f"Session {title}" for title in titles])
        assert f"These {len(titles)} records become visible" in self.page()
        self.office.locator("[name=confirm]").click()
        self.office.wait_for_load_state()
        status, text = self.seen("/en/editions/2041/programme/?view=full")
        assert status == 200
        shown = {*re.findall(r"Session (\d{3}) of the afternoon", text)}
        assert shown == {*titles}
        assert "下午第七场" in self.seen("/zh-hans/sessions/2041-7/")[1]
        assert self.seen("/en/sessions/2041-9/")[0] == 404

    def merge_two_people(self):
        self.go("organizations/person/")
        self.follow("Possible duplicates")
        pair = self.office.locator("tr", has_text="Ottilie Quandt").first
        pair.locator("a.button").click()
        self.press("Go on")
        self.press("Make them one")
        status = {
            slug: self.seen(f"/en/people/{slug}/")
            for slug in ("ottilie-quandt", "ottilie-quandt-2")
        }
        assert {code for code, _text in status.values()} == {200}
        assert len({text for _code, text in status.values()}) == 1
        assert "Talk of 2040" in status["ottilie-quandt"][1]

    def move_and_cancel(self):
        desk = f"{self.admin}/forum_sessions/edition/{self.edition}/desk/"
        self.go(f"{desk}grid/")
        block = self.office.locator("[data-block]", has_text="Session 001").first
        block.locator("[data-what]").focus()
        self.office.keyboard.press("ArrowDown")
        assert "Not saved." in self.office.locator("[data-say]").inner_text()
        self.office.keyboard.press("Enter")
        self.office.locator("[data-say]", has_text=re.compile(r"Saved\.")).wait_for()
        assert "10:15" in self.seen("/en/sessions/2041-1/")[1]
        self.go(desk)
        self.office.locator("a", has_text="Cancel Session 002").first.click()
        self.office.fill("[name=status_reason_en]", "The river is too high.")
        self.office.fill("[name=status_reason_zh_hans]", "河水太高。")
        self.press("Save")
        text = self.seen("/en/sessions/2041-2/")[1]
        assert "The river is too high." in text
        assert "Cancelled" in text
        assert "河水太高。" in self.seen("/zh-hans/sessions/2041-2/")[1]

    def bring_back_what_was_deleted(self):
        self.go("forum_sessions/session/?q=2041-5")
        self.office.locator("#result_list th a", has_text="Session 005").click()
        self.office.locator("a.deletelink").click()
        self.office.locator("#content form input[type=submit]").click()
        self.office.wait_for_load_state()
        self.go("forum_sessions/session/?q=2041-5")
        assert self.forms() == 0
        self.follow("Deleted")
        row = self.office.locator("tr", has_text="Session 005")
        row.locator("a", has_text="Bring it back").click()
        self.press("Bring it back")
        self.go("forum_sessions/session/?q=2041-5")
        assert self.forms() == 1

    def take_an_import_back(self):
        self.go("forum_sessions/session/")
        self.follow("Import…")
        address = self.office.locator("a", has_text="XLSX").get_attribute("href")
        template = self.office.request.get(f"{self.portal}{address}").body()
        self.upload(self.workbook(template, numbers=[101, 102]))
        self.press("Import")
        self.press("Take it back…")
        self.press("Take it back")
        assert "taken back" in self.said() + self.page()
        self.go("forum_sessions/session/?q=2041-101")
        assert self.forms() == 0

    def sign_out(self):
        self.press("Log out")
        self.go("forum_sessions/session/")
        assert "/admin/login/" in self.office.url

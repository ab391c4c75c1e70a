"""Signing in: the second step, the lock, where one is signed in, and the log of it."""

import re
import time

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from forum_portal.signing_in import codes
from forum_portal.signing_in.models import SecurityEvent
from forum_portal.signing_in.views import NewPassword
from records import content_version
from tests import factories

NAME, PASSWORD = "ada", "three words for ada"
LOGIN, CODE, ACCOUNT = "/admin/login/", "/admin/code/", "/admin/account/"
HOME = "/admin/"
# What Django and other packages say in English alone
NEVER_CHINESE = (
    *("relationship", "Can ", "access ", 'alt="True"', 'alt="Search"', "Whether the"),
    "TOTP",
)


@pytest.fixture
def ada(db):
    return User.objects.create_superuser(NAME, "ada@example.org", PASSWORD)


@pytest.fixture
def signed_in(client, ada):
    client.force_login(ada)
    return client


def sign_in(client, password=PASSWORD, name=NAME, **kwargs):
    return client.post(LOGIN, {"username": name, "password": password}, **kwargs)


def code_now(key, steps=0):
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06}"


def log(**filters):
    found = SecurityEvent.objects.filter(**filters).order_by("id")
    return list(found.values_list("kind", "username"))


def test_codes_are_set_up_asked_for_and_spent(signed_in, ada):
    elsewhere = Client()
    sign_in(elsewhere)
    page = signed_in.get(f"{ACCOUNT}codes/").content.decode()
    key = signed_in.session["new_key"]
    assert codes.secret(key) in page
    assert "<svg" in page
    for wrong in ("", "000000", "abc", "１２３４５６", "9" * 400):
        assert signed_in.post(f"{ACCOUNT}codes/", {"code": wrong}).status_code == 200
    assert not TOTPDevice.objects.exists()
    right = code_now(key)
    answer = signed_in.post(
        f"{ACCOUNT}codes/", {"code": f"{right[:3]} {right[3:]}"}, follow=True
    )
    recovery = re.findall(r"<li><code>(\w+)</code>", answer.content.decode())
    assert len(set(recovery)) == 10
    file = signed_in.get(f"{ACCOUNT}codes/recovery.txt")
    assert file.content.decode().split() == recovery
    assert "no-store" in file["Cache-Control"]
    assert elsewhere.get(HOME).status_code == 302  # it had given no code

    other = Client()
    assert sign_in(other)["Location"] == CODE
    assert other.get(HOME).status_code == 302
    assert other.post(CODE, {"code": right}).status_code == 200  # spent
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert other.post(CODE, {"code": code_now(key, 1)})["Location"] == HOME
    assert other.get(HOME).status_code == 200

    third = Client()
    for code, status in ((recovery[0].upper(), 302), (recovery[0], 200)):
        sign_in(third)
        assert third.post(CODE, {"code": code}).status_code == status
    assert len(codes.recovery_codes(ada)) == 9


def test_second_step_is_nothing_without_the_first(client, ada):
    codes.set_up(ada, key := codes.new_key(), code_now(key))
    assert client.post(CODE, {"code": code_now(key)})["Location"] == f"{LOGIN}"
    sign_in(client)
    session = client.session
    session["signing_in"] = session["signing_in"] | {"since": time.time() - 301}
    session.save()
    assert client.get(CODE)["Location"] == LOGIN
    sign_in(client)
    ada.set_password("changed meanwhile")
    ada.save()
    assert client.get(CODE)["Location"] == LOGIN


def test_no_failure_to_sign_in_leaves_a_network_address_in_the_log(client, ada, caplog):
    for _time in range(6):
        sign_in(client, "wrong")
    assert "127.0.0.1" not in caplog.text


def test_account_is_locked_after_five_failures_from_one_address(client, ada, settings):
    settings.PROXIES = 1
    version = content_version.current()
    here, there = ({"HTTP_X_FORWARDED_FOR": ip} for ip in ("192.0.2.1", "192.0.2.2"))
    for _ in range(5):
        answer = sign_in(client, "wrong", **here)
    assert answer.status_code == 429
    assert "Locked for a while" in answer.content.decode()
    assert sign_in(client, **here)["Retry-After"] == "900"
    client.cookies["django_language"] = "zh-hans"
    assert 'lang="zh-hans"' in sign_in(client, **here).content.decode()
    assert sign_in(client, name="no one", password="wrong", **here).status_code == 200
    assert sign_in(Client(), **there).status_code == 302
    assert log(kind="signed-in") == [("signed-in", NAME)]
    assert {("failed", NAME), ("locked", NAME), ("failed", "no one")} <= set(log())
    assert SecurityEvent.objects.filter(ip="192.0.2.1", kind="locked").exists()
    assert content_version.current() == version  # pages stay as they are kept


def test_who_changes_the_address_within_a_network_stays_locked_out(client, ada):
    for last in range(5):
        sign_in(client, "wrong", REMOTE_ADDR=f"2001:db8::{last}")
    assert sign_in(client, REMOTE_ADDR="2001:db8::ffff").status_code == 429
    assert sign_in(Client(), REMOTE_ADDR="2001:db8:0:1::1").status_code == 302


def test_wrong_codes_lock_too(client, ada):
    codes.set_up(ada, key := codes.new_key(), code_now(key))
    sign_in(client)
    statuses = []
    for _ in range(6):
        StaticDevice.objects.update(throttling_failure_timestamp=None)
        statuses.append(client.post(CODE, {"code": "nope"}).status_code)
    assert statuses[0] == 200
    assert statuses[4:] == [429, 429]
    assert client.get(HOME).status_code == 302


def test_a_code_right_after_a_wrong_one_is_told_to_wait(ada):
    client, signed_in = Client(), Client()
    signed_in.force_login(ada)
    codes.set_up(ada, key := codes.new_key(), code_now(key))
    TOTPDevice.objects.update(last_t=-1)
    right, wrong = code_now(key), "x" * 10
    sign_in(client)
    assert "This code does not fit" in client.post(CODE, {"code": wrong}).text
    StaticDevice.objects.update(throttling_failure_count=9)
    hasty = client.post(CODE, {"code": wrong})
    assert re.search(r"Too soon after a wrong code: wait 2\d\d seconds", hasty.text)
    # It is no failure more; another kind of code is not kept waiting.
    assert log(kind="failed") == [("failed", NAME)]
    hasty = signed_in.post(f"{ACCOUNT}codes/change/", {"code": wrong}, follow=True)
    assert "Too soon after a wrong code" in hasty.text
    assert client.post(CODE, {"code": right}).status_code == 302


def test_pages_of_accounts_speak_one_language(signed_in, ada):
    ada.is_superuser = True
    ada.save()
    group = Group.objects.get(name="Viewer")
    paths = ["user/", "user/add/", f"user/{ada.pk}/password/", f"user/{ada.pk}/delete/"]
    paths += ["group/", f"group/{group.pk}/change/", f"group/{group.pk}/delete/"]
    signed_in.cookies["django_language"] = "zh-hans"
    for path in paths:
        page = signed_in.get(f"/admin/auth/{path}").text
        for word in NEVER_CHINESE:
            assert word not in page, (path, word)
    log_page = signed_in.get("/admin/signing_in/securityevent/").text
    assert "is_superuser" not in log_page


def test_one_is_signed_out_everywhere_else_by_oneself(signed_in, ada):
    other = Client(headers={"user-agent": "<b>Netscape</b>"})
    sign_in(other)
    page = signed_in.get(ACCOUNT).content.decode()
    assert "&lt;b&gt;Netscape&lt;/b&gt;" in page
    assert signed_in.get(f"{ACCOUNT}sign-out/").status_code == 405
    signed_in.post(f"{ACCOUNT}sign-out/")
    assert other.get(HOME).status_code == 302
    assert signed_in.get(HOME).status_code == 200
    assert ("everywhere", NAME) in log()


def test_administrator_removes_a_lost_telephone_and_others_cannot(signed_in, ada):
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    codes.set_up(bob, key := codes.new_key(), code_now(key))
    action = {"action": "remove_codes", "_selected_action": [bob.pk]}
    bobs = Client()
    bobs.force_login(bob)
    assert bobs.post("/admin/auth/user/", action).status_code == 403
    bobs.post(f"{ACCOUNT}codes/change/", {"code": "123456", "remove": ""})
    assert codes.has_codes(bob)
    signed_in.post("/admin/auth/user/", action)
    assert not codes.has_codes(bob)
    assert codes.recovery_codes(bob) == []
    assert SecurityEvent.objects.get(kind="codes-off").by == ada


def test_everybody_may_be_made_to_set_codes_up(signed_in, ada, settings):
    settings.REQUIRE_ONE_TIME_CODES = True
    asked = signed_in.get("/admin/topics/topic/")
    assert asked["Location"] == f"{ACCOUNT}codes/"
    assert signed_in.post("/admin/topics/topic/add/", {}).status_code == 302
    assert signed_in.get(f"{ACCOUNT}codes/").status_code == 200
    sheets = "/admin/sheets/topics/topic/export/"
    draft = factories.make_topic(state="draft")
    preview = f"/en/preview/topics.topic.{draft.pk}/"
    assert signed_in.get(sheets)["Location"] == f"{ACCOUNT}codes/"
    assert signed_in.get(preview).status_code == 404
    codes.set_up(ada, key := codes.new_key(), code_now(key))
    for path in ("/admin/topics/topic/", sheets, preview):
        assert signed_in.get(path).status_code == 200


def test_log_tells_of_passwords_and_rights_and_cannot_be_written(signed_in, ada):
    bob = User.objects.create_user("bob", password=PASSWORD)
    group = Group.objects.create(name="Publishers of rivers")
    SecurityEvent.objects.all().delete()
    bob.groups.add(group)
    bob.is_staff = True
    bob.set_password("another one for bob")
    bob.save()
    bob.save(update_fields=["last_login"])
    group.user_set.clear()
    told = SecurityEvent.objects.order_by("id")
    assert list(told.values_list("kind", "username", "detail")) == [
        ("rights", "bob", "+ Publishers of rivers"),
        ("password", "bob", ""),
        ("rights", "bob", "is_staff: False → True"),
        ("rights", "bob", "− Publishers of rivers"),
    ]
    entry = f"/admin/signing_in/securityevent/{told[0].pk}"
    assert signed_in.get("/admin/signing_in/securityevent/").status_code == 200
    assert signed_in.post(f"{entry}/change/", {"username": "eve"}).status_code == 403
    assert signed_in.post(f"{entry}/delete/", {"post": "yes"}).status_code == 403


def test_forgotten_password_is_set_by_a_letter_and_signs_out_elsewhere(client, ada):
    assert "/admin/password-reset/" in client.get(LOGIN).content.decode()
    client.post("/admin/password-reset/", {"email": "nobody@example.org"})
    assert mail.outbox == []
    client.post("/admin/password-reset/", {"email": ada.email})
    path = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    form = client.get(path, follow=True)
    place = form.redirect_chain[-1][0]
    for short in ("elevenchars", PASSWORD[:8]):
        assert client.post(place, {"new_password1": short, "new_password2": short})
        assert not sign_in(Client(), short).wsgi_request.user.is_authenticated
    new = "four new words for ada"
    client.post(place, {"new_password1": new, "new_password2": new})
    assert sign_in(Client(), new).status_code == 302
    assert sign_in(Client()).status_code == 200


def test_whose_address_is_known_does_not_show_in_how_long_an_answer_takes(rf, ada):
    for email, letters in (("nobody@example.org", 0), (ada.email, 1)):
        request = rf.post("/", {"email": email})
        request._dont_enforce_csrf_checks = True
        answer = NewPassword.as_view()(request)
        assert (answer.status_code, mail.outbox) == (302, [])
        for close in answer._resource_closers:  # when the server has sent it
            close()
        assert len(mail.outbox) == letters


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_own_pages_need_a_sign_in_and_are_in_both_languages(client, ada, language):
    client.cookies["django_language"] = language
    paths = [ACCOUNT, f"{ACCOUNT}codes/", "/admin/password_change/"]
    for path in paths:
        assert client.get(path)["Location"].startswith(LOGIN)
    client.force_login(ada)
    open_to_all = ["/admin/password-reset/", "/admin/password-reset/sent/"]
    for path in [*paths, *open_to_all]:
        html = client.get(path).content.decode()
        assert f'lang="{language}"' in html
        assert not re.search(r"<script(?![^>]*src)|<style| style=", html)

"""Whoever runs the portal hears that a job has failed."""

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

UNIT = "portal-backup.service"


def test_the_operator_hears_what_failed_and_how_to_see_why(settings):
    settings.OPERATOR_EMAIL = "operator@example.org"
    call_command("tell_operator", UNIT)  # without a database: this test has none
    (letter,) = mail.outbox
    assert letter.to == ["operator@example.org"]
    assert letter.subject.startswith(f"{UNIT} has failed on ")
    assert f"journalctl -u '{UNIT}' -n 50" in letter.body


def test_without_an_address_the_journal_says_that_nobody_is_told(settings):
    settings.OPERATOR_EMAIL = ""
    with pytest.raises(CommandError, match="Nobody is told: OPERATOR_EMAIL"):
        call_command("tell_operator", UNIT)
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_told_in_one_line(settings):
    settings.OPERATOR_EMAIL = "operator@example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(CommandError, match="Nobody is told: the mail server said"):
        call_command("tell_operator", UNIT)

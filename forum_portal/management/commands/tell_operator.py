"""Writes to the person who runs the portal that a job of the machine has failed."""

import socket
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Writes to OPERATOR_EMAIL that a unit of systemd has failed, and how to see "
        "why. deploy/systemd/portal-failed@.service runs it."
    )
    # The database may be what has failed.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("unit", help="what has failed: portal-backup.service")

    def handle(self, *args, unit, **options):
        if not settings.OPERATOR_EMAIL:
            raise CommandError(
                f"{unit} has failed. Nobody is told: OPERATOR_EMAIL is not set."
            )
        host = socket.gethostname()
        try:
            send_mail(
                f"{unit} has failed on {host}",
                f"{settings.SITE_URL or host}\n\nWhat it said, on {host}:\n"
                f"  journalctl -u '{unit}' -n 50\n",
                None,
                [settings.OPERATOR_EMAIL],
            )
        except (OSError, SMTPException) as error:
            raise CommandError(
                f"{unit} has failed. Nobody is told: the mail server said {error}"
            ) from error

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from forum_portal import backups


class Command(BaseCommand):
    help = (
        "Put a backup into an empty place: no database, no uploaded files, no "
        "releases. All of it comes back, or nothing. Restore only what you trust."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="an archive that `backup` has made")

    def handle(self, *, file, verbosity, **options):
        try:
            backups.restore(file, tell=self.say if verbosity else lambda line: None)
        except (backups.BackupError, Error, OSError) as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        if verbosity:
            self.stdout.write("Restored. Everybody has to sign in again.")

    def say(self, line):
        self.stdout.write(line)

from datetime import timedelta

from django.core.management.base import BaseCommand

from records.files import store


class Command(BaseCommand):
    help = "Delete uploaded files that no record and no version of one names."

    def add_arguments(self, parser):
        parser.add_argument(
            "--days", type=int, default=1, help="Only files older than that; 1."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say which they are."
        )

    def handle(self, *args, days, dry_run, verbosity, **options):
        age = timedelta(days=days)
        found = list(store.unused(age)) if dry_run else store.delete_unused(age)
        if verbosity:
            for name in found:
                self.stdout.write(name)
            done = "unused" if dry_run else "deleted"
            self.stdout.write(f"{len(found)} files {done}.")

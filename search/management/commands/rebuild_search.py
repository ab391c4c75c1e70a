from django.core.management.base import BaseCommand

from search import index


class Command(BaseCommand):
    help = "Build the search index anew, or bring what is out of step up to date."

    def add_arguments(self, parser):
        parser.add_argument(
            "--dirty", action="store_true", help="Only what is marked as out of step."
        )

    def handle(self, *args, dirty, verbosity, **options):
        if dirty:
            done = index.drain()
            if verbosity:
                self.stdout.write(f"{done} records brought up to date.")
            return
        for kind, done, number in index.rebuild():
            if verbosity:
                self.stdout.write(f"\r{kind}: {done} of {number}", ending="")
                if done == number:
                    self.stdout.write("")

from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.dataset.release import NothingChangedError, NotReleasedError, release
from forum_portal.models import Forum


class Command(BaseCommand):
    help = (
        "Release everything public as one dated ZIP file with checksums, to be "
        "downloaded at /about/data/. Says no when nothing has changed since the last."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what changed, keep nothing"
        )
        parser.add_argument(
            "--force", action="store_true", help="release although nothing changed"
        )
        parser.add_argument("--note", default="", help="a remark, in English")
        parser.add_argument("--note-zh", default="", help="the same in Chinese")
        parser.add_argument(
            "--site",
            default=settings.SITE_URL,
            help="the public address, such as https://record.example.org, that "
            "permanent addresses begin with; by default SITE_URL",
        )

    def handle(self, *, site, dry_run, force, note, note_zh, verbosity, **options):
        site = site.rstrip("/")
        if urlsplit(site).scheme not in {"http", "https"} or not urlsplit(site).netloc:
            raise CommandError(
                "A release names permanent addresses: set SITE_URL or give --site, "
                "such as https://record.example.org"
            )
        try:
            made = release(
                forum=Forum.objects.first() or Forum(),
                site=site,
                note={"en": note, "zh-hans": note_zh},
                dry_run=dry_run,
                force=force,
            )
        except NothingChangedError as last:
            raise CommandError(
                f"Nothing has changed since the release {last}. --force makes one "
                "all the same."
            ) from None
        except NotReleasedError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.tell(made, dry_run)

    def tell(self, made, dry_run):
        self.stdout.write(f"{made.name}: {made.counts['records']} records")
        for kind, changes in made.changes.items():
            said = ", ".join(f"{count} {change}" for change, count in changes.items())
            self.stdout.write(f"{kind}: {said}")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was kept.")
        for file in made.files:
            self.stdout.write(f"{file['sha256']}  {file['name']} ({file['size']} B)")

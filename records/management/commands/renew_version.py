"""Forgets what was kept of pages and counts, on all hosts, without a restart."""

from django.core.management.base import BaseCommand

from records import content_version


class Command(BaseCommand):
    help = (
        "After a replica was promoted, or the database was brought back by other "
        "means than `restore`: makes every host render pages and read counts anew."
    )

    def handle(self, *args, **options):
        content_version.renew_epoch()
        self.stdout.write("Every host makes its pages anew.")

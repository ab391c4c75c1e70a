"""Read a schedule of another system into an edition."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from exchange.schedules.importing import import_schedule
from exchange.schedules.reading import FORMATS, read_file
from exchange.schedules.shape import RefusedError
from exchange.schedules.topics import read_topics
from records.operations import tell_of_failure


class Command(BaseCommand):
    help = (
        "Read a schedule (frab, pentabarf, c3voc, pretalx, Indico, COSCUP, or our own "
        "table as CSV or XLSX) into an edition; nothing is written unless all can be."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--edition",
            required=True,
            help="its address, such as 2025; made from the file if there is none",
        )
        parser.add_argument(
            "--publish",
            action="store_true",
            help="publish what is imported; without it, what is new is a draft",
        )
        parser.add_argument("--format", choices=FORMATS, default="auto")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="tell what would change; write nothing",
        )
        parser.add_argument(
            "--time-zone",
            default="",
            help="IANA name such as Asia/Shanghai; goes before the file's own",
        )
        parser.add_argument(
            "--topics",
            type=Path,
            metavar="CSV",
            help="which topics tracks stand for: a CSV file, columns track,topic-slug",
        )
        parser.add_argument(
            "--source",
            default="",
            help="the system that the file's ids of people come from, such as "
            "pretalx.example.org; found in the file if it is not given",
        )

    def handle(self, *, file, edition, verbosity, dry_run, topics, **options):
        self.verbosity, self.shown = verbosity, -1
        try:
            mapping = read_topics(topics.read_bytes(), str(topics)) if topics else {}
            schedule = read_file(file, options["format"])
            report = import_schedule(
                schedule,
                edition=edition,
                publish=options["publish"],
                time_zone=options["time_zone"],
                source=options["source"],
                topics=mapping,
                dry_run=dry_run,
                file=file.name,
                tell=self.progress if sys.stderr.isatty() and verbosity else silent,
            )
        except RefusedError as refused:
            tell_of_failure(file.name, refused)
            raise CommandError(f"{file}: {refused}\nNothing was written.") from None
        except OSError as error:
            raise CommandError(f"{topics}: {error.strerror}") from None
        except DatabaseError as error:
            message = f"The database refused, nothing was written: {error}"
            tell_of_failure(file.name, message)
            raise CommandError(message) from error
        if verbosity:
            self.tell(report)
            if dry_run:
                self.stdout.write("This was a dry run: nothing was written.")

    def progress(self, stage, done, total):
        """Draw a bar on a terminal; logs stay free of it."""
        percent = 100 * done // total
        if percent != self.shown:
            bar = "#" * (percent // 4)
            sys.stderr.write(f"\r{stage:<10} [{bar:<25}] {percent:3d} %")
            self.shown = percent
        if done == total:
            sys.stderr.write("\n")

    def tell(self, report):
        for what, created, updated, unchanged in report.counts():
            counts = f"{created} created, {updated} updated, {unchanged} unchanged"
            self.stdout.write(f"{what}: {counts}")
        for heading, lines in report.sections():
            self.stdout.write(f"\n{heading} ({len(lines)}):")
            for line in lines:
                self.stdout.write(f"  {line}")


def silent(stage, done, total):
    """Say nothing of how far it is."""

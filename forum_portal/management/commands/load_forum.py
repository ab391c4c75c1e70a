from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from forum_portal.loading import LoadError, is_empty, load_folder
from records.operations import tell_of_failure

SHOWN = 50  # problems; more than that are one mistake, many times


class Command(BaseCommand):
    help = (
        "Load a forum's content from a folder of CSV files. Safe to run again: what "
        "was edited in the admin since is kept and reported."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="for example data/smisc")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="report what would be done, and write nothing",
        )
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="let the files win over edits made in the admin",
        )
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing if the database already holds a forum or any record",
        )

    def handle(self, *, folder, verbosity, dry_run, overwrite, if_empty, **options):
        self.verbosity = verbosity
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        try:
            if if_empty and not is_empty():
                self.say("The database already holds content: nothing was loaded.")
                return
            report = load_folder(
                folder, overwrite=overwrite, dry_run=dry_run, tell=self.say
            )
        except LoadError as refused:
            problems = problems_text(refused.problems)
            tell_of_failure(folder.name, problems)
            raise CommandError(problems) from None
        except DatabaseError as error:
            message = f"The database refused, nothing was written: {error}"
            tell_of_failure(folder.name, message)
            raise CommandError(message) from error
        self.tell(report)
        if dry_run:
            self.say("This was a dry run: nothing was written.")

    def say(self, line, verbosity=1):
        if self.verbosity >= verbosity:
            self.stdout.write(line)

    def tell(self, report):
        for title, rows, verbosity in (
            ("Created", report.created, 2),
            ("Updated", report.updated, 1),
            ("Unchanged", report.unchanged, 2),
            ("Deleted in the admin, not loaded again", report.deleted, 1),
            ("No longer in the file, still on record", report.removed, 1),
        ):
            if rows:
                self.say(f"{title}:", verbosity)
            for file, slug in rows:
                self.say(f"  {file} {slug}", verbosity)
        if report.kept:
            self.say("Kept, because edited in the admin (--overwrite to replace):")
        for kept in report.kept:
            where = f"  {kept.file}:{kept.line} ({kept.slug}) {kept.column}"
            self.say(f"{where}:\n    file:   {kept.in_file}")
            self.say(f"    record: {kept.in_database}")


def problems_text(problems):
    """Return the first problems as lines, with how many there are."""
    many = len(problems)
    said = "1 problem" if many == 1 else f"{many} problems"
    lines = [f"{said}, nothing was written.", *map(str, problems[:SHOWN])]
    if many > SHOWN:
        lines.append(f"… and {many - SHOWN} more.")
    return "\n".join(lines)

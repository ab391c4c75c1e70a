from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from forum_portal import backups


class Command(BaseCommand):
    help = (
        "Back the database, the uploaded files and the releases up into one archive, "
        "while the portal runs. The secret key is not in it: keep that elsewhere."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "where",
            nargs="?",
            type=Path,
            default=settings.VAR_DIR / "backups",
            help="a file that ends with .tar, or a folder for one named by the date; "
            "by default VAR_DIR/backups",
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="delete all but the N newest backups of the folder, once this one is "
            "complete; only files named by their date are counted and deleted. While "
            "files that the record names are missing, nothing is deleted",
        )
        parser.add_argument(
            "--verify",
            type=Path,
            metavar="FILE",
            help="make none, but prove that this one is whole",
        )

    def handle(self, *, where, keep, verify, verbosity, **options):
        if keep is not None and (keep < 1 or where.suffix == ".tar"):
            raise CommandError("--keep wants a number of at least 1, and a folder.")
        try:
            if verify:
                manifest = backups.check(verify)
                path, gone = verify, []
            else:
                path, manifest = backups.make(where)
                # Older ones may hold the last copy of what is missing now.
                thins = keep and not manifest["missing"]
                gone = backups.thin(where, keep) if thins else []
        except (backups.BackupError, Error, OSError) as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.tell(path, manifest, gone)
        if keep and manifest["missing"]:
            raise CommandError(
                f"{path} is complete but for files that are missing; no older backup "
                "was deleted. Bring the files back, or take them off their records."
            )

    def tell(self, path, manifest, gone):
        files, database = manifest["files"], manifest["database"]
        size = sum(file["size"] for file in files) / 2**20
        rows = sum(manifest["counts"].values())
        self.stdout.write(
            f"{path}: {database['kind']} {database['version']}, {rows} rows, "
            f"{len(files) - 1} files, {size:.1f} MB, made {manifest['made_at']}"
        )
        for name in manifest["missing"]:
            self.stderr.write(f"Missing when it was made, though named: {name}")
        for one in gone:
            self.stdout.write(f"Deleted: {one}")

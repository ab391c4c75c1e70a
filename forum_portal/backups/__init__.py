"""
Backups: the database, the uploaded files and the releases in one archive.

`make()` writes one while the portal runs, `check()` proves that one is whole,
`restore()` puts one into an empty place. The secret key is in none of them.
"""

from forum_portal.backups.archive import BackupError, check
from forum_portal.backups.making import make, thin
from forum_portal.backups.restoring import restore

__all__ = ["BackupError", "check", "make", "restore", "thin"]

#!/usr/bin/env python
"""Run a management command of the portal."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum_portal.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, OSError) as error:
        if "--traceback" in sys.argv:
            raise
        # The disk, the storage of files, the mail server: no fault of the command's
        told = " ".join(str(error).split()) or type(error).__name__
        what = "The database" if isinstance(error, OperationalError) else sys.argv[1]
        sys.exit(f"{what} failed: {told}")

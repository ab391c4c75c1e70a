"""The web server's configuration, with a clock moved as the file FAULTS_CLOCK says."""

import os
from pathlib import Path

from forum_portal.gunicorn import *  # noqa: F403


def post_fork(server, worker):
    """Move what Django takes for the time by so many seconds as the file says."""
    import time
    from datetime import timedelta

    from django.utils import timezone

    now, seconds = timezone.now, time.time
    moved = Path(os.environ["FAULTS_CLOCK"])

    def offset():
        return float(moved.read_text())

    timezone.now = lambda: now() + timedelta(seconds=offset())
    time.time = lambda: seconds() + offset()

"""A morning in the venue, and records that the public must not see."""

import datetime

from django.utils import timezone

HOUR = datetime.timedelta(hours=1)
MORNING = datetime.datetime(2026, 9, 21, 1, 0, tzinfo=datetime.UTC)  # 09:00 in China


def hide(make, **fields):
    """Make a draft, an embargoed and a withdrawn record, none of them public."""
    make(title_en="A draft", state="draft", **fields)
    make(title_en="Embargoed", publish_at=timezone.now() + HOUR, **fields)
    make(title_en="Withdrawn", state="withdrawn", **fields)

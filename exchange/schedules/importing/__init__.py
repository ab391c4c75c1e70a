"""Writing a `Schedule` into an edition: match, merge, write, remember, report."""

from exchange.schedules.importing.run import import_schedule

__all__ = ["import_schedule"]

"""Schedules of other systems, read into one shape and written into an edition."""

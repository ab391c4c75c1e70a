"""Signing in: one-time codes, lock-out, who is signed in where, and the log of it."""

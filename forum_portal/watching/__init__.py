"""What tells the person who runs the portal how it is."""

"""The portal as a reader's browser sees it."""

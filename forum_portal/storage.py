"""Static files: hashed, compressed, and one stylesheet instead of thirty."""

import posixpath
import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLESHEET = "css/site.css"
IMPORT = re.compile(r'@import url\("([^"]+)"\)(?: layer\((\w+)\))?;')
RELATIVE_URL = re.compile(r'url\("(?!data:|#|/|\w+:)([^"]+)"\)')


class Flattened:
    """Stands in for the storage of a stylesheet and opens it without imports."""

    def __init__(self, storage):
        self.storage = storage

    def open(self, path):
        """Return the stylesheet at `path` with each import replaced by its rules."""
        folder = posixpath.dirname(path)

        def rules(match):
            part, layer = match.groups()
            below = posixpath.dirname(part)
            css = RELATIVE_URL.sub(
                lambda url: (
                    f'url("{posixpath.normpath(f"{below}/{url[1]}")}")'
                    if below
                    else url[0]
                ),
                self.read(posixpath.join(folder, part)),
            )
            return f"@layer {layer} {{\n{css}}}" if layer else css

        return ContentFile(IMPORT.sub(rules, self.read(path)).encode())

    def read(self, path):
        """Return the text of one source file."""
        with self.storage.open(path) as file:
            return file.read().decode()


class FlattenedManifestStorage(CompressedManifestStaticFilesStorage):
    """
    Serves css/site.css in one response.

    A chain of small imports would cost a phone on slow wifi more than all the
    rest of the page; the files stay apart only for those who write them.
    """

    def post_process(self, paths, dry_run=False, **options):
        """Hash and compress `paths`, taking the stylesheet in its joined form."""
        if STYLESHEET in paths:
            storage, path = paths[STYLESHEET]
            paths = {**paths, STYLESHEET: (Flattened(storage), path)}
        yield from super().post_process(paths, dry_run=dry_run, **options)

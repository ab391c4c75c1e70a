"""Static files: short, hashed, compressed; one stylesheet and one script a page."""

import posixpath
import re

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = ("css/", "js/")  # what packages bring has folders of their own
MODULE = re.compile(r'^import "\./([^"]+)";$', re.MULTILINE)
IMPORT = re.compile(r'@import url\("([^"]+)"\)(?: layer\((\w+)\))?;')
# Within a layer the minifier takes the space before ":is()" for that of a value.
BEFORE_PSEUDO = re.compile(r" (?=:[a-z])")
RELATIVE_URL = re.compile(r'url\("(?!data:|#|/|\w+:)([^"]+)"\)')


class Flattened:
    """Stands in for the storage of a file: opens it without imports or comments."""

    def __init__(self, storage):
        self.storage = storage

    def open(self, path):
        """Return the file at `path` with each import replaced by what it names."""
        if path.endswith(".js"):
            return ContentFile(rjsmin.jsmin(self.joined_script(path)).encode())
        rules = BEFORE_PSEUDO.sub(" *", self.joined_rules(path))
        return ContentFile(rcssmin.cssmin(rules).encode())

    def joined_script(self, path):
        """Return a script whose modules have become blocks: their names stay apart."""
        folder = posixpath.dirname(path)
        return MODULE.sub(
            lambda part: f"{{\n{self.read(posixpath.join(folder, part[1]))}}}",
            self.read(path),
        )

    def joined_rules(self, path):
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

        return IMPORT.sub(rules, self.read(path))

    def read(self, path):
        """Return the text of one source file."""
        with self.storage.open(path) as file:
            return file.read().decode()


class FlattenedManifestStorage(CompressedManifestStaticFilesStorage):
    """
    Serves css/site.css and js/pages.js in one response each.

    A chain of small imports would cost a phone on slow wifi more than all the
    rest of the page; the files stay apart only for those who write them.
    """

    def post_process(self, paths, dry_run=False, **options):
        """Hash and compress `paths`, our own rules and scripts in their short form."""
        for name, (storage, path) in list(paths.items()):
            if name.startswith(OURS) and name.endswith((".css", ".js")):
                paths = {**paths, name: (Flattened(storage), path)}
        yield from super().post_process(paths, dry_run=dry_run, **options)

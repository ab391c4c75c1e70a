"""Fields of models that keep a file, and what such a file knows of itself."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.db import models
from django.db.models.fields.files import FieldFile

from records.files import documents, pictures, store
from records.files.forms import DocumentFormField, PictureFormField
from records.languages import text_of


@dataclass(frozen=True)
class Copy:
    """One size of a picture: where it is, and how large it is shown."""

    url: str
    width: int
    height: int


class OwnFile(FieldFile):
    """A file under a name of ours; the same content is stored once."""

    def store(self, name, content):
        """Return the name under which the content is now stored."""
        name = self.field.upload_to + name
        if self.storage.exists(name):
            return name
        return self.storage.save(name, content, max_length=self.field.max_length)

    def take(self, name, save):
        self.name = name
        setattr(self.instance, self.field.attname, name)
        self._committed = True
        store.count_anew()
        if save:
            self.instance.save()


class PictureFile(OwnFile):
    """A picture in our own sizes and in two formats, named after its content."""

    def save(self, name, content, save=True):
        """Keep an uploaded picture; raises ValidationError if it is none."""
        if not isinstance(content, pictures.Drawn):
            content = pictures.drawn(content)
        for copy, data in content.copies.items():
            self.store(copy, ContentFile(data))
        self.take(self.store(content.name, content), save)

    save.alters_data = True

    def copies(self, suffix):
        """Return all sizes in the format of that suffix, the largest last."""
        found = pictures.NAME.fullmatch(self.name or "")
        if not found:
            return []
        size = int(found["width"]), int(found["height"])
        names = [
            (f"{found['stem']}.{longest}{suffix}", pictures.scaled(*size, longest))
            for longest in pictures.smaller_sizes(*size)
        ]
        names.append((f"{found['stem']}{suffix}", size))
        return [Copy(self.storage.url(name), *shown) for name, shown in names]

    @property
    def alt(self):
        """What it shows, in the page's language if it is said in that."""
        return text_of(self.instance, f"{self.field.name}_alt")

    @property
    def modern(self):
        """All sizes as WebP."""
        return self.copies(".webp")

    @property
    def plain(self):
        """The largest size as JPEG, for whatever knows no WebP; None if unknown."""
        copies = self.copies(".jpg")
        return copies[-1] if copies else None


class PictureField(models.FileField):
    """A picture to be shown; beside `<name>` stands the translated `<name>_alt`."""

    attr_class = PictureFile

    def formfield(self, **kwargs):
        return super().formfield(
            **{"form_class": PictureFormField, "max_length": None, **kwargs}
        )


class DocumentFile(OwnFile):
    """A file to download, named after its content."""

    def save(self, name, content, save=True):
        if isinstance(content, pictures.Drawn):
            name = content.name
        else:
            suffix = PurePath(name).suffix.lower()
            kept = suffix if suffix in documents.MEDIA_TYPES else ""
            name = f"{_digest(content)}{kept}"
        self.take(self.store(name, content), save)

    save.alters_data = True


class DocumentField(models.FileField):
    """A document to download; its form checks what it is."""

    attr_class = DocumentFile

    def formfield(self, **kwargs):
        return super().formfield(
            **{"form_class": DocumentFormField, "max_length": None, **kwargs}
        )


def _digest(content):
    found = hashlib.sha256()
    for chunk in content.chunks():
        found.update(chunk)
    content.seek(0)
    return found.hexdigest()[:32]

"""What a form asks of a file before anything is stored."""

from pathlib import PurePath

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from records.files import documents, pictures, store
from records.filters import in_both


class StoredFileField(forms.FileField):
    """A file that is checked by size, by what is left of the quota, by content."""

    accept = ""

    def to_python(self, data):
        file = super().to_python(data)
        if file is None:
            return None
        if file.size > self.most_bytes():
            words = _("The file has %(size)s; at most %(most)s are taken.")
            told = {
                "size": filesizeformat(file.size),
                "most": filesizeformat(self.most_bytes()),
            }
            raise ValidationError(words % told)
        used, quota = store.usage(now=True)
        if used + file.size > quota:
            words = _(
                "There is no room for it: %(used)s of %(quota)s are used. Ask who "
                "runs the portal to delete unused files or to give more room."
            )
            told = {"used": filesizeformat(used), "quota": filesizeformat(quota)}
            raise ValidationError(words % told)
        return self.checked(file)

    def widget_attrs(self, widget):
        return {**super().widget_attrs(widget), "accept": self.accept}


class PictureFormField(StoredFileField):
    """A picture; what comes out of it is drawn anew."""

    accept = pictures.ACCEPT

    def most_bytes(self):
        return settings.MAX_PICTURE_MB * 2**20

    def checked(self, file):
        return pictures.drawn(file)


class DocumentFormField(StoredFileField):
    """A document; its name ends as its content is, a photograph is drawn anew."""

    accept = documents.ACCEPT

    def most_bytes(self):
        return settings.MAX_UPLOAD_MB * 2**20

    def checked(self, file):
        suffix = documents.checked(file)
        file.seek(0)
        if suffix == ".jpg":
            return pictures.drawn_large(file)
        file.name = f"{PurePath(file.name).stem[:80] or 'file'}{suffix}"
        return file


def ask_again(forms_sent):
    """Say beside each file of forms that were refused that it must be chosen again."""
    for form in forms_sent:
        for bound in form:
            lost = isinstance(bound.field, forms.FileField) and not bound.errors
            if lost and bound.html_name in form.files:
                form.add_error(bound.name, _("Choose the file again."))


class WithAlternativeTexts:
    """
    A form in which a picture needs words in both languages, for those who cannot see.

    To be a base of any form with a picture field `x`; the words are in `x_alt`.
    """

    def clean(self):
        cleaned = super().clean()
        for name, field in self.fields.items():
            if not isinstance(field, PictureFormField) or name in self.errors:
                continue
            for column in in_both(f"{name}_alt") if cleaned.get(name) else ():
                if column not in self.fields:
                    words = getattr(getattr(self, "instance", None), column, "")
                else:
                    words = cleaned.get(column)
                if not words and column not in self.errors:
                    error = _("Say what the picture shows, in both languages.")
                    self.add_error(column if column in self.fields else name, error)
        return cleaned

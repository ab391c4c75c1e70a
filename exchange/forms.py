import zoneinfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from exchange.schedules.reading import FORMATS, LARGEST, read, too_large
from exchange.schedules.shape import RefusedError
from exchange.schedules.topics import read_topics
from records.models import SLUG
from sessions.models import Edition


def zones():
    """Return the choices of time zones, none first."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    return [("", _("As the file says")), ("UTC", "UTC"), *((n, n) for n in names)]


class UploadForm(forms.Form):
    """A schedule to import, and how."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)
    edition = forms.ModelChoiceField(
        Edition.objects, required=False, label=_("Edition on record")
    )
    slug = forms.CharField(
        label=_("Or the address of a new edition"),
        required=False,
        validators=[SLUG, MaxLengthValidator(60)],
        help_text=_("Such as “2025”. The edition is made from the file’s own data."),
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=list(FORMATS.items()), initial="auto"
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zones,
        required=False,
        help_text=_("Goes before the time zone that the file names."),
    )
    topics = forms.FileField(
        label=_("Topics of tracks"),
        required=False,
        help_text=_(
            "A CSV file of the columns track,topic-slug. Without it, no session gets "
            "a topic."
        ),
    )
    publish = forms.BooleanField(
        label=_("Publish what is imported"),
        required=False,
        help_text=_("Otherwise what is new is a draft. What is published stays so."),
    )

    def clean(self):
        """Read the file, so that what is wrong with it is said beside it."""
        cleaned = super().clean()
        given = [bool(cleaned.get("edition")), bool(cleaned.get("slug"))]
        if sum(given) != 1 and "slug" not in self.errors:
            error = _("Choose an edition, or give the address of a new one.")
            self.add_error("edition", error)
        topics = cleaned.get("topics")
        try:
            cleaned["mapping"] = read_topics(topics.read()) if topics else {}
        except RefusedError as refused:
            self.add_error("topics", str(refused))
        if file := cleaned.get("file"):
            try:
                if file.size > LARGEST:
                    raise too_large()
                cleaned["content"] = file.read()
                read(cleaned["content"], cleaned.get("format") or "auto")
            except RefusedError as refused:
                self.add_error("file", ValidationError(str(refused)))
        return cleaned

"""
The private page on which a person checks what is held, and proposes changes.

Whoever has the link is taken for the person. Nothing public changes by it: what is
sent becomes a proposal, which a publisher decides about.
"""

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from organizations.models import Person, SpeakerLink
from records.files.forms import PictureFormField, WithAlternativeTexts, ask_again
from records.filters import in_both
from records.languages import OWN_NAMES, TAGS
from records.models import Proposal
from records.models.proposals import differences, set_value, value_of
from records.notices import tell
from records.posting import takes_a_form
from sessions.models import Contribution, Session

ROBOTS = "noindex, nofollow"
LONGEST = 5000  # letters of a biography that comes from outside
FIELDS = (
    *(*in_both("name"), *in_both("role"), *in_both("bio")),
    *("orcid", "listed"),
    *in_both("photo_alt"),
)


class SpeakerForm(WithAlternativeTexts, forms.ModelForm):
    """
    What a person may say of themselves, and of being recorded.

    `waiting` is the name of a photo that they sent before, or "".
    """

    photo_away = forms.BooleanField(label=_("Take the photo away"), required=False)
    photo = PictureFormField(
        label=_("A photo to show"),
        help_text=_("JPEG, PNG, WebP, AVIF or GIF. Say below what it shows."),
        required=False,
        widget=forms.FileInput,
    )
    word = forms.CharField(
        label=_("Anything else"),
        help_text=_("Only read by the people who keep the record."),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = Person
        fields = FIELDS

    field_order = [*FIELDS[:-2], "photo_away", "photo", *in_both("photo_alt"), "word"]

    def __init__(self, contributions, *args, waiting="", **kwargs):
        super().__init__(*args, **kwargs)
        self.waiting = waiting
        for name in FIELDS:
            field, column = self.fields[name], Person._meta.get_field(name)
            if isinstance(column, TranslationField):
                field.label = gettext("%(field)s (%(language)s)") % {
                    "field": column.translated_field.verbose_name.capitalize(),
                    "language": OWN_NAMES[column.language],
                }
                field.widget.attrs["lang"] = TAGS[column.language]
            if name.startswith("bio"):
                field.max_length = LONGEST
                field.validators.append(
                    forms.CharField(max_length=LONGEST).run_validators
                )
            field.help_text = ""
        self.fields["listed"].label = _("Show more than my name")
        if not (self.instance.photo or waiting):
            del self.fields["photo_away"]
        self.consents = {}
        for part in contributions:
            name = f"consent_{part.pk}"
            self.consents[name] = part
            self.fields[name] = forms.ChoiceField(
                label=str(part.session),
                choices=Contribution.Consent.choices,
                initial=part.recording_consent,
                required=False,
            )

    def clean(self):
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in in_both("name")):
            self.add_error("name_en", _("Give a name in at least one language."))
        if cleaned.get("photo") and cleaned.get("photo_away"):
            words = _("Send a photo or take it away, not both.")
            self.add_error("photo_away", words)
        return cleaned

    def changes(self):
        """Return what would change, as a proposal keeps it."""
        stored = Person._base_manager.get(pk=self.instance.pk)
        fields = differences(stored, self.instance, FIELDS)
        old = value_of(stored, Person._meta.get_field("photo"))
        if (new := self._photo(old)) != old:
            fields["photo"] = [old, new]
        parts = [
            {
                "part": "contributions",
                "pk": part.pk,
                "gone": False,
                "fields": {
                    "recording_consent": [
                        part.recording_consent,
                        self.cleaned_data[name],
                    ]
                },
            }
            for name, part in self.consents.items()
            if self.cleaned_data[name] != part.recording_consent
        ]
        return {"fields": fields, "parts": parts}

    def _photo(self, old):
        """Return the name of the photo to show; one that was sent is stored first."""
        if self.cleaned_data.get("photo_away"):
            return ""
        if sent := self.cleaned_data.get("photo"):
            person = Person()
            person.photo.save(sent.name, sent, save=False)
            return person.photo.name
        return self.waiting or old


@takes_a_form
def speaker(request, token):
    """Show what is held of whom a link was made for; take changes in."""
    link = SpeakerLink.find(token)
    person = link.record if link and link.is_working else None
    if person is None:
        context = {"robots": ROBOTS, "link": link}
        status = 410 if link else 404
        response = render(request, "sessions/no_speaker.html", context, status=status)
    else:
        response = _page(request, link, person)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = ROBOTS
    response["Referrer-Policy"] = "no-referrer"
    return response


def _page(request, link, person):
    waiting = _waiting(person).first()
    contributions = (
        person.contributions.filter(session__in=Session.objects.published())
        .select_related("session__edition")
        .order_by("-session__edition__year", "session__position", "pk")
    )
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = SpeakerForm(
        contributions,
        *sent,
        instance=_as_proposed(person, waiting),
        waiting=_photo_of(waiting),
    )
    if sent and form.is_valid():
        _take_in(link, form)
        return redirect(f"{reverse('sessions:speaker', args=[link.token])}?sent=1")
    if sent:
        ask_again([form])
    context = {
        "robots": ROBOTS,
        "form": form,
        "link": link,
        "person": person,
        "waiting": waiting,
        # Without an account only the files of public pages open.
        "photo_shown": Person.objects.published()
        .filter(pk=person.pk, listed=True)
        .exists(),
        "consents": [form[name] for name in form.consents],
        "sent": "sent" in request.GET and request.method == "GET",
    }
    return render(request, "sessions/speaker.html", context)


def _waiting(person):
    # Nobody is signed in: what comes by the link has no author.
    return Proposal.objects.waiting().about(person).filter(author=None)


def _as_proposed(person, waiting):
    """Return the person as in the proposal that waits, for the form to start from."""
    for name, (_old, new) in waiting.changes["fields"].items() if waiting else ():
        if name in FIELDS:
            set_value(person, Person._meta.get_field(name), new)
    return person


def _photo_of(waiting):
    """Return the name of the photo that waits with a proposal, or ""."""
    return waiting.changes["fields"].get("photo", ["", ""])[1] if waiting else ""


def _take_in(link, form):
    changes, word = form.changes(), form.cleaned_data["word"]
    with transaction.atomic():
        link.answered_at = timezone.now()
        link.save(update_fields=["answered_at"])
        # One at a time: whoever sends twice improves what waits.
        person = Person._base_manager.select_for_update().get(pk=form.instance.pk)
        waiting = _waiting(person).first()
        if not (changes["fields"] or changes["parts"] or word):
            if waiting:
                waiting.delete()
            return
        proposal = waiting or Proposal(
            content_type=ContentType.objects.get_for_model(Person), object_id=person.pk
        )
        proposal.take(changes)
        said = gettext("By the private link of the person.")
        proposal.word = f"{said} {word}".strip()[:500]
        proposal.save()
        if waiting is None:
            told = {"name": str(person)}
            tell(
                "proposal",
                lambda: gettext("Proposed change: %(name)s") % told,
                lambda: (
                    gettext("By the private link of the person: “%(name)s”.") % told
                ),
                reverse("admin:records_proposal_change", args=[proposal.pk]),
            )

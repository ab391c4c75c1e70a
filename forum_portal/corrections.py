"""Reports of errors by readers: the form, and what was corrected after them."""

import math
import time

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import patch_cache_control
from django.utils.formats import localize
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from records.languages import page_language
from records.models import Correction
from records.notices import tell
from records.posting import takes_a_form
from records.rates import count
from records.views import RecordDetail

SHORTEST = 3  # seconds in which nobody reads a form and fills it in
LONGEST = 24 * 3600  # seconds that an opened form may be sent
SHOWN = 200  # corrections on the page that thanks for them


class CorrectionForm(forms.ModelForm):
    """
    What a reader sends; `opened` is when the page of the form was made, signed.

    `homepage` is hidden from people: whoever fills it in is a program.
    """

    evidence = forms.URLField(
        required=False,
        max_length=500,
        assume_scheme="https",
        label=_("Where does it say so?"),
        help_text=_("A link to a page or a document, if there is one."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    homepage = forms.CharField(required=False, label=_("Leave this empty"))
    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Correction
        fields = ["wrong", "correct", "evidence", "email", "name"]
        labels = {
            "wrong": _("What is wrong?"),
            "correct": _("What would be right?"),
            "email": _("Your e-mail address"),
            "name": _("Your name"),
        }
        help_texts = {
            "wrong": _("One error is enough: a date, a name, a link that is dead."),
            "correct": _("If you know."),
            "email": _(
                "If you want an answer. It is deleted when your report is answered."
            ),
            "name": _(
                "If you want to be thanked by name on this site. Else leave it empty."
            ),
        }
        error_messages = {"wrong": {"required": _("Say what is wrong.")}}
        widgets = {
            "wrong": forms.Textarea(attrs={"rows": 4}),
            "correct": forms.Textarea(attrs={"rows": 3}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["opened"].initial = stamp()

    def clean(self):
        cleaned = super().clean()
        opened = opened_at(cleaned.get("opened", ""))
        age = time.time() - opened
        if not SHORTEST <= age <= LONGEST:
            words = _("This form was sent too fast, or it is too old. Send it again.")
            self.add_error(None, words)
        if not opened or age > LONGEST:
            self.data = self.data.copy()
            self.data["opened"] = stamp()
        return cleaned

    @property
    def is_from_a_program(self):
        return bool(self.data.get("homepage"))


def stamp():
    return signing.Signer(salt="correction").sign(str(int(time.time())))


def opened_at(stamped):
    """Return the second that a stamp was made in; 0 if it is none of ours."""
    try:
        return int(signing.Signer(salt="correction").unsign(stamped))
    except signing.BadSignature:
        return 0


@takes_a_form
def report(request):
    """Ask what is wrong, `?about=sessions/x`, and keep what a reader sends."""
    asked = request.GET.get("about", "")
    page = page_asked_about(f"/{asked}/".replace("//", "/")) if asked else None
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    status, wait = 200, None
    if request.method == "POST":
        if form.is_from_a_program:
            return redirect(address(sent=1))
        if form.is_valid():
            usage = count(request, "reports")
            if not usage or not usage["should_limit"]:
                keep(form, page)
                return redirect(address(sent=1, about=asked if page else ""))
            status, wait = 429, max(usage["time_left"], 1)
            form.add_error(None, words_to_wait(wait))
        else:
            status = 422
    context = {
        "page_title": gettext("Report an error"),
        "trail": [
            (gettext("Home"), reverse("home")),
            (gettext("Report an error"), ""),
        ],
        "about_page": page,
        "form": form,
        "sent": "sent" in request.GET,
        "ignored": [("about", asked)] if asked and not page else [],
        "robots": "noindex",
    }
    response = render(request, "corrections/report.html", context, status=status)
    # The form carries what protects it: no two readers may get the same one.
    patch_cache_control(response, private=True, no_store=True)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def keep(form, page):
    """Keep a report of a page, once, and tell those who asked to be told."""
    correction = form.instance
    correction.language = page_language()
    if page:
        correction.page = page["address"]
        correction.record = page["record"]
    said = {name: getattr(correction, name) for name in ("page", "wrong", "correct")}
    if Correction.objects.open().filter(**said).exists():
        return
    correction.save()
    tell(
        "correction",
        lambda: (
            gettext("A reader reported an error: %(page)s")
            % {"page": correction.page or gettext("no page named")}
        ),
        correction.wrong,
        reverse("admin:records_correction_change", args=[correction.pk]),
    )


def words_to_wait(seconds):
    minutes = math.ceil(seconds / 60)
    return ngettext(
        "Too many reports came from your network. Send it again in %(count)s minute.",
        "Too many reports came from your network. Send it again in %(count)s minutes.",
        minutes,
    ) % {"count": localize(minutes)}


def address(**query):
    """Return the address of the form, with what is given in its query."""
    given = {name: value for name, value in query.items() if value}
    return f"{reverse('corrections')}?{urlencode(given)}"


def page_asked_about(path):
    """
    Return {"path", "address", "record"} of a page of this portal, else None.

    `path` is a permanent address without language, such as /sessions/x/.
    """
    here = f"/{page_language()}{path}"
    if not path.startswith("/") or path.startswith("//") or len(path) > 300:
        return None
    try:
        match = resolve(here)
    except Resolver404:
        return None
    view = getattr(match.func, "view_class", None)
    record = None
    if view and issubclass(view, RecordDetail):
        asked = view()
        asked.setup(None, **match.kwargs)  # A trace has its model from its address.
        records = asked.model.objects.published()
        record = records.filter(slug=match.kwargs["slug"]).first()
        if record is None:
            return None
    return {"path": here, "address": path, "record": record}


def corrected():
    """
    Return accepted reports on public records, the latest first.

    One query, and one for each kind of record among them.
    """
    accepted = Correction.objects.filter(
        state=Correction.State.ACCEPTED, object_id__isnull=False
    ).order_by("-closed_at", "-pk")
    reports = list(accepted.defer("email")[:SHOWN])
    keys = {}
    for one in reports:
        keys.setdefault(one.content_type_id, set()).add(one.object_id)
    public = {
        kind: ContentType.objects.get_for_id(kind)
        .model_class()
        .objects.published()
        .in_bulk(ids)
        for kind, ids in keys.items()
    }
    return [
        {"when": one.closed_at, "name": one.name, "record": record}
        for one in reports
        if (record := public[one.content_type_id].get(one.object_id))
    ]

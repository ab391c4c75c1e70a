from functools import partial

from django import forms
from django.contrib.auth.forms import PasswordResetForm
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """A one-time code, typed from an app or from the list of recovery codes."""

    code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "off",
                "autofocus": True,
                "spellcheck": "false",
            }
        ),
    )


class ForgottenPasswordForm(PasswordResetForm):
    """An address to send a letter to; `letters` are functions that send them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.letters = []

    def send_mail(self, *args, **kwargs):
        """Keep a letter to be sent, instead of sending it."""
        self.letters.append(partial(super().send_mail, *args, **kwargs))

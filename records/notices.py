"""E-mail to members of staff about what they asked to be told of."""

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils.translation import gettext, override

from records.addresses import known_site
from records.models import Subscription, record_kinds
from records.models.notices import Kind

logger = logging.getLogger(__name__)

# What one must be allowed to see, to be told of it
NEEDED = {
    Kind.IMPORT: ["records.view_operation"],
    Kind.LINKS: ["records.view_linkcheck"],
    Kind.CORRECTION: ["records.view_correction"],
    Kind.PROPOSAL: ["records.view_proposal"],
}


def tell(kind, subject, text, url=""):
    """
    Tell those who asked for notices of a `Kind`, once what was written is committed.

    `subject` and `text` are said in the language of each receiver: strings, lazy
    ones, or functions without arguments. `url` is the path of the page that shows
    more. A mail server that does not answer is logged and stops nothing.
    """
    if kind not in Kind.values:
        raise ValueError(f"No kind of notice: {kind}")
    site = known_site()

    def send():  # Django names what fails: a partial function has no name.
        _send(kind, subject, text, url, site)

    transaction.on_commit(send, robust=True)


def may_see(user, kind):
    """Tell whether a user may see what notices of that kind speak of."""
    if kind in NEEDED:
        return user.has_perms(NEEDED[kind])
    return any(
        user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
        for model in record_kinds()
    )


def _send(kind, subject, text, url, site):
    letters = [
        _letter(asked, subject, text, url, site)
        for asked in Subscription.objects.of(kind)
        if may_see(asked.user, kind)
    ]
    post(letters)


def _letter(asked, subject, text, url, site):
    with override(asked.language):
        parts = [_said(text)]
        if url and site:
            parts.append(site + url)
        elif url:
            parts.append(gettext("On this page of the admin: %(path)s") % {"path": url})
        parts.append(gettext("You asked for this notice on the page “My notices”."))
        return letter(_said(subject), "\n\n".join(parts), asked.user.email)


def _said(words):
    return str(words() if callable(words) else words)


def letter(subject, text, to):
    """Return an e-mail; a subject is one line, whatever somebody typed."""
    return EmailMessage(" ".join(subject.split())[:200], text, to=[to])


def post(letters):
    """Send e-mails over one connection; what cannot be sent is logged."""
    if not letters:
        return
    try:
        with get_connection() as connection:
            for one in letters:
                _post(connection, one)
    except (OSError, SMTPException):
        logger.exception("The mail server did not answer.")


def _post(connection, one):
    try:
        connection.send_messages([one])
    except SMTPException:
        logger.exception("An e-mail could not be sent.")

"""
One-time codes: an app on a telephone, and ten recovery codes for when it is lost.

Codes of an app are those of RFC 6238, as django-otp checks them.
"""

import math
import time
from base64 import b32encode

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

RECOVERY_CODES = 10
DIGITS = 6
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
new_key = default_key


class TooSoonError(Exception):
    """A code that nobody looked at: the last one was wrong a moment ago."""

    def __init__(self, seconds):
        super().__init__(seconds)
        self.seconds = seconds


def cleaned(code):
    """Return a code as it is kept, however it was typed."""
    return "".join(str(code).split()).replace("-", "").lower()


def has_codes(user):
    """Tell whether signing in takes a code of this user."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def check(user, code):
    """
    Return the device that a code is of, spending it; None if it is of none.

    Six digits are of the app, all else is a recovery code: a device that is asked
    in vain makes its owner wait: until then, `TooSoonError` tells how many seconds.
    """
    code = cleaned(code)
    kind = TOTPDevice if len(code) == DIGITS else StaticDevice
    device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return None
    allowed, why = device.verify_is_allowed()
    if not allowed and why and "locked_until" in why:
        left = (why["locked_until"] - timezone.now()).total_seconds()
        raise TooSoonError(max(math.ceil(left), 1))
    return device if device.verify_token(code) else None


def secret(key):
    """Return a key as people type it into an app, in groups of four."""
    letters = b32encode(bytes.fromhex(key)).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def address(user, key):
    """Return the otpauth: address of a key, for a QR code."""
    return TOTPDevice(user=user, key=key).config_url


def set_up(user, key, code):
    """Keep a key once its first code is right; return the device, else None."""
    code = cleaned(code)
    if not (code.isascii() and code.isdigit()):
        return None
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time()
    if not totp.verify(int(code), tolerance=1):
        return None
    with transaction.atomic():
        remove(user)
        device = TOTPDevice.objects.create(
            user=user, key=key, name="app", confirmed=True, last_t=totp.t()
        )
        renew_recovery_codes(user)
    return device


@transaction.atomic
def renew_recovery_codes(user):
    """Make ten new recovery codes; the old ones work no more."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
    codes = {get_random_string(10, LETTERS) for _ in range(RECOVERY_CODES)}
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=code) for code in sorted(codes)
    )


def recovery_codes(user):
    """Return the recovery codes that have not been used."""
    unused = StaticToken.objects.filter(device__user=user)
    return sorted(unused.values_list("token", flat=True))


@transaction.atomic
def remove(user):
    """Forget the app and the recovery codes; tell whether there were any."""
    apps, _kinds = TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    return bool(apps)

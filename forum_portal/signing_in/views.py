"""Signing in to the admin in two steps, and one's own account there."""

import time
from functools import wraps
from urllib.parse import urlsplit

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView, PasswordResetView
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django_otp import login as remember_device

from forum_portal.signing_in import codes
from forum_portal.signing_in.forms import CodeForm, ForgottenPasswordForm
from forum_portal.signing_in.models import SecurityEvent
from forum_portal.signing_in.places import places, sign_out
from records.addresses import site_url

Kind = SecurityEvent.Kind
WAITING = "signing_in"  # in the session: whose password was right, and when
PATIENCE = 300  # seconds for the second step
SHOWN = 600  # seconds in which new recovery codes can be seen


def for_staff(view):
    """Open a page of one's own account, never kept anywhere, to staff signed in."""
    return wraps(view)(admin.site.admin_view(view))


def told(request, title, **context):
    """Return what a page of the admin's look knows."""
    return {**admin.site.each_context(request), "title": title, **context}


class NewPassword(PasswordResetView):
    """Sends a letter to who forgot a password; its link leads to this portal."""

    form_class = ForgottenPasswordForm

    def form_valid(self, form):
        """Answer first: the time that a letter takes would tell whose address it is."""
        answer = super().form_valid(form)
        answer._resource_closers.extend(form.letters)
        return answer

    @property
    def extra_email_context(self):
        """Name our own address, whatever host the request was sent to."""
        site = urlsplit(site_url(self.request))
        return {
            "protocol": site.scheme,
            "domain": site.netloc,
            "site_name": site.netloc,
        }


@method_decorator(sensitive_post_parameters(), "dispatch")
class SignIn(LoginView):
    """The first step: name and password. The second one follows where it is set up."""

    form_class = AdminAuthenticationForm
    template_name = "admin/login.html"
    next_page = reverse_lazy("admin:index")

    def get(self, request, *args, **kwargs):
        if admin.site.has_permission(request):
            return HttpResponseRedirect(self.get_success_url())
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        path = self.request.get_full_path()
        said = told(self.request, _("Sign in"), app_path=path, subtitle=None)
        return super().get_context_data(**said, **kwargs)

    def form_valid(self, form):
        user = form.get_user()
        if not codes.has_codes(user):
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session[WAITING] = {
            "user": user.pk,
            "backend": user.backend,
            "password": user.get_session_auth_hash(),
            "since": int(time.time()),
            "next": self.get_success_url(),
        }
        return redirect("signing_in:code")


@sensitive_post_parameters()
@never_cache
def code(request):
    """Take the second step: a one-time code or a recovery code."""
    waiting = request.session.get(WAITING)
    user = waiting and User.objects.filter(pk=waiting["user"], is_active=True).first()
    if (
        not user
        or time.time() - waiting["since"] > PATIENCE
        or waiting["password"] != user.get_session_auth_hash()
    ):
        request.session.pop(WAITING, None)
        return redirect("admin:login")
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True
        return HttpResponse(status=429)  # axes puts its page in the place of this one
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            device = codes.check(user, form.cleaned_data["code"])
        except codes.TooSoonError as error:
            form.add_error("code", in_words(error))
        else:
            if device:
                del request.session[WAITING]
                user.otp_device = device
                login(request, user, backend=waiting["backend"])
                return HttpResponseRedirect(waiting["next"])
            user_login_failed.send(__name__, credentials=credentials, request=request)
            form.add_error(
                "code", _("This code does not fit. Wait for the next one and try it.")
            )
    context = told(request, _("One-time code"), form=form, subtitle=None)
    return render(request, "admin/signing_in/code.html", context)


def locked(request, response=None, credentials=None):
    """Answer 429 to who tries an account that is locked for now, as axes asks for."""
    failures = {"failure_limit": settings.AXES_FAILURE_LIMIT}
    answer = render(request, "admin/signing_in/locked.html", failures, status=429)
    answer["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return answer


def in_words(too_soon):
    """Say how long to wait after a wrong code."""
    words = ngettext(
        "Too soon after a wrong code: wait %(count)d second and type a code again.",
        "Too soon after a wrong code: wait %(count)d seconds and type a code again.",
        too_soon.seconds,
    )
    return words % {"count": too_soon.seconds}


@for_staff
@require_safe
def account(request):
    """Show one's own account: where one is signed in, and how that is guarded."""
    context = told(
        request,
        _("Your account"),
        has_codes=codes.has_codes(request.user),
        unused=len(codes.recovery_codes(request.user)),
        required=settings.REQUIRE_ONE_TIME_CODES,
        places=places(request.user),
        here=request.session.session_key,
        recent=SecurityEvent.objects.filter(username=request.user.username)[:10],
    )
    return render(request, "admin/signing_in/account.html", context)


@for_staff
@require_POST
def everywhere(request):
    """End every other sign-in of one's own, and tell how many there were."""
    count = sign_out(request.user, but=request.session.session_key)
    note(request, Kind.EVERYWHERE, detail=str(count))
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("signing_in:account")


@sensitive_post_parameters()
@for_staff
def set_up_codes(request):
    """Show a secret for an app; keep it once a code of the app is right."""
    if codes.has_codes(request.user):
        return redirect("signing_in:account")
    key = request.session.setdefault("new_key", codes.new_key())
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if device := codes.set_up(request.user, key, form.cleaned_data["code"]):
            del request.session["new_key"]
            remember_device(request, device)
            # Where one was signed in before, no code was asked for.
            sign_out(request.user, but=request.session.session_key)
            note(request, Kind.CODES_ON)
            return show_recovery_codes(request)
        form.add_error(
            "code", _("This code does not fit. Is the clock of the telephone right?")
        )
    context = told(
        request,
        _("Set up one-time codes"),
        form=form,
        secret=codes.secret(key),
        address=codes.address(request.user, key),
        required=settings.REQUIRE_ONE_TIME_CODES,
    )
    return render(request, "admin/signing_in/set_up.html", context)


@sensitive_post_parameters()
@for_staff
@require_POST
def change_codes(request):
    """Make new recovery codes, or remove all, by a code that is right."""
    form = CodeForm(request.POST)
    try:
        right = form.is_valid() and codes.check(request.user, form.cleaned_data["code"])
    except codes.TooSoonError as error:
        messages.error(request, in_words(error))
        return redirect("signing_in:account")
    if not right:
        messages.error(request, _("This code does not fit. Nothing was changed."))
    elif "remove" in request.POST:
        codes.remove(request.user)
        note(request, Kind.CODES_OFF)
        messages.success(request, _("Signing in takes no code any more."))
    else:
        codes.renew_recovery_codes(request.user)
        note(request, Kind.RECOVERY)
        return show_recovery_codes(request)
    return redirect("signing_in:account")


def show_recovery_codes(request):
    request.session["recovery_codes_until"] = time.time() + SHOWN
    return redirect("signing_in:recovery-codes")


@for_staff
@require_safe
def recovery_codes(request, form="html"):
    """Show new recovery codes for ten minutes, as a page or as a text file."""
    if request.session.get("recovery_codes_until", 0) < time.time():
        return redirect("signing_in:account")
    found = codes.recovery_codes(request.user)
    if form == "txt":
        told_to = {"Content-Disposition": 'attachment; filename="recovery-codes.txt"'}
        text = "\r\n".join([*found, ""])
        return HttpResponse(text, "text/plain; charset=utf-8", headers=told_to)
    context = told(request, _("Your recovery codes"), codes=found)
    return render(request, "admin/signing_in/recovery_codes.html", context)


def note(request, kind, **more):
    """Write in the log what somebody did to their own account."""
    user = request.user
    SecurityEvent.note(kind, user.username, request=request, by=user, **more)

"""Addresses below /admin/ that come before the admin's own."""

from functools import partial

from django.contrib.auth import views as auth
from django.urls import include, path
from django.urls import reverse_lazy as at
from django.utils.translation import gettext_lazy as _

from forum_portal.signing_in import views
from records.rates import limited

attempt = partial(limited, methods=("POST",), staff_too=True)

ours = [
    path("code/", attempt("sign-in")(views.code), name="code"),
    path("account/", views.account, name="account"),
    path("account/sign-out/", views.everywhere, name="everywhere"),
    path("account/codes/", views.set_up_codes, name="codes"),
    path("account/codes/change/", views.change_codes, name="change-codes"),
    path("account/codes/recovery/", views.recovery_codes, name="recovery-codes"),
    path(
        "account/codes/recovery.txt",
        views.recovery_codes,
        {"form": "txt"},
        name="recovery-file",
    ),
]
NAME = _("Forum record")
site = {"extra_context": {"site_header": NAME, "site_title": NAME}}
urlpatterns = [
    path("login/", attempt("sign-in")(views.SignIn.as_view())),
    # By these names the admin finds them.
    path(
        "password-reset/",
        attempt("reset")(views.NewPassword.as_view(**site)),
        name="password_reset",
    ),
    path(
        "password-reset/sent/",
        auth.PasswordResetDoneView.as_view(**site),
        name="password_reset_done",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(**site),
        name="password_reset_confirm",
    ),
    path(
        "password-reset/done/",
        auth.PasswordResetCompleteView.as_view(
            extra_context={**site["extra_context"], "login_url": at("admin:login")}
        ),
        name="password_reset_complete",
    ),
    path("", include((ours, "signing_in"))),
]

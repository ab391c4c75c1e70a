from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField
from django.forms import CheckboxSelectMultiple
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from forum_portal.signing_in import codes
from forum_portal.signing_in.models import SecurityEvent
from forum_portal.signing_in.places import sign_out
from records.admin.fields import Fields

Kind = SecurityEvent.Kind
# Their forms would show the secrets; accounts have actions instead.
admin.site.unregister([TOTPDevice, StaticDevice, User, Group])


@admin.register(User)
class AccountAdmin(Fields, UserAdmin):
    """
    Accounts, with help for whoever has lost a telephone or a laptop.

    What somebody may do comes from groups, never from permissions of their own.
    """

    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": [("first_name", "last_name"), "email"]}),
        (
            _("Rights"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups"]},
        ),
        (_("Dates"), {"fields": [("last_login", "date_joined")]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    actions = ["remove_codes", "sign_out_everywhere"]

    @admin.action(
        description=_("Remove one-time codes (lost telephone)"), permissions=["change"]
    )
    def remove_codes(self, request, accounts):
        done = [user for user in accounts if codes.remove(user)]
        for user in done:
            note(request, Kind.CODES_OFF, user)
        said = ngettext(
            "One-time codes of %(count)d account are removed.",
            "One-time codes of %(count)d accounts are removed.",
            len(done),
        )
        self.message_user(request, said % {"count": len(done)}, messages.SUCCESS)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out_everywhere(self, request, accounts):
        for user in accounts:
            count = sign_out(user, but=request.session.session_key)
            note(request, Kind.EVERYWHERE, user, str(count))
        said = ngettext(
            "%(count)d account is signed out everywhere.",
            "%(count)d accounts are signed out everywhere.",
            len(accounts),
        )
        self.message_user(request, said % {"count": len(accounts)}, messages.SUCCESS)


def note(request, kind, user, detail=""):
    SecurityEvent.note(
        kind, user.username, request=request, by=request.user, detail=detail
    )


@admin.register(Group)
class RoleAdmin(Fields, GroupAdmin):
    """Groups, with one plain list of what they may do."""

    filter_horizontal = []


@admin.register(SecurityEvent)
class SecurityEventAdmin(admin.ModelAdmin):
    """The log: to be read, never written."""

    list_display = ["at", "kind", "username", "by", "detail", "ip", "agent"]
    list_filter = ["kind", "at"]
    list_select_related = ["by"]
    search_fields = ["username", "ip"]
    date_hierarchy = "at"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

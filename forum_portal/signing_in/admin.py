from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from forum_portal.roles import name_of
from forum_portal.signing_in import codes
from forum_portal.signing_in.models import SecurityEvent
from forum_portal.signing_in.places import sign_out
from records.admin.fields import Fields

Kind = SecurityEvent.Kind
# Their forms would show the secrets; accounts have actions instead.
admin.site.unregister([TOTPDevice, StaticDevice, User, Group])


DEEDS = {
    "add": _("%(kind)s: add"),
    "change": _("%(kind)s: change"),
    "delete": _("%(kind)s: delete"),
    "view": _("%(kind)s: view"),
    "publish": _("%(kind)s: publish"),
    "withdraw": _("%(kind)s: withdraw"),
}


class RightsField(ModelMultipleChoiceField):
    """What a group may do, by the names of kinds and deeds that pages use."""

    def label_from_instance(self, permission):
        kind = permission.content_type.model_class()
        deed = DEEDS.get(permission.codename.partition("_")[0])
        if kind is None or deed is None:
            return permission.name
        return deed % {"kind": capfirst(kind._meta.verbose_name)}


class GroupsField(ModelMultipleChoiceField):
    """Groups, roles by the names that pages use."""

    def label_from_instance(self, group):
        return name_of(group)


class GroupsFilter(RelatedFieldListFilter):
    """Groups to filter by, roles by the names that pages use."""

    def field_choices(self, field, request, model_admin):
        return [(group.pk, name_of(group)) for group in Group.objects.order_by("name")]


class PasswordForm(AdminPasswordChangeForm):
    """Django's form; its own words are of one language."""

    usable_password_help_text = _(
        "Without a password nobody signs in to this account. The present one is lost."
    )


class WithoutTechnicalRows:
    """What is deleted is told without the rows that only tie two things together."""

    def get_deleted_objects(self, objs, request):
        gone, counts, needed, protected = super().get_deleted_objects(objs, request)
        technical = [m._meta for m in apps.get_models(True) if is_technical(m)]
        names = tuple(f"{capfirst(one.verbose_name)}: " for one in technical)
        plurals = {str(one.verbose_name_plural) for one in technical}
        counts = {name: n for name, n in counts.items() if str(name) not in plurals}
        return _without(gone, names), counts, needed, protected


def is_technical(model):
    """Tell whether rows of a model mean nothing to people."""
    packages = ("axes", "django_otp")
    return model._meta.auto_created or model._meta.app_config.name.startswith(packages)


def _without(gone, names):
    kept = []
    for one in gone:
        if isinstance(one, list):
            if some := _without(one, names):
                kept.append(some)
        elif not str(one).startswith(names):
            kept.append(one)
    return kept


@admin.register(User)
class AccountAdmin(WithoutTechnicalRows, Fields, UserAdmin):
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
    list_display = ["username", "email", "first_name", "last_name", "staff"]
    list_filter = ["is_staff", "is_superuser", "is_active", ("groups", GroupsFilter)]
    change_password_form = PasswordForm
    filter_horizontal = []
    formfield_overrides = {ManyToManyField: {"widget": CheckboxSelectMultiple}}
    actions = ["remove_codes", "sign_out_everywhere"]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            kwargs["form_class"] = GroupsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("may sign in here"), ordering="is_staff")
    def staff(self, user):
        return gettext("yes") if user.is_staff and user.is_active else gettext("no")

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
class RoleAdmin(WithoutTechnicalRows, Fields, GroupAdmin):
    """Groups, with one plain list of what they may do."""

    filter_horizontal = []
    list_display = ["role"]

    @admin.display(description=_("name"), ordering="name")
    def role(self, group):
        return name_of(group)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Offer what some page asks for; the rights to a history are none of it."""
        mine = [app.label for app in apps.get_app_configs() if is_ours(app)]
        rights = Permission.objects.select_related("content_type")
        rights = rights.filter(content_type__app_label__in=[*mine, "auth"])
        rights = rights.exclude(content_type__model__startswith="historical")
        kwargs |= {"form_class": RightsField, "queryset": rights}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def is_ours(app):
    return app.name.partition(".")[0] in settings.PORTAL_APPS


@admin.register(SecurityEvent)
class SecurityEventAdmin(admin.ModelAdmin):
    """The log: to be read, never written."""

    list_display = ["at", "kind", "username", "by", "told", "ip", "agent"]
    list_filter = ["kind", "at"]
    list_select_related = ["by"]
    search_fields = ["username", "ip"]
    date_hierarchy = "at"

    @admin.display(description=_("detail"))
    def told(self, event):
        return event.detail_in_words

    def get_fields(self, request, obj=None):
        return ["at", "kind", "username", "by", "told", "ip", "agent"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

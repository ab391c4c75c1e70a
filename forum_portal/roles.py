"""
The four roles, as groups of users.

They are made, and kept as they are described here, by every `migrate`: a new kind of
record is in them at once. Who needs another mix makes a group of its own. What each
role can do is the table in docs/organizers.md.
"""

from django.apps import apps as registry
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.utils.translation import pgettext_lazy

from records.models import ExternalId

VIEWER, EDITOR, PUBLISHER, ADMINISTRATOR = (
    "Viewer",
    "Editor",
    "Publisher",
    "Administrator",
)
# What pages call them; their names in the database are the same in any language.
NAMES = {
    VIEWER: pgettext_lazy("role", "Viewer"),
    EDITOR: pgettext_lazy("role", "Editor"),
    PUBLISHER: pgettext_lazy("role", "Publisher"),
    ADMINISTRATOR: pgettext_lazy("role", "Administrator"),
}
WRITE = {"add", "change", "delete"}
LIFE = {"publish", "withdraw"}

OF_ADMINISTRATORS = {
    "forum_portal.forum",
    "forum_portal.loadedrow",
    "records.removed",
}


def name_of(group):
    """Return what pages call a group: a role in the language of the page."""
    return str(NAMES.get(group.name, group.name))


def is_written(model):
    """Tell whether a model is what editors write: a record, a part, a source."""
    return hasattr(model, "public_fields") or model is ExternalId


def viewer(model):
    """Return the actions of a Viewer on a model, such as {"view"}."""
    return {"view"} if _is_ours(model) else set()


def editor(model):
    """Return the actions of an Editor: writes drafts, and proposes changes."""
    return viewer(model) | (WRITE if is_written(model) else set())


def publisher(model):
    """Return the actions of a Publisher: decides what is public, imports, merges."""
    if not _is_ours(model) or model._meta.label_lower in OF_ADMINISTRATORS:
        return editor(model)
    return editor(model) | {"add", "change"} | LIFE


def administrator(_model):
    """Return the actions of an Administrator: all there are."""
    return {"view"} | WRITE | LIFE


ROLES = {
    VIEWER: viewer,
    EDITOR: editor,
    PUBLISHER: publisher,
    ADMINISTRATOR: administrator,
}


def _is_ours(model):
    app = model._meta.app_config.name
    return app in settings.PORTAL_APPS and not model.__name__.startswith("Historical")


def install_after_migrate(sender, using, apps=registry, verbosity=0, **_kwargs):
    """Make the permissions that are missing, and the groups as described above."""
    try:
        apps.get_model("auth", "Group")
    except LookupError:  # not migrated so far
        return
    for config in registry.get_app_configs():
        create_permissions(config, verbosity=verbosity, using=using, apps=apps)
    install(using)


def install(using):
    """Give each role what it may do, no more and no less."""
    permissions = Permission.objects.using(using).select_related("content_type")
    known = [(one, one.content_type.model_class()) for one in permissions]
    for name, actions in ROLES.items():
        group, _made = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set(
            permission
            for permission, model in known
            if model and permission.codename.partition("_")[0] in actions(model)
        )

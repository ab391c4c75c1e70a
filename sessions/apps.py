from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    """
    The forum's sessions, not Django's login sessions.

    django.contrib.sessions already owns the label "sessions", so ours differs
    from the package name wherever Django identifies models: tables,
    migrations, permissions, fixtures and admin URLs.
    """

    name = "sessions"
    label = "forum_sessions"
    verbose_name = _("forum sessions")

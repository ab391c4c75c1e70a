from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    """What leaves the portal in another format, and what comes in from elsewhere."""

    name = "exchange"
    verbose_name = _("exchange")

    def ready(self):
        from exchange.citing import keeping

        keeping.listen()
        from exchange.pictures import places

        places.listen()
        from exchange import rights

        rights.listen()

from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from records.models import MissedPublication, record_kinds
from records.needs import missed
from records.notices import tell


class Command(BaseCommand):
    help = "Tells, once for each, which scheduled records are due and not shown."

    def handle(self, *args, **options):
        late = []
        with transaction.atomic():
            for model in record_kinds():
                rows = model.objects.filter(missed(model), publish_at__isnull=False)
                late += [record for record in rows.order_by("pk") if is_news(record)]
            if late:
                tell(
                    "publication",
                    lambda: (
                        ngettext(
                            "%(count)d scheduled record is not shown",
                            "%(count)d scheduled records are not shown",
                            len(late),
                        )
                        % {"count": len(late)}
                    ),
                    lambda: "\n".join(in_words(record) for record in late),
                    reverse("admin:index"),
                )
        self.stdout.write(f"{len(late)} newly found due and not shown.")


def is_news(record):
    """Keep that a record was due at its time; tell whether that was not known."""
    kind = ContentType.objects.get_for_model(record)
    return MissedPublication.objects.get_or_create(
        content_type=kind, object_id=record.pk, due_at=record.publish_at
    )[1]


def in_words(record):
    said = {
        "kind": record._meta.verbose_name,
        "name": str(record),
        "when": date_format(localtime(record.publish_at), "DATETIME_FORMAT"),
    }
    if str(record) == record.slug:
        return gettext("%(kind)s “%(name)s”, due %(when)s: it has no name.") % said
    return (
        gettext("%(kind)s “%(name)s”, due %(when)s: what it belongs to is not public.")
        % said
    )

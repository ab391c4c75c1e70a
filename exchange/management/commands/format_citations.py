from django.core.management.base import BaseCommand

from exchange.citing import keeping
from exchange.citing.shapes import digest
from exchange.models import CitationShape
from records.models import record_kinds


class Command(BaseCommand):
    help = (
        "Format the citations of all public records, and forget what none of them "
        "needs. Run it after an upgrade; what is written later is formatted by itself."
    )

    def handle(self, *args, **options):
        needed = set()
        for kind in record_kinds():
            shapes = keeping.shapes_of(kind.objects.all())
            keeping.keep(shapes)
            needed.update(map(digest, shapes))
        kept = CitationShape.objects.values_list("pk", flat=True)
        unused = [key for key in kept if key not in needed]
        for start in range(0, len(unused), keeping.AT_ONCE):
            part = unused[start : start + keeping.AT_ONCE]
            CitationShape.objects.filter(pk__in=part).delete()
        self.stdout.write(f"{len(needed)} shapes of citations, {len(unused)} forgotten")

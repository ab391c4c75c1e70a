from django.core.management.base import BaseCommand

from exchange.pictures.places import place_all


class Command(BaseCommand):
    help = (
        "Compute anew where organizations stand in the network of those who met in "
        "sessions. New ones find a place by themselves; this is for after many."
    )

    def handle(self, **options):
        self.stdout.write(f"{place_all()} organizations placed")

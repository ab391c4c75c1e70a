from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from records.links import addresses, is_public, visit_all
from records.models import LinkCheck
from records.notices import tell

NAMED = 20  # newly dead links in a notice
ENOUGH = 5  # visits after which it tells something that none was answered


class Command(BaseCommand):
    help = "Visits the addresses that the record leads to and remembers which are dead."

    def add_arguments(self, parser):
        parser.add_argument(
            "--limit", type=int, help="visit so many at most, the longest unvisited"
        )
        parser.add_argument("--delay", type=float, default=1.0, help="seconds per host")
        parser.add_argument("--timeout", type=float, default=15.0, help="seconds")
        parser.add_argument(
            "--allow-loopback",
            action="store_true",
            help="visit this machine as well, to try the command out",
        )

    def handle(self, *args, **options):
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number of addresses, 1 or more.")
        try:
            dead, newly, total = self.visit(options)
        except Exception as error:
            tell(
                "links",
                lambda: gettext("The check of links failed"),
                f"{type(error).__name__}: {error}",
            )
            raise
        if newly:
            tell(
                "links",
                lambda: (
                    ngettext(
                        "%(count)d link is newly dead",
                        "%(count)d links are newly dead",
                        len(newly),
                    )
                    % {"count": len(newly)}
                ),
                "\n".join(newly[:NAMED]),
                reverse("admin:records_linkcheck_changelist")
                + "?dead_since__isnull=False",
            )
        self.stdout.write(f"{total} visited, {dead} dead, {len(newly)} of them newly.")

    def visit(self, options):
        """Visit and remember; return how many are dead, which newly, and how many."""
        known = {check.url: check for check in LinkCheck.objects.all()}
        wanted = addresses()
        LinkCheck.objects.filter(url__in=known.keys() - wanted).delete()
        visited = {url: check.checked_at.timestamp() for url, check in known.items()}
        order = sorted(wanted, key=lambda url: (visited.get(url, 0), url))
        urls = order[: options["limit"]]

        def may_reach(number):
            return is_public(number) or (
                options["allow_loopback"] and number.is_loopback
            )

        visits = list(
            visit_all(
                urls,
                delay=options["delay"],
                timeout=options["timeout"],
                may_reach=may_reach,
            )
        )
        if len(visits) >= ENOUGH and all(visit.status is None for visit in visits):
            raise CommandError("No address answered: this machine may be offline.")
        newly = [visit.url for visit in visits if remember(visit, known)]
        return sum(1 for visit in visits if visit.problem), newly, len(visits)


def remember(visit, known):
    """Keep what a visit found; tell whether the link was not dead before."""
    before = known.get(visit.url)
    since = before.dead_since if before else None
    now = timezone.now()
    LinkCheck.objects.update_or_create(
        url=visit.url,
        defaults={
            "status": visit.status,
            "problem": visit.problem,
            "checked_at": now,
            "dead_since": (since or now) if visit.problem else None,
        },
    )
    return bool(visit.problem) and since is None

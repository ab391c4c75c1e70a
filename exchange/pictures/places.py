"""
Where each organization stands in the network of those who met in sessions.

The places are computed when somebody new takes part, and kept: a newcomer finds a
place among the others, who stay where they are. `manage.py place_organizations`
computes all of them anew, each starting from where it was.

The distance between two is the number of steps from one to the other (networkx);
places follow from distances by majorizing stress (Gansner, Koren and North 2004,
"Graph drawing by stress majorization"), a few rounds of plain arithmetic. Nothing
is left to chance: equal records give equal places.
"""

import math
import uuid
from collections import defaultdict
from functools import partial
from itertools import combinations

from django.db import transaction
from django.db.models.signals import post_save

from exchange.models import NetworkPlace
from organizations.models import Organization
from records.changes import changed
from sessions.models import Contribution

APART = 3.5  # the distance of two whom no way joins
ROUNDS = 60
MOST_TOGETHER = 60  # in one session; beyond, they say little of each other


def listen():
    """Hear of new contributions; called once, when the apps are ready."""
    post_save.connect(_written, sender=Contribution)
    changed.connect(_written, sender=Contribution)


def _written(sender, using="default", raw=False, **kwargs):
    if raw:
        return
    waiting = transaction.get_connection(using).run_on_commit
    if not any(getattr(entry[1], "func", None) is place_new for entry in waiting):
        transaction.on_commit(partial(place_new, using), using=using)


def place_new(using="default"):
    """Give a place to each organization that takes part and has none."""
    taking_part = Organization.objects.using(using).filter(
        pk__in=Contribution.objects.exclude(organization=None).values("organization")
    )
    new = taking_part.filter(network_place=None).order_by("pk")
    if new := list(new.values_list("pk", flat=True)):
        kept = _known(using)
        _keep(arranged(new, network(using), kept), using)


def place_all(using="default"):
    """Compute all places anew, from where each stands; return how many there are."""
    taking_part = (
        Contribution.objects.using(using)
        .exclude(organization=None)
        .order_by("organization")
    )
    pks = list(taking_part.values_list("organization", flat=True).distinct())
    places = arranged(pks, network(using), {}, start=_known(using))
    with transaction.atomic(using=using):
        NetworkPlace.objects.using(using).all().delete()
        _keep(spread(places), using)
    return len(places)


def _known(using):
    known = NetworkPlace.objects.using(using)
    return {pk: (x, y) for pk, x, y in known.values_list("organization", "x", "y")}


def _keep(places, using):
    NetworkPlace.objects.using(using).bulk_create(
        [NetworkPlace(organization_id=pk, x=x, y=y) for pk, (x, y) in places.items()],
        batch_size=500,
        ignore_conflicts=True,  # somebody else was faster
    )


def network(using="default"):
    """Return the graph of public organizations that had a part in one session."""
    import networkx  # 12 MB that no page needs

    together = defaultdict(set)
    part = Contribution.objects.using(using).published().exclude(organization=None)
    for session, pk in part.order_by().values_list("session", "organization"):
        together[session].add(pk)
    graph = networkx.Graph()
    for pks in together.values():
        if len(pks) <= MOST_TOGETHER:
            graph.add_edges_from(combinations(sorted(pks), 2))
    return graph


def arranged(pks, graph, kept, start=None):
    """
    Return {pk: (x, y)} of these, between 0 and 1; those `kept` stay where they are.

    `start` says where some of them were before.
    """
    import networkx

    places = {pk: on_rim(pk) for pk in pks} | (start or {}) | kept
    first = not kept and not start
    moving = [pk for pk in pks if pk not in kept]
    distances = {
        pk: dict(networkx.single_source_shortest_path_length(graph, pk))
        if pk in graph
        else {}
        for pk in moving
    }
    others = [pk for pk in places if pk in kept or pk in distances]
    unit = 1 / _widest(distances)
    for _round in range(ROUNDS):
        for pk in moving:
            places[pk] = _drawn_to(pk, others, places, distances[pk], unit)
    found = {pk: places[pk] for pk in moving}
    return spread(found) if first else {pk: _within(at) for pk, at in found.items()}


def _widest(distances):
    steps = [most for some in distances.values() for most in some.values()]
    return max([APART, *steps])


def _drawn_to(pk, others, places, distances, unit):
    """Return where one should stand for the others, who stay."""
    here_x, here_y = places[pk]
    sum_x = sum_y = weights = 0.0
    for other in others:
        if other == pk:
            continue
        x, y = places[other]
        wanted = distances.get(other, APART) * unit
        between = math.hypot(here_x - x, here_y - y) or 1e-6
        weight = 1 / (wanted * wanted)
        sum_x += weight * (x + wanted * (here_x - x) / between)
        sum_y += weight * (y + wanted * (here_y - y) / between)
        weights += weight
    return (sum_x / weights, sum_y / weights) if weights else (here_x, here_y)


def spread(places):
    """Return places that fill the plane from 0 to 1 in both directions."""
    if not places:
        return {}
    low = [min(at[axis] for at in places.values()) for axis in (0, 1)]
    high = [max(at[axis] for at in places.values()) for axis in (0, 1)]
    size = [(b - a) or 1 for a, b in zip(low, high, strict=True)]
    return {
        pk: tuple((at[axis] - low[axis]) / size[axis] for axis in (0, 1))
        for pk, at in places.items()
    }


def _within(at):
    return tuple(min(1.0, max(0.0, value)) for value in at)


def on_rim(pk):
    """Return a place on a circle that follows from a key alone."""
    turn = uuid.uuid5(uuid.NAMESPACE_OID, str(pk)).int % 3600 * math.pi / 1800
    return 0.5 + 0.5 * math.cos(turn), 0.5 + 0.5 * math.sin(turn)

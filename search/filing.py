"""What results are filed under: what filters keep, and the counts of facets."""

from functools import cached_property

from django.utils.text import capfirst
from pyroaring import BitMap

from records.facets import Facet, Value, count_hits
from search.filters import FILTER_SETS
from search.kinds import BY_WORD, KINDS
from search.unions import pks_by_kind
from topics.models import LifecycleStage, Topic

# The facets beside the kind, in the order of a researcher's questions
FACETS = ("topic", "stage", "mineral", "jurisdiction", "country", "edition")


class Filed:
    """
    The results of a search by what they are filed under.

    `wanted` is what filters ask for, as {parameter: values}. Keeping and counting
    read the same sets, so a count is always what choosing the value brings.
    """

    def __init__(self, results, wanted):
        self.wanted = {name: v for name, v in wanted.items() if name != "kind"}
        self.words = set(wanted.get("kind", ()))
        self.pks = pks_by_kind(results.ids)
        self.counted = count_hits(
            {FILTER_SETS[word]: pks for word, pks in self.pks.items()},
            self.wanted,
            FACETS,
            wanted={FILTER_SETS[word] for word in self.words},
            kept=("stage",),
        )
        self.tallies = dict(zip(self.pks, self.counted.tallies, strict=True))

    def of_kind(self, word):
        """Return how many results of a kind fit all filters but the kind."""
        return len(self.counted.found.get(FILTER_SETS[word], ()))

    def kept(self):
        """Return the ids of the results that fit all filters."""
        return BitMap().union(
            *(
                BY_WORD[word].document_ids(self.counted.found[FILTER_SETS[word]])
                for word in self.chosen(self.words)
            )
        )

    def chosen(self, words):
        """Return those of the words of kinds that have results; all, if none is."""
        return [word for word in self.pks if word in words or not words]

    def without(self, name, value):
        """Return how many results there would be if that value were not chosen."""
        if name == "kind":
            return sum(map(self.of_kind, self.chosen(self.words - {value})))
        tallies = [self.tallies[word] for word in self.chosen(self.words)]
        return sum(len(tally.left(without=(name, value))) for tally in tallies)

    def facets(self, filterset):
        """Return the facets of these results, that of the kinds first."""
        kinds = [
            Value(
                kind.word,
                capfirst(kind.model._meta.verbose_name_plural),
                "",
                self.of_kind(kind.word),
                kind.word in self.words,
            )
            for kind in KINDS
            if kind.word in self.pks or kind.word in self.words
        ]
        label = str(filterset.filters["kind"].label)
        return [Facet("kind", label, kinds, len(self.words), 0), *self.counted.facets]

    @cached_property
    def stages(self):
        """The life-cycle stages in the order of the core, as {slug: stage}."""
        stages = LifecycleStage.objects.published()
        stages = sorted(stages, key=lambda stage: (stage.core_place or 9, stage.order))
        return {stage.slug: stage for stage in stages}

    def stages_of(self, word, pk):
        """Return the life-cycle stages of a result, in the order of the core."""
        groups = self.tallies[word].groups.get("stage", {})
        return [
            stage
            for slug, stage in self.stages.items()
            if slug in groups and pk in groups[slug]
        ]


def broader(hits):
    """Return the topics right above those among the hits, each once."""
    topics = [hit.pk for hit in hits if hit.kind == "topics"]
    if not topics:
        return Topic.objects.none()
    return Topic.objects.published().filter(children__in=topics).distinct()


def broadest():
    """Return the topics that have nothing above them."""
    public = Topic.objects.published()
    return public.exclude(parent__in=public)

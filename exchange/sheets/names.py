"""Which records the words of cells name; looked up for all rows at once."""

from collections import defaultdict
from functools import cache

from records.models import Source
from records.undo import many


class Names:
    """The records that cells name, those among them that the file itself makes."""

    def __init__(self):
        self.wanted = defaultdict(set)
        self.found = defaultdict(dict)
        self.of_edition = cache(self._of_edition)

    def want(self, pairs):
        """Note (model, word) of what will be asked for."""
        for model, word in pairs:
            self.wanted[model].add(word)

    def add(self, model, word, thing):
        """Take in a record that the file makes."""
        self.found[model][word] = thing

    def look_up(self):
        """Find all that is wanted: a query for each thousand of a kind."""
        for model, words in self.wanted.items():
            column = "url" if model is Source else "slug"
            for some in many(words - self.found[model].keys()):
                rows = model._base_manager.filter(**{f"{column}__in": some})
                if model is not Source:
                    rows = rows.defer("html")
                for thing in rows:
                    self.found[model][getattr(thing, column)] = thing
                if model is Source:
                    pks = [w[1:] for w in some if w[:1] == "#" and w[1:].isdecimal()]
                    for thing in model._base_manager.filter(pk__in=pks):
                        self.found[model][f"#{thing.pk}"] = thing

    def find(self, model, word):
        return self.found[model].get(word)

    def _of_edition(self, model, edition):
        """Return the days or rooms of an edition by what cells call them."""
        from exchange.sheets.columns import OfEdition

        rows = model._base_manager.filter(edition=edition)
        return {str(getattr(row, OfEdition.words[model])): row for row in rows}

"""What the tests of search share."""

import pytest

from search.models import Document


@pytest.fixture
def find(db):
    """Return a function that searches and names what is found, best first."""

    def names(text, **options):
        results = Document.objects.search(text, **options)
        return [hit.title.text for hit in results[:50]]

    return names

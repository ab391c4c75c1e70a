import pytest
from django.core.cache import caches


@pytest.fixture(autouse=True)
def unhurried(settings):
    """Let a test ask as often as it likes; one of the rate sets it again."""
    settings.API_RATE = "100000/minute"
    caches["rates"].clear()

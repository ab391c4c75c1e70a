"""Releases as they are downloaded: made into a folder of the test, and opened."""

import zipfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from exchange.models import DatasetRelease

SITE = "https://record.example.org"


@contextmanager
def kept_in(folder):
    """Keep releases in a folder, and what is made on the way beside it."""
    releases = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder / "releases", "base_url": None},
    }
    storages = {**settings.STORAGES, "releases": releases}
    with override_settings(STORAGES=storages, VAR_DIR=folder):
        yield folder


def release(*options, **more):
    """Release by the command; return the row."""
    more = {"site": SITE, "verbosity": 0, **more}
    call_command("release_dataset", *options, **more)
    return DatasetRelease.objects.first()


def archive(made):
    """Return the path of the ZIP file of a release."""
    location = Path(settings.STORAGES["releases"]["OPTIONS"]["location"])
    return location / made.path_of(made.archive)


def unpacked(made, folder):
    """Return a folder with what is in the ZIP file of a release."""
    with zipfile.ZipFile(archive(made)) as packed:
        packed.extractall(folder)
    return folder


def text(made, name):
    with zipfile.ZipFile(archive(made)) as packed:
        return packed.read(name).decode()

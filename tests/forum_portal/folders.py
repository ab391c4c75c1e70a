"""A small content folder to change and load: a copy of tests/data/rivers."""

import shutil
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from forum_portal.models import Forum, LoadedRow
from records.models import Citation, Source, record_kinds

DATA = Path(__file__).parent.parent / "data"


def copy_rivers(tmp_path):
    """Return a copy of the small forum's folder."""
    return Path(shutil.copytree(DATA / "rivers", tmp_path / "rivers"))


def edit(folder, file, old, new):
    """Replace a text that stands in a file once."""
    path = folder / file
    text = path.read_text()
    assert text.count(old) == 1, (file, old, text.count(old))
    path.write_text(text.replace(old, new))


def load(folder, *options):
    """Load a folder and return what the command said."""
    out = StringIO()
    call_command("load_forum", str(folder), *options, stdout=out)
    return out.getvalue()


def totals():
    """Return how many rows each model has that a load writes to."""
    models = [Forum, LoadedRow, Source, Citation, *record_kinds()]
    histories = [model.history.model for model in [Source, Citation, *record_kinds()]]
    return {model.__name__: model.objects.count() for model in models + histories}

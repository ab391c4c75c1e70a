"""What imports hold on a person, and what becomes of it when the person is removed."""

from exchange.models import ImportedRow, UploadedSchedule
from organizations import rights


def listen():
    rights.holdings.connect(held, dispatch_uid="exchange.rights.held")
    rights.removed.connect(forget, dispatch_uid="exchange.rights.forget")


def held(sender, person, **kwargs):
    """Return what files said of a person, with its history."""
    mine = {"kind": ImportedRow.Kind.PERSON, "object_id__in": rights.keys_of(person)}
    history = ImportedRow.history.model.objects
    return [ImportedRow.objects.filter(**mine), history.filter(**mine)]


def forget(sender, texts, **kwargs):
    """Delete the files that wait to be imported: nobody can look into all of them."""
    UploadedSchedule.objects.all().delete()

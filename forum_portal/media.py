"""Uploaded files at /media/: those of public records, and staff's own."""

from django.conf import settings
from django.http import Http404
from django.views.decorators.http import require_safe

from organizations.models import Organization, Person
from records.files.pictures import full_name
from records.files.serving import file_answer
from sessions.models import Material


@require_safe
def file(request, path):
    """
    Answer an uploaded file that a published record shows, and no other.

    Who may see a record in the admin may see its file there before it is public.
    A copy of a picture goes with the picture that the record names.
    """
    if "\0" in path:
        raise Http404
    name = full_name(path)
    shown_by = [
        (Organization.objects.filter(logo=name), Organization.objects.published()),
        (
            Person.objects.filter(photo=name),
            Person.objects.published().filter(listed=True),
        ),
        (Material.objects.filter(file=name), Material.objects.published()),
    ]
    for records, public in shown_by:
        if record := (records & public).first():
            return file_answer(
                request, path, download_name=name_of(record), others=True
            )
    for records, _public in shown_by:
        if may_view(request, records.model) and (record := records.first()):
            return file_answer(request, path, download_name=name_of(record))
    raise Http404


def may_view(request, model):
    """Tell whether staff is asking who may see such records; visitors cost nothing."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    codename = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return request.user.is_staff and request.user.has_perm(codename)


def name_of(record):
    """Return what a downloaded file is called, without its ending."""
    if isinstance(record, Material):
        return f"{record.session.slug}-{record.kind}-{record.pk}"
    return record.slug

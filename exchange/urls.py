"""Sibling addresses: a page in another format, under the page's own path."""

from django.urls import path

from exchange import calendars, feeds
from exchange.api.docs import docs
from exchange.calendars import ProgrammeCalendar, RecordCalendar
from exchange.publishing import views as publishing
from exchange.record_files import FORMATS as RECORD_FORMATS
from exchange.record_files import TABLE_OF, RecordFile, url_name
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS, list_file
from organizations.models import Organization, Person
from sessions.models import Edition, Session
from topics.models import Topic

app_name = "exchange"


def record_calendar(folder, model, name):
    """Return the route of the calendars of one kind of record."""
    view = RecordCalendar.as_view(model=model, name=f"exchange:{name}")
    return path(f"{folder}/<slug:slug>.ics", view, name=name)


def record_files(model, table):
    """Return the routes of the records of one kind in their other formats."""
    return [
        path(
            f"{table.name}/<slug:slug>.{ending}",
            RecordFile.as_view(model=model, ending=ending),
            name=url_name(model, ending),
        )
        for ending in RECORD_FORMATS
    ]


def list_files(page, table):
    """Return the routes of a list in its other formats."""
    return [
        path(
            f"{table.name}.{ending}",
            list_file,
            {"page": page, "ending": ending},
            name=f"{table.name}-{ending}",
        )
        for ending in FORMATS
    ]


urlpatterns = [
    *(route for page, table in TABLES.items() for route in list_files(page, table)),
    *(route for kind, table in TABLE_OF.items() for route in record_files(kind, table)),
    record_calendar("editions", Edition, "edition-calendar"),
    path(
        "editions/<slug:slug>/programme.ics",
        ProgrammeCalendar.as_view(),
        name="programme-calendar",
    ),
    path("sessions.ics", calendars.session_list, name="sessions-calendar"),
    record_calendar("sessions", Session, "session-calendar"),
    record_calendar("people", Person, "person-calendar"),
    record_calendar("organizations", Organization, "organization-calendar"),
    record_calendar("topics", Topic, "topic-calendar"),
    path("agenda.ics", calendars.agenda, name="agenda-calendar"),
    path(
        "editions/<slug:slug>/programme.xml",
        publishing.ScheduleXml.as_view(),
        name="schedule-xml",
    ),
    path(
        "editions/<slug:slug>/programme.json",
        publishing.ScheduleJson.as_view(),
        name="schedule-json",
    ),
    path("editions/<slug:slug>/changes.atom", feeds.changes, name="changes"),
    path("api/v1/docs/", docs, name="api-docs"),
]

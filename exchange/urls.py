"""Sibling addresses: a page in another format, under the page's own path."""

from django.urls import path, re_path

from exchange import calendars, comparing, feeds
from exchange.api.docs import docs
from exchange.calendars import ProgrammeCalendar, RecordCalendar
from exchange.dataset import views as dataset
from exchange.pictures import views as pictures
from exchange.publishing import views as publishing
from exchange.record_files import FORMATS as RECORD_FORMATS
from exchange.record_files import TABLE_OF, RecordFile, url_name
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS, list_file
from exchange.trace.traces import KINDS
from exchange.trace.views import FILES, TraceFile, TracePage
from organizations.models import Organization, Person
from sessions.models import Edition, Session
from topics.models import Topic

app_name = "exchange"
TRACED = "|".join(KINDS)


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
    *(
        path(
            f"regulations/compare.{ending}",
            comparing.compare_file,
            {"ending": ending},
            name=f"compare-{ending}",
        )
        for ending in comparing.ENDINGS
    ),
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
    path(
        "editions/<slug:slug>/changes.atom",
        feeds.ChangesFeed.as_view(),
        name="changes",
    ),
    path("explore/", pictures.index, name="explore"),
    path("explore/<slug:name>/", pictures.page, name="picture"),
    *(
        path(
            f"explore/<slug:name>.{ending}",
            pictures.file,
            {"ending": ending},
            name=f"picture-{ending}",
        )
        for ending in pictures.FORMATS
    ),
    re_path(
        rf"^trace/(?P<folder>{TRACED})/(?P<slug>[-\w]+)/$",
        TracePage.as_view(),
        name="trace",
    ),
    *(
        re_path(
            rf"^trace/(?P<folder>{TRACED})/(?P<slug>[-\w]+)\.{ending}$",
            TraceFile.as_view(ending=ending),
            name=f"trace-{ending}",
        )
        for ending in FILES
    ),
    path("about/data/", dataset.data, name="data"),
    path(
        "about/data/<str:release>/<str:file>",
        dataset.release_file,
        name="release-file",
    ),
    path("api/v1/docs/", docs, name="api-docs"),
]

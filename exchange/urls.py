"""Sibling addresses: a page in another format, under the page's own path."""

from django.urls import path

from exchange.publishing import views as publishing

app_name = "exchange"

urlpatterns = [
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
]

"""Sibling addresses: a page in another format, under the page's own path."""

from django.urls import path

from exchange import feeds

app_name = "exchange"

urlpatterns = [
    path("editions/<slug:slug>/changes.atom", feeds.changes, name="changes"),
]

"""Sibling addresses: a page in another format, under the page's own path."""

app_name = "exchange"

urlpatterns = []

"""The addresses of the read API, all below /api/."""

from django.urls import path, re_path

from exchange.api import views
from exchange.api.kinds import SERIALIZERS
from exchange.api.schema_view import Schema

app_name = "api"


def kind(serializer):
    """Return the routes of one kind of record: its list and each record."""
    name, model = serializer.table.name, serializer.model
    return [
        path(f"v1/{name}/", views.Records.as_view(model=model), name=name),
        path(
            f"v1/{name}/<slug:slug>/",
            views.OneRecord.as_view(model=model),
            name=f"{name}-record",
        ),
    ]


urlpatterns = [
    path("v1/", views.Root.as_view(), name="root"),
    path("v1/schema/", Schema.as_view(), name="schema"),
    *(route for serializer in SERIALIZERS for route in kind(serializer)),
    re_path(r"^", views.Nothing.as_view(), name="nothing"),
]

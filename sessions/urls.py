from django.urls import path

from sessions import views
from sessions.agenda import agenda
from sessions.speakers import speaker

app_name = "sessions"

urlpatterns = [
    path("editions/", views.EditionList.as_view(), name="editions"),
    path("editions/<slug:slug>/", views.EditionDetail.as_view(), name="edition"),
    path(
        "editions/<slug:slug>/programme/", views.Programme.as_view(), name="programme"
    ),
    path("editions/<slug:slug>/changes/", views.Changes.as_view(), name="changes"),
    path("sessions/", views.SessionList.as_view(), name="list"),
    path("sessions/<slug:slug>/", views.SessionDetail.as_view(), name="detail"),
    path("speaker/<str:token>/", speaker, name="speaker"),
    path("agenda/", agenda, name="agenda"),
    path("outcomes/", views.OutcomeList.as_view(), name="outcomes"),
    path("outcomes/<slug:slug>/", views.OutcomeDetail.as_view(), name="outcome"),
]

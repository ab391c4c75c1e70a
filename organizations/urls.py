from django.urls import path

from organizations import views

app_name = "organizations"

urlpatterns = [
    path("organizations/", views.OrganizationList.as_view(), name="list"),
    path(
        "organizations/<slug:slug>/", views.OrganizationDetail.as_view(), name="detail"
    ),
    path("people/", views.PersonList.as_view(), name="people"),
    path("people/<slug:slug>/", views.PersonDetail.as_view(), name="person"),
]

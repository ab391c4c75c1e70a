from django.urls import path

from topics import views

app_name = "topics"

urlpatterns = [
    path("topics/", views.TopicList.as_view(), name="list"),
    path("topics/<slug:slug>/", views.TopicDetail.as_view(), name="detail"),
    path("regulations/", views.RegulationList.as_view(), name="regulations"),
    path("regulations/compare/", views.compare, name="compare"),
    path(
        "regulations/<slug:slug>/", views.RegulationDetail.as_view(), name="regulation"
    ),
    path("minerals/", views.MineralList.as_view(), name="minerals"),
    path("minerals/<slug:slug>/", views.MineralDetail.as_view(), name="mineral"),
    path("stages/", views.StageList.as_view(), name="stages"),
    path("stages/<slug:slug>/", views.StageDetail.as_view(), name="stage"),
]

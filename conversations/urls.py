from django.urls import URLPattern, path

from conversations import dashboard, metrics, views

app_name = "conversations"
urlpatterns: list[URLPattern] = [
    path("call/", views.ready, name="ready"),
    path("call/<uuid:session_id>/after/", views.after, name="after"),
    path("calls/<uuid:session_id>/join/", views.join, name="join"),
    path("calls/<uuid:session_id>/", views.transcript, name="transcript"),
    path("metrics", metrics.metrics, name="metrics"),
    path("dashboards/", dashboard.dashboard, name="dashboard"),
    path("dashboards/calls/<uuid:session_id>/", dashboard.waterfall, name="waterfall"),
]

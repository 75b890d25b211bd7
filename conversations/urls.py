from django.urls import URLPattern, path

from conversations import views

app_name = "conversations"
urlpatterns: list[URLPattern] = [
    path("call/", views.ready, name="ready"),
    path("call/<uuid:session_id>/after/", views.after, name="after"),
    path("calls/<uuid:session_id>/", views.transcript, name="transcript"),
]

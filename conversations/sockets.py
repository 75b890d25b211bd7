"""WebSocket addresses."""

from typing import Any

from django.urls import path

from conversations.consumers import CallConsumer

urlpatterns: list[Any] = [path("ws/call/<uuid:session_id>/", CallConsumer.as_asgi())]

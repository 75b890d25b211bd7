"""WebSocket addresses."""

from typing import Any

from django.urls import path

from conversations.colleagues import ColleagueConsumer
from conversations.consumers import CallConsumer

urlpatterns: list[Any] = [
    path("ws/call/<uuid:session_id>/", CallConsumer.as_asgi()),
    path("ws/join/<uuid:session_id>/", ColleagueConsumer.as_asgi()),
]

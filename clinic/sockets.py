"""WebSocket addresses."""

from typing import Any

from django.urls import path

from clinic.consumers import QueueConsumer

urlpatterns: list[Any] = [path("ws/escalations/", QueueConsumer.as_asgi())]

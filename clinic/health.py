"""Whether this process serves: asked by load balancers and Kubernetes. Says nothing about anybody.

`/health/live/` answers while the process does. `/health/ready/` answers 503 while a
database does not: without its record Aftercare must not serve. Redis carries hints
only, so its absence is told and forgiven.
"""

from django.conf import settings
from django.db import Error, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from compliance.access import public

REDIS_PATIENCE_S = 1.0


@public
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"live": True})


@public
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    databases = {alias: _answers(alias) for alias in ("default", "keys")}
    state = {**databases, "redis": _redis_answers()}
    return JsonResponse(state, status=200 if all(databases.values()) else 503)


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _redis_answers() -> bool:
    import redis

    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=REDIS_PATIENCE_S)
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


urlpatterns: list[URLPattern] = [
    path("live/", live, name="live"),
    path("ready/", ready, name="ready"),
]

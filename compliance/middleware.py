"""Names the actor of every request, so that `audit.record` need not be told."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from compliance import audit


class AuditContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with audit.acting_as(_actor_of(request)):
            return self.get_response(request)


def _actor_of(request: HttpRequest) -> audit.Actor:
    where = request.META.get("REMOTE_ADDR", "")
    if request.user.is_authenticated:
        return audit.Actor(f"user:{request.user.pk}", where)
    patient_id = request.session.get("patient_id")
    return audit.Actor(f"patient:{patient_id}" if patient_id else "anonymous", where)

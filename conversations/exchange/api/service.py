"""The API put together: routers, problems, and the door that every address stands behind."""

import datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI, Router, Schema

from compliance.access import Role, public
from conversations.exchange import clients
from conversations.exchange.api import (
    conversations,
    documents,
    escalations,
    memories,
    patients,
    problems,
    protocols,
    webhooks,
)
from conversations.exchange.api.access import answers, needs
from conversations.exchange.door import machines_only, token_of
from conversations.exchange.idempotency import once

DESCRIPTION = """Everything that Aftercare's pages do for staff, for other systems.

Send `Authorization: Bearer …` with a token that an administrator made. Errors are RFC 9457 problem details and never
repeat what was sent. Lists come in pages: follow `next_cursor`. A POST with an `Idempotency-Key` header may be repeated
for a day without doing anything twice."""


class TokenOut(Schema):
    client: str
    role: str
    care_team_ids: list[UUID]
    scopes: list[str]
    expires_at: datetime.datetime


token_router = Router(tags=["token"])


@token_router.get("", auth=needs("", tuple(Role)), response=answers(TokenOut))
def read_token(request: HttpRequest) -> Any:
    """What this token is, and may do."""
    token = token_of(request)
    user = token.client.user
    return {
        "client": str(user),
        "role": user.role,
        "care_team_ids": [team.pk for team in user.care_teams.order_by("name")],
        "scopes": clients.scopes_of(token),
        "expires_at": token.expires_at,
    }


class _Named(NinjaAPI):
    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)


api = _Named(
    title="Aftercare", version=settings.VERSION, description=DESCRIPTION, docs_url=None, urls_namespace="api-1"
)
problems.handle(api)
for _path, _router in (
    ("/token", token_router),
    ("/patients", patients.router),
    ("/care-teams", patients.teams),
    ("/personas", protocols.personas),
    ("/conversations", conversations.router),
    ("/invitations", conversations.invited),
    ("/objectives", protocols.objectives),
    ("/objective-records", conversations.objectives),
    ("/guardrails", protocols.guardrails),
    ("/memories", memories.router),
    ("/documents", documents.router),
    ("/escalations", escalations.router),
    ("/webhooks", webhooks.router),
):
    api.add_router(_path, _router)


def addresses() -> list[URLPattern]:
    """The API's addresses, behind the door. Its description is open: it holds nothing of anybody."""
    patterns = cast(list[URLPattern], api.urls[0])
    for pattern in patterns:
        open_to_all = pattern.name in ("openapi-json", "api-root")
        pattern.callback = public(pattern.callback) if open_to_all else _behind_the_door(pattern.callback)
    return patterns


def _behind_the_door(view: Any) -> Any:
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key and request.method == "POST":
            return once(request, token_of(request), key, lambda: view(request, *args, **kwargs))
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return machines_only(problems.answer)(answered)

"""Webhook endpoints: added, changed, tested, rotated, removed; and what was sent to them."""

import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from clinic.models import WebhookDelivery, WebhookEndpoint
from clinic.webhooks import addresses, deliveries, endpoints
from clinic.webhooks.events import EVENTS
from conversations.exchange.api.access import ADMIN, answers, needs
from conversations.exchange.api.paging import USUAL, Cursor, Limit, Page, page
from conversations.exchange.errors import Problem

router = Router(tags=["webhooks"])
Event = Annotated[str, Field(pattern=f"^({'|'.join(name.replace('.', '[.]') for name in EVENTS)})$")]
Note = Annotated[str, Field(max_length=120, pattern=r"^[^\x00]*$")]


class ChoiceIn(Schema):
    """No events means all of them."""

    model_config = ConfigDict(extra="forbid")
    events: Annotated[list[Event], Field(max_length=50)] = []
    note: Note = ""


class EndpointIn(ChoiceIn):
    url: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]


class EndpointOut(Schema):
    id: UUID
    url: str
    note: str
    events: list[str]
    made_at: datetime.datetime
    disabled_at: datetime.datetime | None
    disabled_because: str


class EndpointMade(EndpointOut):
    """`signing_secret` is told here and never again."""

    signing_secret: str


class SecretOut(Schema):
    signing_secret: str


class DeliveryOut(Schema):
    id: UUID
    message_id: str
    event: str
    body: dict[str, Any]
    state: str
    attempts: int
    made_at: datetime.datetime
    due_at: datetime.datetime


@router.get("", auth=needs("webhooks:read", ADMIN), response=answers(Page[EndpointOut]))
def list_webhooks(request: HttpRequest, limit: Limit = USUAL, cursor: Cursor = "") -> Any:
    found, following = page(WebhookEndpoint.objects.all(), "made_at", cursor, limit)
    return {"data": found, "next_cursor": following}


@router.post("", auth=needs("webhooks:write", ADMIN), response=answers(EndpointMade, 201))
def add_webhook(request: HttpRequest, body: EndpointIn) -> Any:
    """The address must begin with https:// and be open to the internet."""
    try:
        endpoint, secret = endpoints.add(body.url, body.events, body.note)
    except addresses.Forbidden as problem:
        raise Problem(422, "address_refused", str(problem)) from None
    return Status(201, {**EndpointOut.from_orm(endpoint).dict(), "signing_secret": secret})


@router.get("/{uuid:webhook_id}", auth=needs("webhooks:read", ADMIN), response=answers(EndpointOut))
def read_webhook(request: HttpRequest, webhook_id: UUID) -> Any:
    return get_object_or_404(WebhookEndpoint, pk=webhook_id)


@router.patch("/{uuid:webhook_id}", auth=needs("webhooks:write", ADMIN), response=answers(EndpointOut))
def change_webhook(request: HttpRequest, webhook_id: UUID, body: ChoiceIn) -> Any:
    endpoint = get_object_or_404(WebhookEndpoint, pk=webhook_id)
    endpoints.choose_events(endpoint, body.events, body.note)
    return endpoint


@router.delete("/{uuid:webhook_id}", auth=needs("webhooks:write", ADMIN), response=answers(None, 204))
def remove_webhook(request: HttpRequest, webhook_id: UUID) -> Any:
    endpoints.remove(get_object_or_404(WebhookEndpoint, pk=webhook_id))
    return Status(204, None)


@router.post("/{uuid:webhook_id}/rotate", auth=needs("webhooks:write", ADMIN), response=answers(SecretOut))
def rotate_webhook_secret(request: HttpRequest, webhook_id: UUID) -> Any:
    """A new secret. For a day both sign."""
    return {"signing_secret": endpoints.rotate(get_object_or_404(WebhookEndpoint, pk=webhook_id))}


@router.post("/{uuid:webhook_id}/test", auth=needs("webhooks:write", ADMIN), response=answers(DeliveryOut, 202))
def test_webhook(request: HttpRequest, webhook_id: UUID) -> Any:
    """Sends `webhook.test`; look at its delivery a moment later."""
    return Status(202, deliveries.test(get_object_or_404(WebhookEndpoint, pk=webhook_id)))


@router.get("/{uuid:webhook_id}/deliveries", auth=needs("webhooks:read", ADMIN), response=answers(Page[DeliveryOut]))
def list_deliveries(request: HttpRequest, webhook_id: UUID, limit: Limit = USUAL, cursor: Cursor = "") -> Any:
    endpoint = get_object_or_404(WebhookEndpoint, pk=webhook_id)
    found, following = page(endpoint.deliveries.all(), "made_at", cursor, limit)
    return {"data": found, "next_cursor": following}


@router.post(
    "/deliveries/{uuid:delivery_id}/replay", auth=needs("webhooks:write", ADMIN), response=answers(DeliveryOut, 202)
)
def replay_delivery(request: HttpRequest, delivery_id: UUID) -> Any:
    """Sent once more, under the same id."""
    delivery = get_object_or_404(WebhookDelivery, pk=delivery_id)
    deliveries.replay(delivery)
    delivery.refresh_from_db()
    return Status(202, delivery)

"""Deliveries: made with their cause, tried until accepted or given up, every attempt kept."""

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from clinic import outbox, relay
from clinic.models import OutboxEntry, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from clinic.webhooks import endpoints, schedule, sending, signing
from clinic.webhooks.events import EVENTS, FROM_AUDIT, body, data_of, of_audit_action
from compliance import audit

REPLAYED = audit.action("webhook.replayed", "{actor} sent a webhook once more", "E")
LEASE = timedelta(seconds=60)
AT_ONCE_FOR_ONE = 2  # a slow receiver holds up at most this many senders
State = WebhookDelivery.State


@relay.handles("*")
def fan_out(entry: OutboxEntry) -> None:
    """One delivery for each endpoint that wants this event, in the outbox entry's transaction."""
    if entry.topic not in EVENTS:
        return
    payload = body(entry.topic, entry.made_at, data_of(entry.topic, str(entry.reference), entry.payload))
    named = payload["data"].get("callback")
    endpoints = WebhookEndpoint.objects.filter(disabled_at=None)
    wanting = [one for one in endpoints if _wants(one, entry.topic) or one.url == named]
    WebhookDelivery.objects.bulk_create(
        [_delivery(endpoint, f"msg_{entry.pk}", entry.topic, payload) for endpoint in wanting], ignore_conflicts=True
    )


def announce_audited(code: str, patient_id: UUID | None, subject: str, detail: audit.Detail) -> None:
    """An audited action of any app becomes an outbox entry, in the action's own transaction."""
    facts = {**detail, "patient_id": str(patient_id) if patient_id else None}
    reference = _uuid_of(subject) or patient_id
    for event in of_audit_action(code, detail):
        if reference is not None:
            outbox.put(event, reference, {name: facts.get(name) for name in EVENTS[event].carries})


def listen_to_the_audit_trail() -> None:
    for code in FROM_AUDIT:
        audit.when_recorded(code, announce_audited)


def test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A delivery that shows whether the receiver understands us."""
    payload = body("webhook.test", timezone.now(), {"id": str(endpoint.pk)})
    delivery = _delivery(endpoint, f"msg_{uuid4()}", "webhook.test", payload)
    delivery.save(force_insert=True)
    return delivery


def replay(delivery: WebhookDelivery) -> None:
    """Send it again, under the same message id: the receiver can tell that it knows it."""
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            state=State.WAITING, due_at=timezone.now(), attempts=0, leased_until=None
        )
        audit.record(REPLAYED, subject=f"webhook:{delivery.endpoint_id}", detail={"message": delivery.message_id})


def deliver_due(now: datetime | None = None) -> int:
    """Send one delivery that is due; returns 1, or 0 if there is none. Many may run this at once."""
    delivery = _claim(now or timezone.now())
    if delivery is None:
        return 0
    data = json.dumps(delivery.body, separators=(",", ":")).encode()
    secrets = endpoints.valid_secrets(delivery.endpoint)
    at = now or timezone.now()
    answer = sending.post(
        delivery.endpoint.url, data, signing.headers(delivery.message_id, int(at.timestamp()), data, secrets)
    )
    _settle(delivery, answer, at)
    return 1


def _claim(now: datetime) -> WebhookDelivery | None:
    """Lease one: nobody else sends it, unless we are dead for a minute."""
    with transaction.atomic():
        leased = WebhookDelivery.objects.filter(leased_until__gt=now).values("endpoint").annotate(n=Count("pk"))
        busy = [row["endpoint"] for row in leased if row["n"] >= AT_ONCE_FOR_ONE]
        due = WebhookDelivery.objects.filter(state=State.WAITING, due_at__lte=now, endpoint__disabled_at=None)
        free = due.exclude(leased_until__gt=now).exclude(endpoint__in=busy)
        claimed = free.select_for_update(skip_locked=True, of=("self",)).order_by("due_at").first()
        if claimed is not None:
            claimed.leased_until = now + LEASE
            claimed.save(update_fields=["leased_until"])
    return claimed


def _settle(delivery: WebhookDelivery, answer: sending.Answer, now: datetime) -> None:
    with transaction.atomic():
        WebhookAttempt.objects.create(
            delivery=delivery,
            at=now,
            status=answer.status,
            duration_ms=answer.duration_ms,
            problem=answer.problem[:120],
        )
        delivery.attempts += 1
        delivery.leased_until = None
        rest = schedule.rest_after(delivery.attempts)
        if answer.accepted:
            delivery.state = State.DELIVERED
        elif answer.status == 410 or rest is None:
            delivery.state = State.GIVEN_UP
        else:
            delivery.due_at = now + rest
        delivery.save(update_fields=["attempts", "leased_until", "state", "due_at"])
        if answer.status == 410:
            endpoints.disable(delivery.endpoint, "gone")


def _delivery(endpoint: WebhookEndpoint, message_id: str, event: str, payload: dict[str, object]) -> WebhookDelivery:
    now = timezone.now()
    return WebhookDelivery(endpoint=endpoint, message_id=message_id, event=event, body=payload, made_at=now, due_at=now)


def _wants(endpoint: WebhookEndpoint, event: str) -> bool:
    return not endpoint.events or event in endpoint.events


def _uuid_of(subject: str) -> UUID | None:
    """ "session:<uuid>" → the uuid."""
    try:
        return UUID(subject.partition(":")[2])
    except ValueError:
        return None

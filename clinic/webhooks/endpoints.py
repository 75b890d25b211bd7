"""Endpoints: added, tested, rotated, switched off and on again by the admin."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from clinic.models import WebhookEndpoint
from clinic.webhooks import addresses, signing
from clinic.webhooks.events import EVENTS
from compliance import audit

ADDED = audit.action("webhook.added", "{actor} added a webhook endpoint", "C")
CHANGED = audit.action("webhook.changed", "{actor} changed a webhook endpoint", "U")
ROTATED = audit.action("webhook.rotated", "{actor} changed the secret of a webhook endpoint", "U")
DISABLED = audit.action("webhook.disabled", "{actor} switched a webhook endpoint off", "U")
ENABLED = audit.action("webhook.enabled", "{actor} switched a webhook endpoint on", "U")
REMOVED = audit.action("webhook.removed", "{actor} removed a webhook endpoint", "D")
OVERLAP = timedelta(hours=24)


def add(url: str, events: Iterable[str], note: str = "") -> tuple[WebhookEndpoint, str]:
    """The endpoint and its secret, which is shown once. Raises `addresses.Forbidden`."""
    parts = addresses.check_url(url)
    addresses.resolve(parts.hostname or "", parts.port or 443)
    secret = signing.new_secret()
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(url=url, events=_known(events), note=note, secret=secret)
        audit.record(ADDED, subject=f"webhook:{endpoint.pk}")
    return endpoint, secret


def choose_events(endpoint: WebhookEndpoint, events: Iterable[str], note: str) -> None:
    with transaction.atomic():
        endpoint.events, endpoint.note = _known(events), note
        endpoint.save(update_fields=["events", "note"])
        audit.record(CHANGED, subject=f"webhook:{endpoint.pk}")


def rotate(endpoint: WebhookEndpoint) -> str:
    """A new secret. For a day both sign, so that the receiver can change over without losing anything."""
    secret = signing.new_secret()
    with transaction.atomic():
        endpoint.former_secret, endpoint.former_until = endpoint.secret, timezone.now() + OVERLAP
        endpoint.secret = secret
        endpoint.save(update_fields=["secret", "former_secret", "former_until"])
        audit.record(ROTATED, subject=f"webhook:{endpoint.pk}")
    return secret


def valid_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """The newest first."""
    overlapping = endpoint.former_until is not None and endpoint.former_until > timezone.now()
    return [endpoint.secret, endpoint.former_secret] if overlapping and endpoint.former_secret else [endpoint.secret]


def disable(endpoint: WebhookEndpoint, because: str) -> None:
    """`because` is a code: "gone" if the receiver said so, "admin" if a person did."""
    with transaction.atomic():
        changed = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at=None)
        if changed.update(disabled_at=timezone.now(), disabled_because=because):
            audit.record(DISABLED, subject=f"webhook:{endpoint.pk}", reason=because)


def enable(endpoint: WebhookEndpoint) -> None:
    with transaction.atomic():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(disabled_at=None, disabled_because="")
        audit.record(ENABLED, subject=f"webhook:{endpoint.pk}")


def remove(endpoint: WebhookEndpoint) -> None:
    with transaction.atomic():
        audit.record(REMOVED, subject=f"webhook:{endpoint.pk}")
        endpoint.delete()


def _known(events: Iterable[str]) -> list[str]:
    chosen = sorted(set(events))
    unknown = [event for event in chosen if event not in EVENTS]
    if unknown:
        raise ValueError(f"no such event: {', '.join(unknown)}")
    return chosen

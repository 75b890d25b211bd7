"""The devices on which staff want to be notified: switched on by their owner, off by them or by the push service."""

import hashlib
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.models import PushDevice, User
from clinic.push import encryption
from clinic.webhooks import addresses
from compliance import audit

ADDED = audit.action("push.added", "{actor} switched notifications on for a device", "C")
REMOVED = audit.action("push.removed", "{actor} switched notifications off for a device", "D")
GONE = audit.action("push.gone", "A device no longer takes notifications", "U")
MOST = 10  # of one person; the oldest makes room


def add(user: User, endpoint: str, point: str, auth: str) -> PushDevice:
    """The same device again replaces its keys and its owner. Raises `ValueError`, and `addresses.Forbidden`."""
    addresses.check_url(endpoint)
    encryption.check_keys(point, auth)
    digest = _digest(endpoint)
    with transaction.atomic():
        known = PushDevice.objects.filter(endpoint_sha256=digest, user=user, ended_at=None).exists()
        facts = {"user": user, "endpoint": endpoint, "point": point, "auth": auth}
        device, _made = PushDevice.objects.update_or_create(
            endpoint_sha256=digest, defaults={**facts, "ended_at": None, "ended_because": ""}
        )
        if not known:
            audit.record(ADDED, subject=f"push_device:{device.pk}")
            _make_room(user)
    return device


def remove(user: User, endpoint: str) -> None:
    with transaction.atomic():
        deleted, _each = PushDevice.objects.filter(user=user, endpoint_sha256=_digest(endpoint)).delete()
        if deleted:
            audit.record(REMOVED, subject=f"user:{user.pk}")


def end(device: PushDevice, because: str) -> None:
    """The push service knows it no more. `because` is a code."""
    with transaction.atomic():
        if PushDevice.objects.filter(pk=device.pk, ended_at=None).update(
            ended_at=timezone.now(), ended_because=because
        ):
            audit.record(GONE, subject=f"push_device:{device.pk}", reason=because)


def of(user_id: UUID) -> list[PushDevice]:
    return list(PushDevice.objects.filter(user_id=user_id, ended_at=None, user__is_active=True).order_by("made_at"))


def owners_among(user_ids: Collection[UUID]) -> set[UUID]:
    """Who of these can be reached so."""
    return set(PushDevice.objects.filter(user_id__in=user_ids, ended_at=None).values_list("user_id", flat=True))


def _make_room(user: User) -> None:
    newest = PushDevice.objects.filter(user=user, ended_at=None).order_by("-made_at").values_list("pk", flat=True)
    for device in PushDevice.objects.filter(pk__in=list(newest)[MOST:]):
        end(device, "too_many")


def _digest(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()

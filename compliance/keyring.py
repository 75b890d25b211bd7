"""One key a patient, wrapped by a key-encryption key that is kept apart.

Destroying a patient's wrapped key erases everything sealed under it, in backups too.
Wrapped keys live in the database `keys`, which has backups of its own.
"""

import os
import threading
import time
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from compliance.encryption import DataKey
from compliance.errors import KeyDestroyed
from compliance.key_providers import Context, Wrapped, provider
from compliance.models import PatientKey

CACHE_S = 300.0
HOUSE = UUID(int=0)  # the key of what belongs to no patient: one-time-code secrets of staff, blind indexes
_cache: dict[UUID, tuple[float, DataKey]] = {}
_lock = threading.Lock()


def key_for(patient_id: UUID) -> DataKey:
    """The patient's key, made on first use. Raises `KeyDestroyed` after erasure."""
    now = time.monotonic()
    with _lock:
        cached = _cache.get(patient_id)
        if cached and now - cached[0] < CACHE_S:
            return cached[1]
    key = _load(patient_id)
    with _lock:
        _cache[patient_id] = (now, key)
    return key


def destroy(patient_id: UUID) -> None:
    """Erase the patient: their wrapped key is overwritten and can never be made again.

    Other processes may hold the key for `CACHE_S` more.
    """
    row = {"wrapped": b"", "destroyed_at": timezone.now()}
    PatientKey.objects.update_or_create(patient_id=patient_id, version=1, defaults=row)
    PatientKey.objects.filter(patient_id=patient_id).update(**row)
    with _lock:
        _cache.pop(patient_id, None)


def is_destroyed(patient_id: UUID) -> bool:
    return PatientKey.objects.filter(patient_id=patient_id, destroyed_at__isnull=False).exists()


def forget_cached() -> None:
    with _lock:
        _cache.clear()


def rewrap(limit: int = 1000) -> int:
    """Wrap again, under the provider's current key, keys that another one wrapped; how many.

    Readers are not held up: until a row is replaced, its old wrapping still opens.
    """
    keeper = provider()
    with transaction.atomic(using="keys"):
        old = PatientKey.objects.select_for_update(skip_locked=True).filter(destroyed_at=None)
        rows = list(old.exclude(key_encryption_key=keeper.current())[:limit])
        renewed = [keeper.wrap(_unwrap(row), _context(row.patient_id, row.version)) for row in rows]
        with connections["keys"].cursor() as cursor:
            cursor.execute(
                "UPDATE compliance_patientkey k SET wrapped = n.wrapped, key_encryption_key = n.under "
                "FROM unnest(%s::bigint[], %s::bytea[], %s::text[]) AS n(id, wrapped, under) WHERE k.id = n.id",
                [[row.pk for row in rows], [one.secret for one in renewed], [one.under for one in renewed]],
            )
    return len(rows)


def _load(patient_id: UUID) -> DataKey:
    row = PatientKey.objects.filter(patient_id=patient_id).order_by("-version").first()
    if row is None:
        made = provider().wrap(os.urandom(32), _context(patient_id, 1))
        row, _ = PatientKey.objects.get_or_create(
            patient_id=patient_id,
            version=1,
            defaults={"wrapped": made.secret, "key_encryption_key": made.under},
        )
    if row.destroyed_at or not row.wrapped:
        raise KeyDestroyed(f"the key of patient {patient_id} was destroyed")
    return DataKey(row.version, _unwrap(row))


def _unwrap(row: PatientKey) -> bytes:
    wrapped = Wrapped(bytes(row.wrapped), row.key_encryption_key)
    return provider().unwrap(wrapped, _context(row.patient_id, row.version))


def _context(patient_id: UUID, version: int) -> Context:
    return {"patient": str(patient_id), "version": str(version)}

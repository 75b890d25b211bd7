"""One key a patient, wrapped by a key-encryption key that is kept apart.

Destroying a patient's wrapped key erases everything sealed under it, in backups too.
Wrapped keys live in the database `keys`, which has backups of its own.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils import timezone

from compliance.deadline import answered_within
from compliance.encryption import DataKey
from compliance.errors import KeyDestroyed, KeyServiceUnavailable
from compliance.key_providers import Context, Wrapped, provider
from compliance.models import PatientKey

CACHE_S = 300.0
ANSWER_S = 5.0  # a key is one row by its index; keys that take longer hang
REST_S = 3.0  # keys that did not answer are not asked again for so long: a page uses many, and each may wait
HOUSE = UUID(int=0)  # the key of what belongs to no patient: one-time-code secrets of staff, blind indexes
_cache: dict[UUID, tuple[float, DataKey]] = {}
_lock = threading.Lock()
_held_s = CACHE_S
_away_until_s = 0.0


def key_for(patient_id: UUID) -> DataKey:
    """The patient's key, made on first use. Raises `KeyDestroyed` after erasure, and `KeyServiceUnavailable`."""
    now = time.monotonic()
    with _lock:
        cached = _cache.get(patient_id)
    if cached and now - cached[0] < CACHE_S:
        return cached[1]
    try:
        with _answering():
            key = _load(patient_id)
    except KeyServiceUnavailable:
        if cached and now - cached[0] < _held_s:
            return cached[1]
        raise
    with _lock:
        _cache[patient_id] = (now, key)
    return key


def hold(seconds: float) -> None:
    """From now on this process uses the keys it has for so long, if the key service does not answer.

    For the process of a call, which must not fall silent because of it. A key that was
    destroyed is still gone after `CACHE_S` wherever the service answers.
    """
    global _held_s
    _held_s = max(seconds, CACHE_S)


def destroy(patient_id: UUID) -> None:
    """Erase the patient: their wrapped key is overwritten and can never be made again.

    Other processes may hold the key for `CACHE_S` more. Raises `KeyServiceUnavailable`.
    """
    row = {"wrapped": b"", "destroyed_at": timezone.now()}
    with _answering():
        PatientKey.objects.update_or_create(patient_id=patient_id, version=1, defaults=row)
        PatientKey.objects.filter(patient_id=patient_id).update(**row)
    with _lock:
        _cache.pop(patient_id, None)


def is_destroyed(patient_id: UUID) -> bool:
    """Raises `KeyServiceUnavailable`."""
    with _answering():
        return PatientKey.objects.filter(patient_id=patient_id, destroyed_at__isnull=False).exists()


def forget_cached() -> None:
    global _away_until_s
    with _lock:
        _cache.clear()
    _away_until_s = 0.0


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


@contextmanager
def _answering() -> Iterator[None]:
    """Tells whoever asks for a key that nobody answers, and leaves nothing of a broken connection behind."""
    global _away_until_s
    if time.monotonic() < _away_until_s:
        raise KeyServiceUnavailable("the keys did not answer a moment ago")
    try:
        with answered_within(ANSWER_S, using="keys"):
            yield
    except KeyServiceUnavailable:
        _away_until_s = time.monotonic() + REST_S
        raise
    except (OperationalError, InterfaceError) as problem:
        _away_until_s = time.monotonic() + REST_S
        if not connections["keys"].in_atomic_block:
            connections["keys"].close()
        raise KeyServiceUnavailable(f"the keys do not answer: {type(problem).__name__}") from None


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

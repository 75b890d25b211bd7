"""One key a patient, wrapped by a key-encryption key that is kept apart.

Destroying a patient's wrapped key erases everything sealed under it, in backups too.
Wrapped keys live in the database `keys`, which has backups of its own.
"""

import base64
import os
import threading
import time
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from django.conf import settings
from django.utils import timezone

from compliance.encryption import DataKey
from compliance.errors import KeyDestroyed

CACHE_S = 300.0
HOUSE = UUID(int=0)  # the key of what belongs to no patient: one-time-code secrets of staff
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
    """Erase the patient: their wrapped key is overwritten and can never be made again."""
    from compliance.models import PatientKey

    PatientKey.objects.filter(patient_id=patient_id).update(wrapped=b"", destroyed_at=timezone.now())
    with _lock:
        _cache.pop(patient_id, None)


def forget_cached() -> None:
    with _lock:
        _cache.clear()


def _load(patient_id: UUID) -> DataKey:
    from compliance.models import PatientKey

    row = PatientKey.objects.filter(patient_id=patient_id).order_by("-version").first()
    if row is None:
        row, _ = PatientKey.objects.get_or_create(
            patient_id=patient_id, version=1, defaults={"wrapped": aes_key_wrap(_key_encryption_key(), os.urandom(32))}
        )
    if row.destroyed_at or not row.wrapped:
        raise KeyDestroyed(f"the key of patient {patient_id} was destroyed")
    return DataKey(row.version, aes_key_unwrap(_key_encryption_key(), bytes(row.wrapped)))


def _key_encryption_key() -> bytes:
    path: Path = settings.KEY_ENCRYPTION_KEY_PATH
    if not path.exists() and settings.DEMO:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(os.urandom(32)).decode())
    return base64.b64decode(path.read_text())

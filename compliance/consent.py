"""Consent, a purpose at a time: append-only, withdrawn as easily as given.

Everything that touches media, a model or memory asks `require` first.
"""

import hashlib
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.errors import ConsentMissing
from compliance.models import ConsentEntry, Purpose

GRANTED = audit.action("consent.granted", "{actor} gave consent for {patient}", "C")
WITHDRAWN = audit.action("consent.withdrawn", "{actor} withdrew consent for {patient}", "U")

TEXT_VERSION = "2026-11"
TEXTS: dict[Purpose, str] = {
    Purpose.AI_CALL: "I agree to talk with an AI assistant, not a person, by video call about my recovery.",
    Purpose.VOICE: "I agree that the assistant turns what I say into words, so that it can understand me.",
    Purpose.PERCEPTION: "I agree that my own device notices my expression and posture "
    "and tells the assistant in short notes.",
    Purpose.RECORDING: "I agree that sound and picture of my call are recorded for my care team.",
    Purpose.MEMORY: "I agree that the assistant remembers what I told it for my next call.",
    Purpose.EXTERNAL_MODEL: "I agree that my words are sent to an outside language model "
    "that my clinic has a contract with.",
    Purpose.SHARING: "I agree that a summary is shared with the people I name.",
}
NEEDED_FOR_A_CALL = (Purpose.AI_CALL, Purpose.VOICE)

_listeners: list[Callable[[UUID, Purpose], None]] = []


def when_withdrawn(listener: Callable[[UUID, Purpose], None]) -> Callable[[UUID, Purpose], None]:
    """Call `listener(patient_id, purpose)` after a withdrawal has been committed."""
    _listeners.append(listener)
    return listener


def granted(patient_id: UUID) -> frozenset[Purpose]:
    """The purposes this patient consents to now."""
    latest = ConsentEntry.objects.filter(patient_id=patient_id).order_by("purpose", "-at").distinct("purpose")
    return frozenset(Purpose(entry.purpose) for entry in latest if entry.granted)


def require(patient_id: UUID, purpose: Purpose) -> None:
    """Raise `ConsentMissing` unless the patient consents to `purpose` now."""
    if purpose not in granted(patient_id):
        raise ConsentMissing(purpose.value)


def grant(patient_id: UUID, purposes: Iterable[Purpose], *, method: str = "page", language: str = "en") -> None:
    with transaction.atomic():
        for purpose in purposes:
            _append(patient_id, purpose, granted=True, method=method, language=language)


def withdraw(patient_id: UUID, purpose: Purpose, *, method: str = "page", language: str = "en") -> None:
    """Withdraw now. Listeners hear of it once it is committed."""
    with transaction.atomic():
        _append(patient_id, purpose, granted=False, method=method, language=language)
        transaction.on_commit(lambda: [listener(patient_id, purpose) for listener in _listeners])


def _append(patient_id: UUID, purpose: Purpose, *, granted: bool, method: str, language: str) -> None:
    ConsentEntry.objects.create(
        at=timezone.now(),
        patient_id=patient_id,
        purpose=purpose,
        granted=granted,
        text_version=TEXT_VERSION,
        text_sha256=hashlib.sha256(TEXTS[purpose].encode()).hexdigest(),
        language=language,
        method=method,
    )
    audit.record(
        GRANTED if granted else WITHDRAWN, patient_id=patient_id, detail={"purpose": purpose.value, "method": method}
    )

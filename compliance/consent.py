"""Consent, a purpose at a time: append-only, withdrawn as easily as given.

Everything that touches media, a model or memory asks `require` first.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from compliance import audit, restriction
from compliance.consent_texts import CURRENT, FALLBACK, PUBLISHED
from compliance.errors import ConsentMissing
from compliance.models import ConsentEntry, Purpose

GRANTED = audit.action("consent.granted", "{actor} gave consent for {patient}", "C")
WITHDRAWN = audit.action("consent.withdrawn", "{actor} withdrew consent for {patient}", "U")

TEXT_VERSION = CURRENT
TEXTS = PUBLISHED[CURRENT][FALLBACK]
NEEDED_FOR_A_CALL = (Purpose.AI_CALL, Purpose.VOICE)

_listeners: list[Callable[[UUID, Purpose], None]] = []


@dataclass(frozen=True)
class Text:
    """The words of one purpose as they are shown, and their fingerprint in the ledger."""

    purpose: Purpose
    words: str
    language: str
    version: str = CURRENT

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.words.encode()).hexdigest()


def text(purpose: Purpose, language: str = FALLBACK) -> Text:
    """The current words for `purpose` in `language` ("es", "de-CH"), or in English if there are none."""
    spoken = language.partition("-")[0].lower()
    chosen = spoken if spoken in PUBLISHED[CURRENT] else FALLBACK
    return Text(purpose, PUBLISHED[CURRENT][chosen][purpose], chosen)


def text_of(sha256: str) -> str:
    """The words that somebody agreed to, by the fingerprint in the ledger; empty if they were never ours."""
    return _words_by_fingerprint.get(sha256, "")


def when_withdrawn(listener: Callable[[UUID, Purpose], None]) -> Callable[[UUID, Purpose], None]:
    """Call `listener(patient_id, purpose)` after a withdrawal has been committed."""
    _listeners.append(listener)
    return listener


def granted(patient_id: UUID) -> frozenset[Purpose]:
    """What the patient's data may be used for now: what they consent to, and nothing under a restriction."""
    return frozenset() if restriction.stands(patient_id) else agreed(patient_id)


def agreed(patient_id: UUID) -> frozenset[Purpose]:
    """The purposes this patient consents to, as the ledger says."""
    latest = ConsentEntry.objects.filter(patient_id=patient_id).order_by("purpose", "-number").distinct("purpose")
    return frozenset(Purpose(entry.purpose) for entry in latest if entry.granted)


def granted_since(patient_id: UUID, purpose: Purpose, version: str) -> bool:
    """Whether they consent to `purpose` now, in the words of text `version` or later ones.

    For a use that earlier words did not name.
    """
    if purpose not in granted(patient_id):
        return False
    entry = ConsentEntry.objects.filter(patient_id=patient_id, purpose=purpose).order_by("-number").first()
    return entry is not None and entry.granted and entry.text_version >= version


def require(patient_id: UUID, purpose: Purpose) -> None:
    """Raise `Restricted`, or `ConsentMissing` unless the patient consents to `purpose` now."""
    restriction.require(patient_id)
    if purpose not in agreed(patient_id):
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
    # One at a time for a patient, so that numbers are in the order of commits: the last one counts.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"consent:{patient_id}"])
    shown = text(purpose, language)
    ConsentEntry.objects.create(
        at=timezone.now(),
        patient_id=patient_id,
        purpose=purpose,
        granted=granted,
        text_version=shown.version,
        text_sha256=shown.sha256,
        language=shown.language,
        method=method,
    )
    audit.record(
        GRANTED if granted else WITHDRAWN, patient_id=patient_id, detail={"purpose": purpose.value, "method": method}
    )


_words_by_fingerprint = {
    Text(purpose, words, language, version).sha256: words
    for version, languages in PUBLISHED.items()
    for language, texts in languages.items()
    for purpose, words in texts.items()
}

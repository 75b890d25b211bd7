"""Shadow mode: a release answers the words of past calls, silently, beside the release in use.

Both answer the same words one after the other, so that nothing but the release differs. Nothing is spoken, written or
escalated, and no live call waits for it; what remains is an entry in the audit trail for each call, and counts.
Called by `manage.py shadow`.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from compliance import audit, consent
from compliance.models import Purpose
from conversations import equipment, protocol_book
from conversations.errors import ReleaseRefused
from conversations.live.dialogue import Dialogue, Turn
from conversations.live.events import Words
from conversations.live.perception import Perception
from conversations.models import Release, Session, Utterance
from conversations.releases import assignment, installed
from conversations.releases.bundle import Bundle, hindrances
from conversations.releases.comparing import Answer, Pair

logger = logging.getLogger(__name__)
SHADOWED = audit.action("release.shadowed", "{actor} let a release answer a past call of {patient}, unheard", "R")
WINDOW = timedelta(days=14)


def answer_again(candidate: Release, calls: int) -> Iterator[Pair]:
    """Each turn of at most `calls` sampled calls, answered by the release in use and by `candidate`.

    Raises `ReleaseRefused` if the candidate cannot be started here.
    """
    base, bundle = _base(), Bundle(candidate.parts)
    if hindrances(bundle, installed.ground()):
        raise ReleaseRefused(_("This release cannot be started with the software installed here."))
    for session in sampled(candidate, calls, needs_model=bool(base.model or bundle.model)):
        audit.record(
            SHADOWED,
            patient_id=session.patient_id,
            subject=f"release:{candidate.pk}",
            detail={"session": str(session.pk)},
        )
        words = _said_by_the_patient(session)
        sides = [_answers(session, one, words) for one in (base, bundle)]
        yield from (Pair(ours, theirs) for ours, theirs in zip(*sides, strict=True))


def sampled(candidate: Release, calls: int, *, needs_model: bool) -> list[Session]:
    """By a hash of call and release, so that nobody chooses; of patients who still agree to what it takes."""
    needed = {*consent.NEEDED_FOR_A_CALL, *((Purpose.EXTERNAL_MODEL,) if needs_model else ())}
    ended = Session.objects.filter(
        state=Session.State.ENDED, joined_at__isnull=False, ended_at__gte=timezone.now() - WINDOW
    ).select_related("patient__care_team")

    def drawn(session: Session) -> bytes:
        return hashlib.sha256(candidate.digest.encode() + session.pk.bytes).digest()

    willing = (one for one in sorted(ended, key=drawn) if needed <= consent.granted(one.patient_id))
    return [session for _number, session in zip(range(calls), willing, strict=False)]


def _base() -> Bundle:
    current = assignment.in_use()
    return Bundle(current.parts) if current else installed.bundle()


def _said_by_the_patient(session: Session) -> list[str]:
    """Turn by turn."""
    turns: dict[int, list[str]] = {}
    for one in session.utterances.filter(speaker=Utterance.Speaker.PATIENT).order_by("at"):
        turns.setdefault(one.turn, []).append(one.text)
    return [" ".join(texts) for _turn, texts in sorted(turns.items())]


def _answers(session: Session, bundle: Bundle, words: Sequence[str]) -> list[Answer]:
    known = installed.known_protocols()
    held = {name: known[digest] for name, digest in bundle.protocols.items()}
    protocol = protocol_book.for_patient(session.patient, held)
    dialogue = equipment.dialogue_for(session, bundle, protocol, Perception(allowed=False))
    with asyncio.Runner() as runner:
        runner.run(_taken(dialogue, dialogue.opening(resumed=False), 0.0))
        return [runner.run(_answer(dialogue, text)) for text in words]


async def _answer(dialogue: Dialogue, text: str) -> Answer:
    before, began_s = _counts(dialogue.snapshot()), time.perf_counter()
    words = Words(0.0, text, True)
    try:
        assessment = dialogue.hear(words)
        said, first_ms = await _taken(dialogue, dialogue.consider(words, assessment), began_s)
    except Exception as problem:
        logger.warning("a release failed in the shadow: %s", type(problem).__name__)
        return Answer("", None, 0, 0, failed=True)
    passed, stopped, left_out = (now - then for now, then in zip(_counts(dialogue.snapshot()), before, strict=True))
    raised = frozenset(finding.rule for finding in assessment.findings)
    return Answer(said, first_ms, passed + stopped, stopped, raised, failed=bool(left_out))


async def _taken(dialogue: Dialogue, turn: Turn, began_s: float) -> tuple[str, float | None]:
    """What a turn says, and when its first sentence came; committed as if it had been heard, without its effects."""
    said: list[str] = []
    first_ms = None
    async for sentence in turn.sentences():
        if first_ms is None:
            first_ms = (time.perf_counter() - began_s) * 1000
        said.append(sentence.text)
    dialogue.commit(turn, " ".join(said))
    return " ".join(said), first_ms


def _counts(snapshot: Mapping[str, Any]) -> tuple[int, int, int]:
    """Sentences passed and stopped, and turns that the model was left out of."""
    gate: Mapping[str, int] = snapshot.get("gate", {})
    return gate.get("passed", 0), gate.get("stopped", 0), int(snapshot.get("left_out", 0))

"""A call as stretches of speech, for the timeline beside an escalation.

The record holds where words were, not how long they took: that is estimated from how
many they are. A patient's place is where the words ended, the others' where they began.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from clinic.timeline import Call, Stretch
from conversations.models import Session, Utterance

MS_PER_WORD = 400  # 150 words a minute: unhurried speech
BREATH_MS = 100
PATIENT = Utterance.Speaker.PATIENT


def of_session(session_id: UUID) -> Call | None:
    """None if nobody joined, or if what was said is no longer kept."""
    session = Session.objects.filter(pk=session_id, joined_at__isnull=False).first()
    if session is None or session.joined_at is None:
        return None
    said = Utterance.objects.filter(session=session).select_related("session").order_by("position_ms", "at")
    spoken = stretches([(one.speaker, one.position_ms, len(one.text.split())) for one in said])
    until = session.ended_at or (timezone.now() if session.state == Session.State.LIVE else session.joined_at)
    ran_ms = int((until - session.joined_at).total_seconds() * 1000)
    return Call(max([ran_ms, *(one.ends_ms for one in spoken)]), spoken)


def stretches(said: Sequence[tuple[str, int, int]]) -> tuple[Stretch, ...]:
    """From speaker, position in ms and number of words, by position. Pure. No two are drawn at once."""
    found: list[Stretch] = []
    for speaker, position_ms, words in said:
        length_ms = BREATH_MS + MS_PER_WORD * words
        starts_ms = max(0, position_ms - length_ms) if speaker == PATIENT else position_ms
        ends_ms = position_ms if speaker == PATIENT else position_ms + length_ms
        one = Stretch(speaker, starts_ms, ends_ms, position_ms)
        found[-1:] = _parted(found[-1], one) if found else [one]
    return tuple(found)


def _parted(before: Stretch, after: Stretch) -> list[Stretch]:
    """Two in a row. Where the estimates overlap, what is known stays: where a patient ended, where others began."""
    if before.ends_ms <= after.starts_ms:
        return [before, after]
    if after.speaker != PATIENT:
        border = after.starts_ms
    elif before.speaker == PATIENT:
        border = before.ends_ms
    else:
        long_before, long_after = before.ends_ms - before.starts_ms, after.ends_ms - after.starts_ms
        both = max(0, after.ends_ms - before.starts_ms)
        border = before.starts_ms + both * long_before // max(1, long_before + long_after)
    ends_ms = max(before.starts_ms, min(before.ends_ms, border))
    return [replace(before, ends_ms=ends_ms), replace(after, starts_ms=min(after.ends_ms, max(ends_ms, border)))]

"""What the assistant notices beside the words: one short note for each utterance, with how sure it is. Pure.

Fuses what the patient's device read from their face (`looks`) and from how they sit (`posture`), and how their voice
sounds (`voice_signs`), each against the patient's own usual. The note may slow the conversation down, make the
assistant ask, and stand beside an escalation that words have raised; it never raises one and is never the sole cause
of anything (docs/decisions/0053). Nothing is kept but numbers of the last seconds and a count of what stood out
(`noticed`), and nothing at all once the patient takes their consent back.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from conversations.live.call import Ears, Turning
from conversations.live.closing import closing
from conversations.live.events import AgentStarted, AgentStopped, Chunk, Decision, Heard, SpeechStarted, SpeechStopped
from conversations.live.hesitation import Hesitation
from conversations.live.looks import Looks
from conversations.live.looks import parse as parse_look
from conversations.live.noticed import Summary, Tally
from conversations.live.posture import Posture
from conversations.live.posture import parse as parse_stance
from conversations.live.signs import Sign, strongest_first
from conversations.live.voice_signs import Voice

MOST_SIGNS = 4
WORTH_SAYING = 0.3
STALE_S = 30.0
LOOKS_PER_S, STANCES_PER_S = 12.0, 5.0  # more than the page sends; what comes faster is dropped
LEAD_IN_S = 0.3
JOINED_S = 1.2  # a pause shorter than this is within an utterance


@dataclass(frozen=True)
class Note:
    """At most 32 tokens. `confidence` and `concern` are 0 to 1."""

    text: str = ""
    confidence: float = 0.0
    concern: float = 0.0

    def __str__(self) -> str:
        return f"{self.text} ({how_sure(self.confidence)})" if self.text else ""


NOTHING = Note()


def how_sure(confidence: float) -> str:
    return "clear" if confidence >= 0.75 else "likely" if confidence >= 0.5 else "faint"


def fused(seen: Sequence[Sign], heard: Sequence[Sign]) -> Note:
    """The strongest signs, seen and heard, in a few words.

    Face and voice that agree are surer than either: their confidences add up as independent evidence would.
    """
    found = strongest_first((*seen, *heard), WORTH_SAYING)
    if not found:
        return NOTHING
    chosen = found[:MOST_SIGNS]
    doubts = [1 - 0.7 * max((sign.strength for sign in side), default=0.0) for side in (seen, heard)]
    worries = [1 - max((sign.concern * sign.strength for sign in side), default=0.0) for side in (seen, heard)]
    return Note(
        text=", ".join(sign.words for sign in chosen),
        confidence=round(1 - doubts[0] * doubts[1], 2),
        concern=round(1 - worries[0] * worries[1], 2),
    )


class Perception:
    """One per call. It notices nothing unless `allowed`, which follows the patient's consent.

    Its clock is that of the sound it overhears.
    """

    def __init__(self, *, allowed: bool, posture_allowed: bool = True) -> None:
        self.allowed, self.posture_allowed = allowed, posture_allowed
        self._forget()

    def _forget(self) -> None:
        self._now_s = 0.0
        self._looks, self._posture, self._voice = Looks(), Posture(), Voice()
        self._note, self._noted_s = NOTHING, 0.0
        self._looked_s = self._sat_s = -1.0
        self._stopped_s = float("-inf")
        self._tally = Tally()
        self._hesitation = Hesitation()

    def allow(self, allowed: bool) -> None:
        """Consent as it stands now; taken back, everything is forgotten at once."""
        if self.allowed and not allowed:
            self._forget()
        self.allowed = allowed

    def see(self, message: Mapping[str, object]) -> None:
        """A report of the patient's page. One that is none, or comes too soon after the last, changes nothing."""
        if not self.allowed:
            return
        if "body" in message:
            self._see_posture(message)
        elif self._now_s - self._looked_s >= 1 / LOOKS_PER_S and (look := parse_look(message, self._now_s)):
            self._looks.see(look)
            self._looked_s = self._now_s

    def _see_posture(self, message: Mapping[str, object]) -> None:
        """Only where the patient agreed in words that name it."""
        if not self.posture_allowed or self._now_s - self._sat_s < 1 / STANCES_PER_S:
            return
        if stance := parse_stance(message, self._now_s):
            self._posture.see(stance)
            self._sat_s = self._now_s

    def _seen(self, now_s: float) -> Sequence[Sign]:
        return (*self._looks.signs(now_s), *self._posture.signs(now_s))

    def listen(self, chunk: Chunk) -> None:
        self._now_s = chunk.at_s
        if self.allowed:
            self._voice.meter.hear(chunk.samples)

    def heard(self, event: Heard) -> None:
        """An utterance begins or ends: the note is of the one that ended last."""
        if not self.allowed:
            return
        if isinstance(event, SpeechStarted):
            self._hesitation.began(event.at_s)
            if event.at_s - self._stopped_s > JOINED_S:
                self._voice.begin(LEAD_IN_S)
                self._tally.close()
        elif isinstance(event, SpeechStopped):
            seen, heard = self._seen(event.at_s), self._voice.signs()
            self._note = fused(seen, heard)
            self._tally.put(seen, heard)
            self._hesitation.stopped(
                event.at_s, halting=_strength(heard, "hesitating"), away=_strength(seen, "looking away")
            )
            self._noted_s = self._stopped_s = event.at_s

    def asked(self, at_s: float) -> None:
        """Our own words ended."""
        if self.allowed:
            self._hesitation.asked(at_s)

    def hesitated(self, words: str) -> bool:
        """Whether the answer that ends now, in these words, came hesitantly for this patient."""
        return self.allowed and self._hesitation.in_answer(words)

    def note(self) -> Note:
        """What was noticed about the last utterance, if that is not long ago."""
        return self._note if self.allowed and self._now_s - self._noted_s <= STALE_S else NOTHING

    def latest(self) -> str:
        """The note in words, for a clinician and for the mind; empty if nothing stood out."""
        return str(self.note())

    def summary(self) -> Summary | None:
        """What stood out in the call, for the care team; None without consent, or if nothing was listened to."""
        return self._tally.summary() if self.allowed else None

    def concern(self) -> float:
        """How much it would worry a listener, 0 to 1; less when it is not sure."""
        note = self.note()
        return note.concern * note.confidence


def _strength(signs: Sequence[Sign], words: str) -> float:
    return max((sign.strength for sign in signs if sign.words == words), default=0.0)


class Followed:
    """This turn policy, with `perception` told when our own words end: it changes nothing of what is decided."""

    def __init__(self, turn: Turning, perception: Perception) -> None:
        self._turn, self._perception = turn, perception

    def on(self, event: Heard | AgentStarted | AgentStopped, now_s: float) -> list[Decision]:
        if isinstance(event, AgentStopped):
            self._perception.asked(event.at_s)
        return self._turn.on(event, now_s)


def overheard(ears: Ears, perception: Perception) -> Ears:
    """These ears, with `perception` listening along: it changes nothing of what is heard."""

    async def tapped(chunks: AsyncIterator[Chunk]) -> AsyncIterator[Chunk]:
        async for chunk in chunks:
            perception.listen(chunk)
            yield chunk

    async def listening(chunks: AsyncIterator[Chunk]) -> AsyncIterator[Heard]:
        async with closing(ears(tapped(chunks))) as heard:
            async for event in heard:
                perception.heard(event)
                yield event

    return listening

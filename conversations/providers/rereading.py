"""A recogniser of whole recordings as a `Transcriber`: the stretch is read again as it grows, and once it has ended.

What reads is a contracted service (`openai_transcriber`) or a model on the machine (`faster_whisper_reader`).
"""

import math
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from conversations.live.events import Samples, Words
from conversations.providers.homophones import as_meant
from conversations.providers.stretch import Stretch

REREAD_EVERY_S = 0.6  # of new sound: each reading is a request, or a good part of a core
UNSAID = 0.75  # the confidence of words whose reader says nothing about it
NO_SPEECH_P, NO_SPEECH_LOGPROB = 0.6, -1.0  # Whisper's own limits: past both, the words were made up over silence


@dataclass(frozen=True)
class Reading:
    text: str
    confidence: float  # 0 to 1


@dataclass(frozen=True)
class Segment:
    """A part of Whisper's answer, wherever it ran."""

    text: str
    avg_logprob: float
    no_speech_prob: float

    @property
    def made_up(self) -> bool:
        return self.no_speech_prob > NO_SPEECH_P and self.avg_logprob < NO_SPEECH_LOGPROB


def read_from(segments: Iterable[Segment]) -> Reading:
    """The words that were said, as sure as the least sure part: that may be where the symptom is."""
    said = [segment for segment in segments if not segment.made_up and segment.text.strip()]
    if not said:
        return Reading("", 0.0)
    surely = min(segment.avg_logprob for segment in said)
    return Reading(" ".join(segment.text.strip() for segment in said), math.exp(min(0.0, surely)))


class RereadingTranscriber:
    """`read` takes the levelled 16 kHz sound of a stretch so far. What it raises, a reading raises."""

    def __init__(self, read: Callable[[Samples], Awaitable[Reading]], every_s: float = REREAD_EVERY_S) -> None:
        self._read, self._every_s = read, every_s
        self._stretch = Stretch()

    def begin(self, lead_in: Samples, at_s: float) -> None:
        self._stretch.begin(lead_in, at_s)

    def hear(self, samples: Samples) -> None:
        self._stretch.hear(samples)

    async def partial(self) -> Words | None:
        if self._stretch.unread_s < self._every_s:
            return None
        at_s, number = self._stretch.at_s, self._stretch.number
        reading = await self._read(self._stretch.take())
        if number != self._stretch.number:
            return None
        return Words(at_s, as_meant(reading.text), final=False, confidence=reading.confidence)

    async def final(self, at_s: float) -> Words:
        reading = await self._read(self._stretch.take())
        return Words(at_s, as_meant(reading.text), final=True, confidence=reading.confidence)

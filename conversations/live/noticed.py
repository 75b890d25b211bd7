"""What stood out in a whole call, in a few lines for the care team. Pure.

Counts, utterance by utterance, what `looks` and `voice_signs` found against the patient's own usual; no sound, no
picture and no number of the face is in it. It is read by a person and decides nothing (docs/decisions/0058).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from conversations.live.signs import Sign

MOST_LINES = 5
STRONG_ENOUGH = 0.3
RELIABLE = 0.7  # how far one side alone is believed at full strength
SURE_ALONE = 0.5  # what stood out in one utterance only is told from here on


@dataclass(frozen=True, slots=True)
class Line:
    """One sign: in how many utterances, from what, in how many of them the other side worried as well."""

    sign: str  # the words of `Sign`
    source: str  # face, voice
    times: int
    agreed: int
    confidence: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class Summary:
    """Of a call in which `utterances` were listened to; at most five lines, what would worry most first."""

    utterances: int
    lines: Sequence[Line]


@dataclass(slots=True)
class _Count:
    times: int = 0
    agreed: int = 0
    confidence: float = 0.0  # summed
    weight: float = 0.0  # summed


class Tally:
    """One per call. An utterance counts once, as it was when it ended: `put` may come again until `close`."""

    def __init__(self) -> None:
        self._utterances = 0
        self._counts: dict[tuple[str, str], _Count] = {}
        self._open: tuple[Sequence[Sign], Sequence[Sign]] | None = None

    def put(self, seen: Sequence[Sign], heard: Sequence[Sign]) -> None:
        self._open = seen, heard

    def close(self) -> None:
        if self._open is None:
            return
        seen, heard = self._open
        self._open = None
        self._utterances += 1
        self._count("face", seen, _worry(heard))
        self._count("voice", heard, _worry(seen))

    def _count(self, source: str, signs: Sequence[Sign], other: float) -> None:
        for sign in signs:
            if sign.strength < STRONG_ENOUGH:
                continue
            borne_out = other if sign.concern else 0.0
            count = self._counts.setdefault((source, sign.words), _Count())
            count.times += 1
            count.agreed += borne_out > 0
            # As independent evidence would add up; the same sensor finding the same again is not independent.
            count.confidence += 1 - (1 - RELIABLE * sign.strength) * (1 - RELIABLE * borne_out)
            count.weight += sign.weight

    def summary(self) -> Summary | None:
        """None if no utterance was listened to."""
        self.close()
        if not self._utterances:
            return None
        told = [(source, sign, count) for (source, sign), count in self._counts.items() if _worth_telling(count)]
        told.sort(key=lambda found: -found[2].weight)
        lines = [
            Line(sign, source, count.times, count.agreed, round(count.confidence / count.times, 2))
            for source, sign, count in told[:MOST_LINES]
        ]
        return Summary(self._utterances, tuple(lines))


def _worry(signs: Sequence[Sign]) -> float:
    """The strength of the strongest sign that would worry a listener."""
    return max((sign.strength for sign in signs if sign.concern and sign.strength >= STRONG_ENOUGH), default=0.0)


def _worth_telling(count: _Count) -> bool:
    return count.times > 1 or count.confidence >= SURE_ALONE

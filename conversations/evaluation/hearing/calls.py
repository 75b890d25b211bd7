"""Two-party calls with labelled pauses: what `turns` manifests hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations.evaluation import BadCases, cases
from conversations.evaluation.hearing.recordings import recording
from conversations.live.events import Samples

HOLD, SHIFT = "hold", "shift"
LONGEST_SILENCE_S = 3.0  # a pause that nobody's rule ends counts as taken after this


@dataclass(frozen=True)
class Pause:
    end_s: float  # end of the speech before it
    next_s: float  # whoever speaks next
    is_hold: bool

    @property
    def until_s(self) -> float:
        """How long a decision belongs to this pause."""
        longest_s = self.end_s + LONGEST_SILENCE_S
        return min(self.next_s, longest_s) if self.is_hold else longest_s


@dataclass(frozen=True)
class Call:
    """One side of a call. `user` is the side whose pauses are judged, `other` is where we would be."""

    id: str
    user: Samples
    other: Samples
    speech: Sequence[tuple[float, float]]
    pauses: Sequence[Pause]


def calls(manifest: Path) -> Iterator[Call]:
    """Raises `BadCases`."""
    for case in cases(manifest, "id", "user_wav", "other_wav", "speech", "pauses"):
        user, other = (recording(manifest.parent / case[side]) for side in ("user_wav", "other_wav"))
        speech = [(float(start_s), float(end_s)) for start_s, end_s in case["speech"]]
        yield Call(case["id"], user, other, speech, [_pause(pause, manifest) for pause in case["pauses"]])


def _pause(pause: dict[str, Any], manifest: Path) -> Pause:
    if pause.get("kind") not in (HOLD, SHIFT) or "end_s" not in pause or "next_s" not in pause:
        raise BadCases(f"{manifest}: a pause needs end_s, next_s and kind (hold or shift).")
    return Pause(float(pause["end_s"]), float(pause["next_s"]), pause["kind"] == HOLD)

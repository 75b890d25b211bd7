"""How the assistant holds itself for one frame: what `expression` decides and the drawing shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter

from conversations.live.visemes import Mouth


@dataclass(frozen=True, slots=True)
class Pose:
    """Shares are 0 to 1 unless said otherwise; 0 everywhere is a person at rest, looking at you."""

    mouth: Mouth = field(default_factory=Mouth)
    smile: float = 0.0  # -1 (corners down) to 1
    brow_inner: float = 0.0  # inner ends: -1 drawn down to 1 raised, as in concern
    brow_outer: float = 0.0  # outer ends, -1 to 1
    brow_knit: float = 0.0  # drawn together
    blink: float = 0.0  # 1 is shut
    squint: float = 0.0  # lower lids raised, as in a smile that is meant
    gaze_x: float = 0.0  # -1 to 1, to the picture's right
    gaze_y: float = 0.0  # -1 to 1, downwards
    yaw: float = 0.0  # -1 to 1: the head turned to the picture's right, about 12 degrees
    pitch: float = 0.0  # -1 to 1: the head bowed, about 10 degrees
    roll_deg: float = 0.0  # the head tilted, clockwise as seen
    lean: float = 0.0  # towards the patient
    breath: float = 0.0  # lungs full


_MOUTH = tuple(f"mouth.{part.name}" for part in fields(Mouth))
PARTS = (*_MOUTH, *(part.name for part in fields(Pose) if part.name != "mouth"))
_numbers = attrgetter(*PARTS)


def pose_of(numbers: Sequence[float]) -> Pose:
    """The pose whose `PARTS` these are, in that order."""
    rest = zip(PARTS[len(_MOUTH) :], numbers[len(_MOUTH) :], strict=True)
    return Pose(mouth=Mouth(*numbers[: len(_MOUTH)]), **dict(rest))


def numbers_of(pose: Pose) -> dict[str, float]:
    """A pose by the names of `PARTS`."""
    return dict(zip(PARTS, numbers(pose), strict=True))


def numbers(pose: Pose) -> tuple[float, ...]:
    """A pose in the order of `PARTS`."""
    return tuple(_numbers(pose))

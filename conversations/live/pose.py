"""How the assistant holds itself for one frame: what `expression` decides and the drawing shows."""

from dataclasses import dataclass, field

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

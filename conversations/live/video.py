"""How large and how often the face is sent, and which frames are worth sending. Pure: time is an argument.

A call has one core at most and shares a machine. The size and rate go down at once when frames come
late or cost too much, and up again slowly, because a picture that keeps changing size is worse than
one that is a little small.
"""

from dataclasses import dataclass, replace

STILL_S = 0.25  # an unchanged picture is sent this often: a viewer who joins or lost a packet is not left with none

_BUSY, _EASY = 0.75, 0.45  # shares of the core that is there
_PATIENCE_S = 8.0
_LATE = 0.05  # share of frames


def worth_sending(*, changed: bool, since_sent_s: float) -> bool:
    """Whether a frame should be encoded: it shows something new, or the last one is old.

    Never one of a moment before the last, as comes about when the call stood still: a receiver would drop it.
    """
    return since_sent_s >= STILL_S or (changed and since_sent_s > 0)


@dataclass(frozen=True, slots=True)
class Rung:
    """A size and rate, and the bits a second it needs to look clean."""

    size: int
    fps: int
    bits_per_s: int

    @property
    def pixels_per_s(self) -> float:
        return float(self.size) ** 2 * self.fps


LADDER = (
    Rung(360, 24, 120_000),
    Rung(480, 24, 200_000),
    Rung(480, 30, 250_000),
    Rung(720, 30, 500_000),
    Rung(1080, 30, 900_000),
    Rung(1080, 40, 1_100_000),
)


@dataclass(frozen=True, slots=True)
class Load:
    """The last second: seconds of processor a frame took, share of frames that came late, what the network takes."""

    at_s: float
    frame_cost_s: float
    late: float
    cores_free: float  # what the machine has left over for this call, 0 to 1
    bits_per_s: float  # the receiver's estimate


@dataclass(frozen=True, slots=True)
class Choice:
    """Where on the ladder a call is, and since when it could have gone up."""

    rung: int
    easy_since_s: float | None = None

    @property
    def wanted(self) -> Rung:
        return LADDER[self.rung]


def adapt(choice: Choice, load: Load, *, top: int = len(LADDER) - 1) -> Choice:
    """The choice for the next second. Down as far as it must at once; up one rung after 8 easy seconds."""
    affordable = _highest_affordable(choice, load, top)
    if affordable < choice.rung:
        return Choice(affordable)
    if load.late > _LATE and choice.rung > 0:
        return Choice(choice.rung - 1)
    if choice.rung < top and _share(choice, choice.rung + 1, load) < _EASY and _fits(choice.rung + 1, load):
        since_s = load.at_s if choice.easy_since_s is None else choice.easy_since_s
        if load.at_s - since_s >= _PATIENCE_S:
            return Choice(choice.rung + 1)
        return replace(choice, easy_since_s=since_s)
    return Choice(choice.rung)


def _highest_affordable(choice: Choice, load: Load, top: int) -> int:
    for rung in range(min(choice.rung, top), 0, -1):
        if _share(choice, rung, load) <= _BUSY and _fits(rung, load):
            return rung
    return 0


def _share(choice: Choice, rung: int, load: Load) -> float:
    """The share of the free processor a rung would take, from what this one takes: cost goes with pixels."""
    used = load.frame_cost_s * choice.wanted.fps
    return used * LADDER[rung].pixels_per_s / choice.wanted.pixels_per_s / max(load.cores_free, 1e-3)


def _fits(rung: int, load: Load) -> bool:
    return LADDER[rung].bits_per_s <= load.bits_per_s

"""How the patient sits, as their own device read it, and what stands out from how they usually sit. Pure.

The device sends lengths, an angle and where the hands are (`static/conversations/perception/posture.js`), never a
picture, at most four times a second. Guarding and rubbing where it hurts, bracing and restlessness are among the pain
behaviours that Keefe and Block (1982, Behavior Therapy 13) observe; each has a hundred other causes, so a hand on the
chest is "hand resting on chest" and never more than that. Words about the chest are the guard's, not these.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from math import hypot
from statistics import fmean

from conversations.live.signs import Sign, Usual, is_plausible, over, share, strongest_first

WINDOW_S = 8.0
LEARNING = 8  # looks before anything stands out
RESTING = 0.6  # of the looks: a hand that passes by rests on nothing
LEANING_DEG = 6.0


@dataclass(frozen=True, slots=True)
class Stance:
    """One moment. Lengths are shares of the width of the shoulders, `width` of the picture's height; `tilt` degrees."""

    at_s: float
    tilt: float = 0.0
    neck: float = 0.0
    lean: float = 0.0
    across: float = 0.0
    height: float = 0.0
    width: float = 0.0
    body: bool = True
    chest: bool = False
    belly: bool = False


NUMBERS = tuple(each.name for each in fields(Stance) if each.type is float and each.name != "at_s")
# What is compared with its usual value, and the least spread it is given: smaller differences are noise of the model.
SPREADS = {"tilt": 2.0, "neck": 0.04, "lean": 0.04, "height": 0.04}


def parse(message: Mapping[str, object], at_s: float) -> Stance | None:
    """A report of the page; None if it is none. It comes from a stranger's device: nothing in it is trusted."""
    if message.get("body") is False:
        return Stance(at_s, body=False)
    numbers = {name: message.get(name) for name in NUMBERS}
    if not all(map(is_plausible, numbers.values())):
        return None
    hands = {name: message.get(name) is True for name in ("chest", "belly")}
    return Stance(at_s, **numbers, **hands)  # type: ignore[arg-type]  # each was found to be a number


class Posture:
    """The last seconds, and what is usual for this patient. One per call."""

    def __init__(self) -> None:
        self._recent: deque[Stance] = deque(maxlen=int(WINDOW_S * 5))
        self._usual = {name: Usual(least=least) for name, least in SPREADS.items()}
        self._usual_pace = Usual(least=0.04)

    def see(self, stance: Stance) -> None:
        if stance.body:
            for name, usual in self._usual.items():
                self._usual[name] = usual.after(getattr(stance, name))
            if self._recent and self._recent[-1].body:
                self._usual_pace = self._usual_pace.after(_pace(self._recent[-1], stance))
        self._recent.append(stance)

    def signs(self, now_s: float) -> Sequence[Sign]:
        """What stands out in the last seconds, strongest first. A body that is not in the picture is no sign."""
        seen = [stance for stance in self._recent if stance.body and now_s - stance.at_s <= WINDOW_S]
        if len(seen) < LEARNING or self._usual["tilt"].count < LEARNING:
            return ()
        return strongest_first((*_hands(seen), *_bearing(seen, self._usual), self._restless(seen)))

    def _restless(self, seen: Sequence[Stance]) -> Sign:
        paces = [_pace(before, after) for before, after in pairwise(seen)]
        return Sign("moving restlessly", over(self._usual_pace.stands_out(paces), 2.5, 6.0), concern=0.2)


def _pace(before: Stance, after: Stance) -> float:
    """Shoulder widths a second."""
    lasted_s = max(after.at_s - before.at_s, 0.05)
    return hypot(after.across - before.across, after.height - before.height) / lasted_s


def _hands(seen: Sequence[Stance]) -> Sequence[Sign]:
    return (
        Sign("hand resting on chest", over(share(seen, lambda stance: stance.chest), RESTING), concern=0.5),
        Sign("hand resting on belly", over(share(seen, lambda stance: stance.belly), RESTING), concern=0.4),
    )


def _bearing(seen: Sequence[Stance], usual: Mapping[str, Usual]) -> Sequence[Sign]:
    def z(name: str) -> float:
        return usual[name].stands_out([getattr(stance, name) for stance in seen])

    sideways = abs(fmean(stance.tilt for stance in seen) - usual["tilt"].mean) >= LEANING_DEG
    sunk = min(-z("neck"), z("height"))  # head nearer the shoulders, shoulders lower in the picture
    return (
        Sign("slumped", over(sunk, 2.0, 5.0), concern=0.2),
        Sign("leaning to one side", over(abs(z("tilt")), 2.5, 6.0) if sideways else 0.0, concern=0.2),
    )

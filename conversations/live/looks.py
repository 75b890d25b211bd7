"""What the patient's own device read from their face, and what stands out from how they usually look. Pure.

The device sends lengths and angles (`static/conversations/perception/features.js`), never a picture. A number means
nothing by itself: some people frown at rest. Each is compared with this patient's usual value in this call.

Signs are action units of the Facial Action Coding System (Ekman and Friesen, 1978). Those that go with pain are the
ones of Prkachin and Solomon (2008, Pain 139): AU4 brow lowered, AU6/7 lids tightened, AU9/10 upper lip raised,
AU43 eyes closed. They also go with bright light, effort or thought, so two of them together are "may be
uncomfortable", and never more than that.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from conversations.live.signs import Sign, Usual, is_plausible, over, share, strongest_first

WINDOW_S = 6.0
LEARNING = 15  # looks before anything stands out
FARTHER_DEG = 20.0
GAZE_AWAY = 0.28
OPEN_MOUTH = 0.3
MANY_BLINKS_PER_MIN = 45.0  # 26 is usual in conversation (Bentivoglio et al., 1997)


@dataclass(frozen=True, slots=True)
class Look:
    """One moment. Lengths are shares of the distance between the eyes, angles are degrees."""

    at_s: float
    eyes: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    mouth: float = 0.0
    smile: float = 0.0
    lips: float = 0.0
    upper_lip: float = 0.0
    brow: float = 0.0
    brow_gap: float = 0.0
    size: float = 0.0
    face: bool = True
    shut: bool = False
    blinks: int = 0


NUMBERS = tuple(each.name for each in fields(Look) if each.type is float and each.name != "at_s")
# What is compared with its usual value, and the least spread it is given: smaller differences are noise of the mesh.
SPREADS = {
    "eyes": 0.02,
    "yaw": 3.0,
    "pitch": 3.0,
    "smile": 0.02,
    "lips": 0.012,
    "upper_lip": 0.008,
    "brow": 0.012,
    "brow_gap": 0.012,
    "size": 0.012,
}


def parse(message: Mapping[str, object], at_s: float) -> Look | None:
    """A report of the page; None if it is none. It comes from a stranger's device: nothing in it is trusted."""
    if message.get("face") is False:
        return Look(at_s, face=False)
    numbers = {name: message.get(name) for name in NUMBERS}
    blinks = message.get("blinks", 0)
    if not isinstance(blinks, int) or not 0 <= blinks < 100_000 or not all(map(is_plausible, numbers.values())):
        return None
    return Look(at_s, **numbers, shut=message.get("shut") is True, blinks=blinks)  # type: ignore[arg-type]


class Looks:
    """The last seconds, and what is usual for this patient. One per call."""

    def __init__(self) -> None:
        self._recent: deque[Look] = deque(maxlen=int(WINDOW_S * 12))
        self._usual = {name: Usual(least=least) for name, least in SPREADS.items()}

    def see(self, look: Look) -> None:
        self._recent.append(look)
        if look.face and not look.shut:
            for name, usual in self._usual.items():
                self._usual[name] = usual.after(getattr(look, name))

    def signs(self, now_s: float) -> Sequence[Sign]:
        """What stands out in the last seconds, strongest first."""
        recent = [look for look in self._recent if now_s - look.at_s <= WINDOW_S]
        if len(recent) < LEARNING or self._usual["eyes"].count < LEARNING:
            return ()
        seen = [look for look in recent if look.face]
        if len(seen) < 0.4 * len(recent):
            return (Sign("out of the camera's view", 1 - len(seen) / len(recent)),)
        found = [*_attention(seen, self._usual), *_expression(seen, self._usual)]
        return strongest_first(found)


def _attention(seen: Sequence[Look], usual: Mapping[str, Usual]) -> Sequence[Sign]:
    away = share(seen, lambda look: abs(look.yaw - usual["yaw"].mean) > FARTHER_DEG or abs(look.gaze_x) > GAZE_AWAY)
    bowed = share(seen, lambda look: look.pitch - usual["pitch"].mean > FARTHER_DEG)
    nearer = usual["size"].stands_out([look.size for look in seen])
    return (
        Sign("looking away", over(away, 0.6)),
        Sign("head bowed", over(bowed, 0.6), concern=0.2),
        Sign("leaning in", over(nearer, 3.0, 6.0)),
    )


def _expression(seen: Sequence[Look], usual: Mapping[str, Usual]) -> Sequence[Sign]:
    """Action units, and two or more of those that go with pain together."""
    awake = [look for look in seen if not look.shut]

    def z(name: str, looks: Sequence[Look] = seen) -> float:
        return usual[name].stands_out([getattr(look, name) for look in looks])

    lowered = over(-min(z("brow"), z("brow_gap")), 2.0, 5.0)
    tightened = over(-z("eyes", awake), 2.0, 5.0)
    raised = over(-z("upper_lip"), 2.0, 5.0)
    closed = over(share(seen, lambda look: look.shut), 0.4)
    smiling = over(z("smile"), 2.5, 6.0)
    of_pain = sorted((lowered, tightened, raised, closed), reverse=True)
    together = 0.0 if smiling else of_pain[1]  # a smile tightens lids and raises the lip, too
    return (
        Sign("face may be uncomfortable", together, concern=0.6),
        Sign("brow lowered", lowered, concern=0.2),
        Sign("eyes closed", closed, concern=0.2),
        Sign("lips pressed", over(-z("lips"), 2.0, 5.0), concern=0.2),
        Sign("smiling", smiling),
        Sign("mouth open", over(share(seen, lambda look: look.mouth > OPEN_MOUTH), 0.7)),
        Sign("blinking often", over(_blinks_per_min(seen), MANY_BLINKS_PER_MIN, 90.0)),
    )


def _blinks_per_min(seen: Sequence[Look]) -> float:
    lasted_s = seen[-1].at_s - seen[0].at_s
    counted = seen[-1].blinks - seen[0].blinks  # the device starts again from 0 when it is switched off and on
    return 60 * counted / lasted_s if lasted_s >= WINDOW_S / 2 and counted > 0 else 0.0

"""Decides how the assistant looks at each moment, from what is said, who has the floor, and what was heard.

`DrawnFace` draws what this decides; so could anything else that shows a face. Pure but for memory of
what it was told; deterministic given its seed and the times it is told.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import cos, pi
from operator import attrgetter

from conversations.live.events import Floor, Phoneme
from conversations.live.expression import STIFFNESS, behaviour
from conversations.live.lipsync import Gesture, Track, cut, followed_by, gestures, mouth_at, since
from conversations.live.motion import Pace, Spring, chance, moments, swell, wander
from conversations.live.pose import Pose

_BLINK, _GLANCE, _SIDE, _SWAY, _NOD, _STRESS = range(6)
_NOD_REST_S = 1.2
_BREATHS_PER_S = 14 / 60
_BLINK_S = (0.07, 0.03, 0.17)  # shut, held, opened
_start_s = attrgetter("start_s")
_KEPT_S = 5.0  # of what the mouth has done; what it is yet to do may be a whole answer ahead


class Countenance:
    """One assistant's face through one call."""

    def __init__(self, seed: int = 1, *, reduced_motion: bool = False) -> None:
        self._seed = seed
        self._still = reduced_motion
        self._track: Track = ()
        self._posed_s = 0.0
        self._nods: list[tuple[int, float]] = []
        self._floor = Floor.LISTENING
        self._thinking_since: tuple[int, float] = (0, -1.0)
        start = behaviour(Floor.LISTENING, 0.0)
        self._springs = {
            name: Spring(getattr(start, name), target=getattr(start, name), stiffness=stiffness)
            for name, stiffness in STIFFNESS.items()
        }
        self._blinks = Pace(((0.0, 0.0, start.blinks_per_min / 60),))
        self._glances = Pace(((0.0, 0.0, start.glances_per_min / 60),))

    def say(self, phonemes: Sequence[Phoneme], starts_s: float) -> None:
        self._track = followed_by(since(self._track, self._posed_s - _KEPT_S), gestures(phonemes, starts_s))

    def hush(self, at_s: float) -> None:
        self._track = cut(self._track, at_s)

    def attend(self, floor: Floor, at_s: float, *, concern: float = 0.0, nod: bool = False) -> None:
        wanted = behaviour(floor, concern)
        self._springs = {name: spring.towards(getattr(wanted, name), at_s) for name, spring in self._springs.items()}
        self._blinks = self._blinks.changing(at_s, wanted.blinks_per_min / 60)
        self._glances = self._glances.changing(at_s, wanted.glances_per_min / 60)
        if floor is Floor.THINKING and self._floor is not Floor.THINKING:
            self._thinking_since = (self._thinking_since[0] + 1, at_s)
        self._floor = floor
        if nod:
            self._nod(at_s)

    def _nod(self, at_s: float) -> None:
        if not self._nods or at_s - self._nods[-1][1] > _NOD_REST_S:
            number = self._nods[-1][0] + 1 if self._nods else 0
            self._nods = [*self._nods[-3:], (number, at_s)]

    def pose(self, at_s: float) -> Pose:
        """How it looks at a moment."""
        self._posed_s = at_s
        rest = {name: spring.at(at_s)[0] for name, spring in self._springs.items()}
        if self._still:
            return self._quiet(rest, at_s)
        gaze_x, gaze_y = self._gaze(rest["away"], at_s)
        stress = self._emphasis(at_s) * rest["emphasis"]
        sway = rest["sway"]
        return Pose(
            mouth=mouth_at(self._track, at_s),
            smile=rest["smile"],
            brow_inner=rest["brow_inner"] + 0.12 * stress,
            brow_outer=rest["brow_outer"] + 0.3 * stress,
            brow_knit=rest["brow_knit"],
            blink=self._blink(at_s),
            squint=rest["squint"],
            gaze_x=gaze_x,
            gaze_y=gaze_y,
            yaw=0.16 * sway * self._drift(0, at_s, 0.23) + 0.3 * self._following(at_s),
            pitch=rest["pitch"] + 0.1 * sway * self._drift(1, at_s, 0.29) + 0.18 * stress + self._nodding(at_s),
            roll_deg=rest["roll_deg"] + 1.1 * sway * self._drift(2, at_s, 0.17),
            lean=rest["lean"] + 0.12 * sway * self._drift(3, at_s, 0.13),
            breath=self._breath(at_s),
        )

    def _quiet(self, rest: dict[str, float], at_s: float) -> Pose:
        """For those whom motion makes unwell: lips and lids only."""
        return Pose(
            mouth=mouth_at(self._track, at_s),
            smile=rest["smile"],
            brow_inner=rest["brow_inner"],
            brow_knit=rest["brow_knit"],
            squint=rest["squint"],
            blink=self._blink(at_s),
        )

    def _drift(self, channel: int, at_s: float, per_s: float) -> float:
        return wander(self._seed, _SWAY * 16 + channel, at_s * per_s)

    def _breath(self, at_s: float) -> float:
        """In for two fifths of the time, out for three; no two breaths quite alike."""
        phase = at_s * _BREATHS_PER_S + 0.12 * wander(self._seed, 99, at_s * 0.11)
        share = phase % 1.0
        depth = 0.85 + 0.15 * chance(self._seed, 98, int(phase // 1))
        return depth * (0.5 - 0.5 * cos(pi * (share / 0.4 if share < 0.4 else (1 - share) / 0.6)))

    def _blink(self, at_s: float) -> float:
        whole_s = sum(_BLINK_S)
        shut = [
            swell(at_s - self._blinks.when(count), *_BLINK_S)
            for _, count in moments(self._seed, _BLINK, self._blinks.at(at_s - whole_s), self._blinks.at(at_s))
        ]
        _, looked_away_s = self._thinking_since
        if looked_away_s >= 0 and chance(self._seed, _SIDE, self._thinking_since[0], 7) < 0.5:
            shut.append(swell(at_s - looked_away_s, *_BLINK_S))  # people blink as they look away
        return max(shut, default=0.0)

    def _gaze(self, away: float, at_s: float) -> tuple[float, float]:
        """On the patient, but for short glances and, while thinking, a look to the side."""
        number, _ = self._thinking_since
        side = 1 if chance(self._seed, _SIDE, number) < 0.5 else -1
        raised = -0.35 if chance(self._seed, _SIDE, number, 1) < 0.6 else 0.3
        across, down = away * side, away * raised
        for index, count in moments(self._seed, _GLANCE, self._glances.at(at_s - 3), self._glances.at(at_s)):
            lasts_s = 0.5 + 0.9 * chance(self._seed, _GLANCE, index, 1)
            share = swell(at_s - self._glances.when(count), 0.07, lasts_s, 0.09)
            across += share * 0.5 * (2 * chance(self._seed, _GLANCE, index, 2) - 1)
            down += share * (0.05 + 0.25 * chance(self._seed, _GLANCE, index, 3))
        flick = int(at_s * 1.7)  # fixations on a face last about half a second: left eye, right eye, mouth
        across += 0.07 * (2 * chance(self._seed, 97, flick) - 1)
        down += 0.05 * (2 * chance(self._seed, 96, flick) - 1)
        return max(-1.0, min(1.0, across)), max(-1.0, min(1.0, down))

    def _following(self, at_s: float) -> float:
        """The head goes a little way after a gaze that is held to the side."""
        number, since_s = self._thinking_since
        if since_s < 0:
            return 0.0
        side = 1 if chance(self._seed, _SIDE, number) < 0.5 else -1
        away = self._springs["away"]
        slow = Spring(away.value, 0.0, away.since_s, away.target, 4.0)
        return side * slow.at(at_s)[0]

    def _nodding(self, at_s: float) -> float:
        """One or two small dips of the head; no two alike."""
        total = 0.0
        for number, start_s in self._nods:
            size = 0.42 + 0.25 * chance(self._seed, _NOD, number)
            total += size * swell(at_s - start_s, 0.20, 0.0, 0.30)
            if chance(self._seed, _NOD, number, 1) < 0.6:
                total += 0.45 * size * swell(at_s - start_s - 0.46, 0.17, 0.0, 0.28)
        return total

    def _emphasis(self, at_s: float) -> float:
        """About every third stressed syllable lifts the brows and dips the head."""
        first = bisect_right(self._track, at_s - 0.5, key=_start_s)
        last = bisect_left(self._track, at_s + 0.12, lo=first, key=_start_s)
        near = [each for each in self._track[first:last] if each.stress == 1]
        return max(
            (self._weight(each) * swell(at_s - each.start_s + 0.1, 0.14, 0.04, 0.3) for each in near), default=0.0
        )

    def _weight(self, gesture: Gesture) -> float:
        drawn = chance(self._seed, _STRESS, round(gesture.start_s * 1000))
        return 0.5 + drawn if drawn < 0.38 else 0.0

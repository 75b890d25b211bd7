"""From phonemes and their times to the pose of the mouth at a moment. Pure: time is an argument.

Shapes blend the way mouths do: each one's pull begins before its sound and fades after it
(Cohen and Massaro, 1993), vowels dominate weak consonants, and a closure is always reached,
because a p that does not close is what people notice first.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import cos, pi
from operator import attrgetter

from conversations.live.events import Phoneme
from conversations.live.visemes import SHAPES, Mouth, Shape, Viseme, stress_of, visemes_of

_REACH_S = 0.15  # longest lead or lag in SHAPES, with room
_REST_PULL = 0.08
_STRESS_OPENS = 0.18
_LONGEST_S = 1.0
_start_s = attrgetter("start_s")


@dataclass(frozen=True, slots=True)
class Gesture:
    """One mouth shape asked for during a stretch of the call's clock."""

    viseme: Viseme
    start_s: float
    end_s: float
    stress: float = 0.0


Track = tuple[Gesture, ...]


def gestures(phonemes: Iterable[Phoneme], starts_s: float = 0.0) -> Track:
    """The shapes of a sound that is heard from `starts_s`. A diphthong becomes two shapes."""
    found: list[Gesture] = []
    for phoneme in phonemes:
        shapes = visemes_of(phoneme.symbol)
        share_s = (phoneme.end_s - phoneme.start_s) / max(1, len(shapes))
        for place, viseme in enumerate(shapes):
            start_s = starts_s + phoneme.start_s + place * share_s
            found.append(Gesture(viseme, start_s, start_s + share_s, stress_of(phoneme.symbol)))
    return tuple(found)


def followed_by(track: Track, more: Track) -> Track:
    """Both, in order; a shape that was cut between two pieces of sound becomes one again."""
    if not track or not more:
        return track + more
    last, first = track[-1], more[0]
    if last.viseme == first.viseme and abs(first.start_s - last.end_s) < 0.002:
        return (*track[:-1], replace(last, end_s=first.end_s), *more[1:])
    return track + more


def cut(track: Track, at_s: float) -> Track:
    """What is left if the voice stops at `at_s`."""
    return tuple(replace(each, end_s=min(each.end_s, at_s)) for each in track if each.start_s < at_s)


def since(track: Track, at_s: float) -> Track:
    """Without the gestures that can no longer be seen at `at_s`."""
    return tuple(each for each in track if each.end_s > at_s - _REACH_S)


def viseme_at(track: Sequence[Gesture], at_s: float) -> Viseme:
    """The shape whose sound is heard at this moment."""
    index = bisect_right(track, at_s, key=_start_s) - 1
    return track[index].viseme if index >= 0 and at_s < track[index].end_s else Viseme.REST


def mouth_at(track: Sequence[Gesture], at_s: float) -> Mouth:
    """The pose at a moment. `track` is in order of time."""
    first = bisect_left(track, at_s - _REACH_S - _LONGEST_S, key=_start_s)
    last = bisect_right(track, at_s + _REACH_S, lo=first, key=_start_s)
    near = [(each, SHAPES[each.viseme], _pull(each, SHAPES[each.viseme], at_s)) for each in track[first:last]]
    felt = [(each, shape, pull) for each, shape, pull in near if pull > 0]
    if not felt:
        return Mouth()
    return _closed_where_it_must(_blend(felt), felt)


def _pull(gesture: Gesture, shape: Shape, at_s: float) -> float:
    """How strongly a gesture is felt: fully during its sound, eased in before and out after."""
    if at_s < gesture.start_s:
        return _ease(1 - (gesture.start_s - at_s) / shape.lead_s)
    if at_s > gesture.end_s:
        return _ease(1 - (at_s - gesture.end_s) / shape.lag_s)
    return 1.0


def _ease(share: float) -> float:
    return 0.5 - 0.5 * cos(pi * share) if share > 0 else 0.0


def _blend(felt: Sequence[tuple[Gesture, Shape, float]]) -> Mouth:
    """The mean of what is asked for, by pull, with the mouth at rest having a small say."""
    whole = _REST_PULL
    opening = wide = rounded = teeth = tongue = stress = 0.0
    for gesture, shape, pull in felt:
        weight, mouth = pull * shape.pull, shape.mouth
        whole += weight
        opening += weight * mouth.open
        wide += weight * mouth.wide
        rounded += weight * mouth.round
        teeth += weight * mouth.teeth
        tongue += weight * mouth.tongue
        stress = max(stress, gesture.stress * pull)
    return Mouth(
        open=min(1.0, opening / whole * (1 + _STRESS_OPENS * stress)),
        wide=wide / whole,
        round=rounded / whole,
        teeth=teeth / whole,
        tongue=tongue / whole,
    )


def _closed_where_it_must(mouth: Mouth, felt: Sequence[tuple[Gesture, Shape, float]]) -> Mouth:
    """Pressed lips and a tucked lip are events, not averages: the nearest one wins outright."""
    pressed = max((pull * shape.mouth.lips_closed for _, shape, pull in felt), default=0.0)
    tucked = max((pull * shape.mouth.tuck for _, shape, pull in felt), default=0.0)
    lip_teeth = SHAPES[Viseme.LIP_TEETH].mouth
    opening = mouth.open + (lip_teeth.open - mouth.open) * tucked
    return replace(
        mouth,
        open=opening * (1 - pressed),
        teeth=max(mouth.teeth, lip_teeth.teeth * tucked) * (1 - pressed),
        tongue=mouth.tongue * (1 - max(pressed, tucked)),
        lips_closed=pressed,
        tuck=tucked * (1 - pressed),
    )

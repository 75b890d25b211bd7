"""How much silence is enough: P(finished) and P(goes on) as silence grows. Pure."""

from dataclasses import dataclass
from itertools import pairwise

from conversations.live.backchannels import word_list, words_in
from conversations.live.events import Expecting


@dataclass(frozen=True)
class Patience:
    """This patient's pace. `factor` above 1 waits longer throughout. Seconds."""

    factor: float = 1.0
    words_s: float = 0.3  # how long a decided reply waits for the words to become final
    noise_s: float = 1.0
    nod_after_s: float = 0.35
    nod_every_s: float = 5.0
    overlap_s: float = 1.2  # sound this long over ours is no backchannel, whatever the words
    overlap_settles_s: float = 0.15  # silence after which a sound over ours is judged, its words known
    overlap_wordless_s: float = 0.6  # the same while its words are not known
    ask_after_s: tuple[float, ...] = (12.0, 20.0)


@dataclass(frozen=True)
class Evidence:
    finished_p: float | None
    text: str
    expecting: Expecting
    silence_s: float


# (P(finished), seconds of silence): between the points, linear.
NEEDED: tuple[tuple[float, float], ...] = ((0.0, 2.2), (0.1, 1.6), (0.5, 0.9), (0.8, 0.45), (0.95, 0.2), (1.0, 0.15))
# Words after which more must come.
DANGLING = word_list(
    "and but or so because if that the a an my your his her their with to of for in on at from by than then when while "
    "um uh er erm like i'm it's is was were are i we they you he she it's about well"
)
ASKED_FACTOR = {Expecting.YES_NO: 0.7, Expecting.SHORT: 0.85, Expecting.OPEN: 1.15, Expecting.NOTHING: 1.0}
SHORT_ANSWERS = word_list("yes no yeah yep nope okay sure")


def silence_needed_s(evidence: Evidence, patience: Patience) -> float:
    finished_p = 0.4 if evidence.finished_p is None else evidence.finished_p
    needed_s = _between(NEEDED, finished_p) * ASKED_FACTOR[evidence.expecting]
    words = words_in(evidence.text)
    if words and words[-1] in DANGLING:
        needed_s = max(needed_s + 0.6, 1.2)
    if evidence.expecting is Expecting.YES_NO and words and words[0] in SHORT_ANSWERS and len(words) <= 2:
        needed_s = min(needed_s, 0.4)
    return needed_s * patience.factor


def likely_finished(evidence: Evidence, patience: Patience) -> bool:
    """Worth thinking ahead?"""
    return evidence.silence_s >= 0.4 * silence_needed_s(evidence, patience)


def _between(points: tuple[tuple[float, float], ...], x: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]

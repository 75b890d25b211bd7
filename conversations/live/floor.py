"""P(the patient has finished), continuously, as silence grows; and how sure of it one must be. Pure.

A hazard, not a threshold: what Smart Turn hears at the end of the sound, whether the words are whole, what was asked
and how long it has been silent add up to log odds; the certainty demanded falls as silence grows. Sure → answer soon;
unsure → wait; hopeless → wait longer, then ask. Weights come from `conversations.training.floor`
(docs/decisions/0042 has the recipe and the scores).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from conversations.live.backchannels import ASSENT, HUMS, word_list
from conversations.live.completeness import FILLERS, log_odds, words_and_clause
from conversations.live.events import Expecting
from conversations.live.fading import USUAL_FALL_DB

WEIGHTS = Path(__file__).with_name("weights") / "floor.json"
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Patience:
    """This patient's pace. `factor` above 1 waits longer throughout. Seconds."""

    factor: float = 1.0
    words_s: float = 0.3  # how long a decided reply waits for the words to become final
    ahead_s: float = 1.0  # a reply that would be due this soon is worth preparing
    noise_s: float = 1.0
    nod_after_s: float = 0.35
    nod_every_s: float = 5.0
    ask_after_s: tuple[float, ...] = (12.0, 20.0)


# Log odds of Smart Turn beyond these say no more: "surely not" is right less often than it is said.
NO_ENDING, SURE_ENDING = -2.5, 4.5
MOST_FADING_DB = 12.0  # beyond the usual. A voice that did not fall says nothing: some never do.


@dataclass(frozen=True)
class Wording:
    """The part of the evidence that lies in the words."""

    completeness: float = 0.0  # log odds that they are whole
    hesitating: bool = False  # the last one is a filler
    receipt: bool = False  # "okay", "oh right", and no more: mostly a start
    question: bool = False  # they asked us something


@dataclass(frozen=True)
class Evidence:
    """What speaks for the end, at one moment of a silence."""

    silence_s: float
    ending: float = 0.0  # log odds that Smart Turn gives to the end, mean of the last readings
    wording: Wording = Wording()
    expecting: Expecting = Expecting.NOTHING
    fallen_db: float = USUAL_FALL_DB  # the voice at the end of the last stretch, below this speaker's level

    def features(self) -> dict[str, float]:
        fading_db = min(MOST_FADING_DB, max(0.0, self.fallen_db - USUAL_FALL_DB))
        return {
            "ending": min(SURE_ENDING, max(NO_ENDING, self.ending)),
            "completeness": self.wording.completeness,
            "hesitating": float(self.wording.hesitating),
            "receipt": float(self.wording.receipt),
            "question": float(self.wording.question),
            "fading": fading_db / MOST_FADING_DB,
        }


RECEIPTS = ASSENT | HUMS | word_list("all great wonderful perfect good thank thanks you so very much lovely i see")
LONGEST_RECEIPT = 6


@lru_cache(maxsize=8)  # asked again each frame of a silence, for the same words
def wording(text: str) -> Wording:
    words, _ = words_and_clause(text)
    return Wording(
        completeness=log_odds(text),
        hesitating=bool(words) and words[-1] in FILLERS,
        receipt=_is_receipt([word for word in words if word not in FILLERS]),
        question=text.rstrip().endswith("?"),
    )


def _is_receipt(words: Sequence[str]) -> bool:
    return 0 < len(words) <= LONGEST_RECEIPT and all(word in RECEIPTS for word in words)


@dataclass(frozen=True)
class FloorModel:
    """`weights` by feature, with "bias"; `demanded` are (silence in s, log odds), falling, linear in between."""

    weights: dict[str, float]
    demanded: tuple[tuple[float, float], ...]
    gives_up_s: float  # silence after which they are taken to have finished, whatever speaks against it

    def finished_log_odds(self, evidence: Evidence) -> float:
        features = evidence.features()
        return self.weights["bias"] + sum(self.weights[name] * value for name, value in features.items())

    def finished_p(self, evidence: Evidence) -> float:
        return 1.0 / (1.0 + math.exp(-self.finished_log_odds(evidence)))

    def goes_on_p(self, evidence: Evidence) -> float:
        return 1.0 - self.finished_p(evidence)

    def is_over(self, evidence: Evidence, patience: Patience, ahead_s: float = 0.0) -> bool:
        """Whether the floor is ours, now or (if nothing changes) `ahead_s` from now."""
        silence_s = (evidence.silence_s + ahead_s) / (patience.factor * ASKED_FACTOR[evidence.expecting])
        if silence_s >= self.gives_up_s:
            return True
        if silence_s < self.demanded[0][0]:
            return False
        return self.finished_log_odds(evidence) >= between(self.demanded, silence_s)


# A yes/no question needs less patience than "tell me how it happened".
ASKED_FACTOR = {Expecting.YES_NO: 0.85, Expecting.SHORT: 0.95, Expecting.OPEN: 1.2, Expecting.NOTHING: 1.0}


@cache
def floor_model() -> FloorModel:
    stored = json.loads(WEIGHTS.read_text())
    demanded = tuple((float(silence_s), float(odds)) for silence_s, odds in stored["demanded"])
    return FloorModel(stored["weights"], demanded, float(stored["gives_up_s"]))


def between(points: Points, x: float) -> float:
    """Linear between the points, level outside them."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (max(x, x0) - x0) / (x1 - x0)
    return points[-1][1]

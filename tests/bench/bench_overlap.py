"""Speaking over the assistant, by the real ears and the real policy, without a call around them and without its clock.

48 backchannels (twelve words, four voices), 30 sentences that want the floor, in quiet and in noise, while we speak.
Delays are those of the ears: `make bench ARGS=interrupt` times the same in a call, with its network and processes.
That bench depends on how busy the machine is; this one, but for what reading the words takes, does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from conversations.evaluation.hearing.simulation import listen
from conversations.live.audio_in import RATE_HZ
from conversations.live.ears import level_db
from conversations.live.events import AgentStarted, Decision, Frame, Hold, Interrupt, Samples, Unduck
from conversations.live.turn import TurnTaking
from conversations.synthetic_patient import AUDIBLE_DB
from tests.bench import Figure, quantile
from tests.speech import RATE_HZ as RECORDED_HZ
from tests.speech import recordings

BEFORE_S, AFTER_S = 1.5, 1.6
NOISE_DB = -20.0  # below the sound: a fan, or a television in the next room


@dataclass(frozen=True)
class Overlap:
    """Seconds from the first audible sample; None if it did not come to that."""

    held_s: float | None
    yielded_s: float | None
    resumed_s: float | None


class _NoOpinion:
    """Of the end of a turn: none is at stake while we speak."""

    def hear(self, samples: Samples) -> None: ...

    def finished_p(self) -> float:
        return 0.5


def measure() -> Iterable[Figure]:
    chance = np.random.default_rng(7)
    for place, noisy in (("in quiet", False), ("in noise", True)):
        backchannels = [overlap(sound, chance if noisy else None) for sound in recordings("backchannel")]
        wanting = [*recordings("interruption"), *recordings("turn")]
        interruptions = [overlap(sound, chance if noisy else None) for sound in wanting]
        yield from _figures(place, backchannels, interruptions)


def _figures(place: str, backchannels: Sequence[Overlap], interruptions: Sequence[Overlap]) -> Iterable[Figure]:
    stopped = sum(one.yielded_s is not None for one in backchannels)
    missed = sum(one.yielded_s is None for one in interruptions)
    noted = f"{stopped} of {len(backchannels)}"
    yield Figure(f"silenced by a backchannel, {place}", stopped / len(backchannels), "", "<= 0.05", noted)
    yield Figure(f"interruptions missed, {place}", missed / len(interruptions), "", "<= 0")
    held_ms = [one.held_s * 1000 for one in (*backchannels, *interruptions) if one.held_s is not None]
    yield Figure(f"sound over ours to our pause, p50, {place}", quantile(held_ms, 0.5), "ms", "<= 100")
    yield Figure(f"sound over ours to our pause, p95, {place}", quantile(held_ms, 0.95), "ms", "<= 200")
    pauses_ms = [1000 * (one.resumed_s - one.held_s) for one in backchannels if one.resumed_s and one.held_s]
    yield Figure(f"pause for a backchannel, p50, {place}", quantile(pauses_ms, 0.5), "ms")


def overlap(recorded: Samples, noise: np.random.Generator | None = None) -> Overlap:
    """What becomes of our voice when `recorded` (48 kHz) is said over it."""
    sound = np.asarray(soxr.resample(recorded, RECORDED_HZ, RATE_HZ), np.int16)
    begins_s = BEFORE_S + _first_audible(sound) / RATE_HZ
    turn = TurnTaking()
    turn.on(Frame(0.0, 0.95, level_db(sound)), 0.0)  # the patient's voice is known
    turn.on(AgentStarted(0.0), 0.0)
    decided: dict[type[Decision], float] = {}
    for told in listen(_placed(sound, noise), end_of_turn=_NoOpinion()):
        for decision in turn.on(told.event, told.at_s):
            decided.setdefault(type(decision), told.at_s - begins_s)
    return Overlap(decided.get(Hold), decided.get(Interrupt), decided.get(Unduck))


def _placed(sound: Samples, noise: np.random.Generator | None) -> Samples:
    before, after = (np.zeros(round(seconds * RATE_HZ), np.int16) for seconds in (BEFORE_S, AFTER_S))
    placed = np.concatenate((before, sound, after)).astype(np.float64)
    if noise is not None:
        placed += noise.normal(0.0, 32768 * 10 ** ((level_db(sound) + NOISE_DB) / 20), len(placed))
    return np.clip(placed, -32768, 32767).astype(np.int16)


def _first_audible(sound: Samples) -> int:
    frame = RATE_HZ // 50
    return next(at for at in range(0, len(sound), frame) if level_db(sound[at : at + frame]) > AUDIBLE_DB)

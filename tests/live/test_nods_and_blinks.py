"""Blinks and nods come as often, and take as long, as people's; nobody is nodded at in the middle of a word.

Blinks a minute: 8 to 21 looking ahead, 10.5 to 32.5 in conversation (Doughty, 2001, Optometry and Vision Science 78);
shut for 0.1 to 0.4 s (VanderWerf et al., 2003). Nods: 0.4 to 1.0 s a movement (Hadar et al., 1985), one or two.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from conversations.live.events import (
    AgentStarted,
    AgentStopped,
    Expecting,
    Floor,
    Frame,
    ListeningNod,
    SpeechStarted,
    SpeechStopped,
    Words,
)
from conversations.live.face import Countenance
from conversations.live.turn import TurnTaking

FPS = 60
FRAME_S = 0.032
NOTICED_S = 0.13  # the voice detector tells that a sound ended this long after it did
LOOKING_AHEAD, CONVERSING = (8.0, 21.0), (10.5, 32.5)


def blinks_of(floor, concern, seed, seconds):
    """(start, end) of each blink, half shut and more."""
    face = Countenance(seed)
    face.attend(floor, 0.0, concern=concern)
    shut = np.array([face._blink(index / FPS) >= 0.3 for index in range(seconds * FPS)])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shut, [False]])))
    return [(start / FPS, end / FPS) for start, end in edges.reshape(-1, 2)]


@pytest.mark.parametrize("concern", [0.0, 1.0])
@pytest.mark.parametrize(
    ("floor", "usual"),
    [(Floor.LISTENING, LOOKING_AHEAD), (Floor.THINKING, LOOKING_AHEAD), (Floor.SPEAKING, CONVERSING)],
)
def test_blinks_are_within_the_range_of_people(floor, usual, concern):
    blinks = blinks_of(floor, concern, seed=5, seconds=180)
    assert usual[0] <= len(blinks) / 3 <= usual[1]
    lasted_s = [end - start for start, end in blinks]
    assert min(lasted_s) >= 0.1
    assert max(lasted_s) <= 0.4
    gaps_s = [later - earlier for (earlier, _), (later, _) in pairwise(blinks)]
    assert np.std(gaps_s) > 0.25 * np.mean(gaps_s)


@cache
def talk(seed, seconds=150.0):
    """Someone telling a long story: words with short gaps, phrases with pauses. The words' times, and the nods'."""
    rng, turn = np.random.default_rng(seed), TurnTaking()
    turn.on(AgentStarted(0.0), 0.0)
    turn.on(AgentStopped(0.5, Expecting.OPEN), 0.5)
    words, nods, now_s = [], [], 0.5

    def pass_by(until_s, speech_p):
        nonlocal now_s
        while now_s + FRAME_S <= until_s:
            now_s += FRAME_S
            give(Frame(now_s, speech_p, -20.0 if speech_p > 0.5 else -60.0))

    def give(event):
        nods.extend(now_s for decision in turn.on(event, now_s) if isinstance(decision, ListeningNod))

    while now_s < seconds:
        start_s = now_s
        give(SpeechStarted(start_s))
        for _ in range(rng.integers(2, 8)):
            began_s = now_s
            pass_by(began_s + rng.uniform(0.15, 0.6), 0.95)
            words.append((began_s, now_s))
            pass_by(now_s + rng.uniform(0.03, 0.3), 0.05)  # shorter than any pause that is nodded at
        ended_s = words[-1][1]
        pass_by(max(now_s, ended_s + NOTICED_S), 0.05)
        give(SpeechStopped(ended_s))
        give(Words(ended_s, "and then I went to the", final=True, start_s=start_s))
        pass_by(now_s + rng.uniform(0.2, 0.9), 0.05)
    return words, nods


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_is_nodded_at_in_the_middle_of_a_word(seed):
    words, nods = talk(seed)
    assert len(nods) >= 6, "a listener who never nods is not listening"
    for nod_s in nods:
        assert not any(start_s < nod_s < end_s for start_s, end_s in words)
        silent_s = nod_s - max(end_s for _, end_s in words if end_s <= nod_s)
        assert silent_s >= 0.3, "that was a gap between two words, no pause"


@pytest.mark.parametrize("seed", [1, 2])
def test_nods_are_neither_a_tic_nor_a_rhythm(seed):
    _, nods = talk(seed)
    gaps_s = np.diff(nods)
    assert gaps_s.min() >= 4.9
    assert gaps_s.std() > 0.1 * gaps_s.mean()


def test_a_nod_is_one_or_two_movements_of_human_length():
    counts = set()
    for seed in range(8):
        face, still = Countenance(seed), Countenance(seed)
        face.attend(Floor.LISTENING, 4.0)
        still.attend(Floor.LISTENING, 4.0)
        face.attend(Floor.LISTENING, 5.0, nod=True)
        still.attend(Floor.LISTENING, 5.0)
        dips = np.array([face.pose(5 + i / FPS).pitch - still.pose(5 + i / FPS).pitch for i in range(2 * FPS)])
        down = dips > 0.05
        assert down.any()
        edges = np.flatnonzero(np.diff(np.concatenate([[False], down, [False]]))).reshape(-1, 2)
        lasted_s = (edges[-1][1] - edges[0][0]) / FPS
        peaks = [i for i in range(1, len(dips) - 1) if dips[i - 1] < dips[i] >= dips[i + 1] and dips[i] > 0.1]
        counts.add(len(peaks))
        assert 0.3 <= lasted_s / len(peaks) <= 1.0
    assert counts == {1, 2}

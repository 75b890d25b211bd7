"""The measure itself: an offset that was put in is found, and none is found where nothing can be seen."""

import numpy as np
import pytest

from conversations.live.events import Phoneme
from conversations.live.lipsync import gestures, mouth_at
from conversations.providers.drawn_face import APPEARANCES, DrawnFace
from tests.bench.lips import Clock, MouthGauge, asked_opening, found_at, offset_s
from tests.bench.lips_received import Measured

SOUNDS = ["h", "ə", "m", "ɑː", "b", "iː", "p", "oʊ", "m", "æ", "p", "ɑː", "m", "iː", "b", "æ"]
ENDS = np.cumsum([0.06 + 0.02 * (7 * number % 5) for number in range(len(SOUNDS))])
PHONEMES = [Phoneme(*one) for one in zip(SOUNDS, [0.0, *ENDS[:-1]], ENDS, strict=True)]


@pytest.mark.parametrize("late_s", [-0.06, 0.0, 0.025, 0.09])
def test_an_offset_is_found_between_two_pictures(late_s):
    asked, onsets = asked_opening([(5.0, PHONEMES)])
    track, rng = gestures(PHONEMES, 5.0), np.random.default_rng(3)
    seen_s = np.arange(4.0, 8.0, 1 / 30)
    seen = np.array([0.4 * mouth_at(track, at_s - late_s).open + 0.1 for at_s in seen_s])
    found = [offset_s(seen_s, seen + rng.normal(0, 0.01, len(seen)), asked, onset) for onset in onsets]
    told = [one for one in found if one is not None]
    assert len(told) > 0.5 * len(onsets)
    assert np.median(told) == pytest.approx(late_s, abs=0.003)
    assert max(abs(one - late_s) for one in told) < 0.02


def test_a_mouth_that_moves_on_its_own_tells_nothing():
    asked, onsets = asked_opening([(5.0, PHONEMES)])
    seen_s = np.arange(4.0, 8.0, 1 / 30)
    noise = np.random.default_rng(4).normal(0, 1, len(seen_s))
    assert sum(offset_s(seen_s, noise, asked, onset) is not None for onset in onsets) <= 2
    assert offset_s(seen_s, np.zeros(len(seen_s)), asked, onsets[5]) is None


def test_a_sentence_is_found_in_what_was_received_with_a_gap_in_it():
    rng = np.random.default_rng(2)
    sentence = rng.normal(0, 1000, 16_000)
    received = np.concatenate([rng.normal(0, 50, 8_000), 0.5 * sentence, np.zeros(8_000)])
    received[12_000:12_320] = 0
    at_s, fit = found_at(sentence, received, 16_000)
    assert at_s == pytest.approx(0.5, abs=1e-4)
    assert fit > 0.9


def test_a_drift_is_told_with_how_sure_it_is():
    rng, begins = np.random.default_rng(5), np.arange(0, 2, 0.1)
    points = [(at + 0.01 * place, 3 * at + rng.normal(0, 0.5)) for at in begins for place in range(8)]
    drift = Measured(points, begins, 200).drift()
    assert drift is not None
    slope, low, high = drift
    assert low < 3 < high
    assert slope == pytest.approx(3, abs=0.5)
    assert Measured(points[:16], begins, 200).drift() is None  # six seconds tell nothing


def test_reports_put_two_streams_on_one_clock_across_the_wrap_of_a_counter():
    clock = Clock(rate_hz=48_000)
    origin = (1 << 32) - 24_000
    for second in range(1, 6):
        clock.reported((origin + 48_000 * second) % (1 << 32), origin, (1000 + second) << 32)
    assert clock.at(2.5) == pytest.approx(1002.5)


def test_the_gauge_reads_an_open_mouth_in_pictures_of_any_size():
    gauge = MouthGauge()
    for size in (192, 320):
        face = DrawnFace(APPEARANCES[0], size, reduced_motion=True)
        face.say([Phoneme("m", 0.0, 0.4), Phoneme("ə", 0.4, 0.8), Phoneme("ɑː", 0.8, 1.2)], 0.0)
        shut, half, wide = (gauge(face.draw(at_s).to_ndarray(format="gray")) for at_s in (0.2, 0.6, 1.0))
        assert shut < half < wide

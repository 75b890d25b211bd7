"""How somebody sits, against how they usually sit: table of (what changed → what stands out)."""

from dataclasses import replace

import numpy as np
import pytest

from conversations.live.events import Chunk
from conversations.live.perception import Perception
from conversations.live.posture import Posture, Stance, parse

UPRIGHT = Stance(0.0, tilt=1.0, neck=0.55, lean=0.02, across=1.6, height=1.5, width=0.5)
LOOKS_PER_S = 4


def after(*stretches):
    """The signs after stretches of (seconds, what changed), with the tremble of a real model."""
    posture, at_s, noise = Posture(), 0.0, np.random.default_rng(5)
    for seconds, changes in stretches:
        for number in range(round(seconds * LOOKS_PER_S)):
            at_s += 1 / LOOKS_PER_S
            now = {name: change(number) if callable(change) else change for name, change in changes.items()}
            stance = replace(UPRIGHT, at_s=at_s, **now)
            posture.see(replace(stance, neck=stance.neck + noise.normal(0, 0.01), tilt=stance.tilt + noise.normal()))
    return [sign.words for sign in posture.signs(at_s)]


def rocking(number):
    return 1.6 + 0.2 * (-1) ** number


SITUATIONS = [
    ("upright", {}, []),
    ("a hand held to the chest", {"chest": True}, ["hand resting on chest"]),
    ("a hand held to the belly", {"belly": True}, ["hand resting on belly"]),
    ("a hand that passes by", {"chest": lambda number: number % 4 == 0}, []),
    ("sunk into the chair", {"neck": 0.35, "height": 1.8}, ["slumped"]),
    ("the camera lowered", {"height": 1.2}, []),
    ("a lifted chin", {"neck": 0.7}, []),
    ("leaning over", {"tilt": 16.0}, ["leaning to one side"]),
    ("leaning a little", {"tilt": 5.0}, []),
    ("rocking", {"across": rocking}, ["moving restlessly"]),
    ("out of the picture", {"body": False}, []),
]


@pytest.mark.parametrize(("situation", "changes", "expected"), SITUATIONS, ids=[name for name, _, _ in SITUATIONS])
def test_what_stands_out_from_how_this_patient_usually_sits(situation, changes, expected):
    assert after((20, {}), (8, changes)) == expected


def test_who_always_leans_is_not_leaning():
    assert after((40, {"tilt": 16.0})) == []


def test_nothing_stands_out_before_there_is_a_usual():
    assert after((1, {"tilt": 30.0})) == []


GOOD = {"body": True, "chest": False, "belly": True, **dict.fromkeys(("tilt", "neck", "lean"), 0.1)}
GOOD |= dict.fromkeys(("across", "height", "width"), 0.2)


def test_a_report_is_read():
    assert parse(GOOD, 2.0) == Stance(2.0, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, belly=True)
    assert parse({"body": False}, 2.0) == Stance(2.0, body=False)


@pytest.mark.parametrize(
    "wrong",
    [{"tilt": "1"}, {"tilt": None}, {"neck": float("nan")}, {"width": 1e9}, {"across": True}, {"height": [1]}],
    ids=str,
)
def test_what_is_no_report_changes_nothing(wrong):
    assert parse({**GOOD, **wrong}, 0.0) is None


def seen(**consent):
    """How many stances were taken in, of ten in a second and a half."""
    perception = Perception(**consent)
    for number in range(10):
        perception.listen(Chunk(np.zeros(320, np.int16), 1.0 + 0.15 * number))
        perception.see(GOOD)
    return len(perception._posture._recent)


def test_only_with_consent_in_words_that_name_it_and_at_most_five_a_second():
    assert seen(allowed=True) == 5
    assert seen(allowed=True, posture_allowed=False) == 0
    assert seen(allowed=False) == 0

"""The shipped floor model: what speaks for the end does so, and certainty is demanded less as silence grows."""

from dataclasses import replace
from itertools import pairwise

import pytest

from conversations.live.completeness import log_odds
from conversations.live.events import Expecting
from conversations.live.floor import Evidence, FloorModel, Patience, between, floor_model, wording
from conversations.live.questions import expected_by

HALF = Evidence(silence_s=0.6, ending=0.5, wording=wording("I took them."))


def taken_after_s(evidence, patience=None):
    """Silence at which the floor is ours, if nothing else changes."""
    model = floor_model()
    steps = (replace(evidence, silence_s=step / 100) for step in range(400))
    return next(one.silence_s for one in steps if model.is_over(one, patience or Patience()))


def test_the_weights_say_what_they_should():
    weights = floor_model().weights
    assert weights["ending"] > 0
    assert weights["completeness"] > 0
    assert weights["question"] > 0
    assert weights["fading"] > 0
    assert weights["hesitating"] < 0
    assert weights["receipt"] < 0


def test_less_certainty_is_demanded_the_longer_it_is_silent():
    demanded = floor_model().demanded
    assert all(a < b for (a, _), (b, _) in pairwise(demanded))
    assert all(a > b for (_, a), (_, b) in pairwise(demanded))


@pytest.mark.parametrize(
    "better", [{"ending": 3.0}, {"wording": wording("Could you tell me what they are?")}, {"fallen_db": 14.0}]
)
def test_what_speaks_for_the_end_brings_it_nearer(better):
    assert taken_after_s(replace(HALF, **better)) < taken_after_s(HALF)


@pytest.mark.parametrize("text", ["I took, um", "I took the", "Okay."])
def test_what_speaks_against_it_puts_it_off(text):
    assert taken_after_s(replace(HALF, wording=wording(text))) > taken_after_s(HALF)


def test_a_voice_that_did_not_fall_says_nothing():
    """Many who are ill speak flatly, and so do voices made by machines."""
    assert taken_after_s(replace(HALF, fallen_db=-4.0)) == taken_after_s(HALF)


def test_a_fall_without_bounds_decides_nothing_alone():
    """A knock beside the microphone raises what counts as this speaker's level; it must not end their turn."""
    model = floor_model()
    odds = [model.finished_log_odds(replace(HALF, fallen_db=fallen)) for fallen in (5.0, 17.0, 60.0)]
    assert odds[2] == odds[1] < odds[0] + 1.0


def test_sure_ends_are_answered_fast_and_hopeless_ones_late():
    assert taken_after_s(Evidence(0.0, 4.5, wording("Could you tell me what they are for?"))) <= 0.4
    assert taken_after_s(Evidence(0.0, -5.0, wording("I was going to, um"))) >= 2.4


def test_yes_or_no_needs_less_patience_than_a_story():
    waits = [
        taken_after_s(replace(HALF, expecting=one)) for one in (Expecting.YES_NO, Expecting.NOTHING, Expecting.OPEN)
    ]
    assert waits == sorted(waits)
    assert len(set(waits)) == 3


def test_both_probabilities_are_one_whole():
    model = floor_model()
    assert model.finished_p(HALF) + model.goes_on_p(HALF) == pytest.approx(1.0)


def test_preparing_comes_before_taking():
    model, patience = floor_model(), Patience()
    early = replace(HALF, silence_s=taken_after_s(HALF) - 0.3)
    assert not model.is_over(early, patience)
    assert model.is_over(early, patience, patience.ahead_s)


def test_a_model_that_gives_up():
    never = FloorModel({"bias": -99.0} | dict.fromkeys(HALF.features(), 0.0), ((0.1, 0.0), (2.0, 0.0)), gives_up_s=2.5)
    assert not never.is_over(replace(HALF, silence_s=2.4), Patience())
    assert never.is_over(replace(HALF, silence_s=2.5), Patience())


@pytest.mark.parametrize(("x", "y"), [(0.0, 4.0), (1.0, 4.0), (1.5, 3.0), (2.0, 2.0), (9.0, 2.0)])
def test_between(x, y):
    assert between(((1.0, 4.0), (2.0, 2.0)), x) == pytest.approx(y)


@pytest.mark.parametrize(
    ("cut_off", "whole"),
    [
        ("I took the", "I took the white one."),
        ("It hurts when I", "It hurts when I walk."),
        ("Um, but", "But it is fine."),
    ],
)
def test_a_cut_off_sentence_is_less_whole(cut_off, whole):
    assert log_odds(cut_off) < log_odds(whole)


def test_no_words_say_nothing():
    assert log_odds("") == log_odds("...") == 0.0


@pytest.mark.parametrize(
    ("text", "expecting"),
    [
        ("Have you taken it today?", Expecting.YES_NO),
        ("Thank you. Are you in pain?", Expecting.YES_NO),
        ("Which leg is it?", Expecting.SHORT),
        ("Is it the left or the right leg?", Expecting.SHORT),
        ("How have you been?", Expecting.OPEN),
        ("Tell me what happened.", Expecting.OPEN),
        ("I will write that down.", Expecting.NOTHING),
        ("", Expecting.NOTHING),
    ],
)
def test_what_a_question_waits_for(text, expecting):
    assert expected_by(text) is expecting

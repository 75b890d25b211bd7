"""A pause in the middle of a sentence, or a full stop that was never there, hides no warning sign."""

import pytest

from clinic.discharge_plan import DischargePlan
from conversations.guardrails.guard import Guard
from conversations.live import continued
from conversations.live.dialogue import Assessment, Verdict
from conversations.live.events import Words
from conversations.live.stretches import Stretches

EMERGENCIES = [
    ("I have a new pain.", "In my chest."),
    ("I can't.", "Breathe."),
    ("My chest.", "Hurts."),
    ("I am bleeding.", "A lot."),
    ("I feel a tightness.", "Across my chest and down my arm."),
    ("It started an hour ago, I have a very bad", "Pain in my chest."),
]
HARMLESS = [
    ("I have no pain.", "In my chest."),
    ("No.", "In my hip, a little."),
    ("Yes.", "With my breakfast."),
    ("I feel well.", "I sleep on my back."),
    ("My daughter drives me.", "When I have an appointment."),
    ("The exercises are hard.", "I do them twice a day."),
]


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(DischargePlan())


def said(text: str, start_s: float, *, final: bool = True, source: str = "speech") -> Words:
    return Words(start_s + 1.0, text, final, start_s=start_s, source=source)


@pytest.mark.parametrize(("first", "second"), EMERGENCIES)
def test_in_one_stretch_both_halves_are_read_together(guard, first, second):
    assert guard.assess(said(f"{first} {second}", 1)).verdict is Verdict.EMERGENCY


@pytest.mark.parametrize(("first", "second"), EMERGENCIES)
def test_in_two_stretches_the_second_is_read_with_the_first(guard, first, second):
    heard = Stretches(guard.assess)
    assert heard.take(said(first, 1)).verdict is not Verdict.EMERGENCY
    assert heard.take(said(second, 3)).verdict is Verdict.EMERGENCY


def test_it_is_read_together_also_when_the_first_half_was_answered(guard):
    heard = Stretches(guard.assess)
    heard.take(said("I have a new pain.", 1))
    heard.answered()
    assert heard.take(said("In my chest.", 4)).verdict is Verdict.EMERGENCY


@pytest.mark.parametrize(("first", "second"), HARMLESS)
def test_what_is_harmless_stays_harmless(guard, first, second):
    heard = Stretches(guard.assess)
    apart = max((heard.take(said(first, 1)).verdict, guard.assess(said(second, 3)).verdict), key=lambda one: one.order)
    assert heard.take(said(second, 3)).verdict.order <= apart.order
    assert guard.assess(said(f"{first} {second}", 1)).verdict.order <= apart.order


def test_what_comes_much_later_is_a_sentence_of_its_own(guard):
    heard = Stretches(guard.assess)
    heard.take(said("I have a new pain.", 1))
    assert heard.take(said("In my chest.", 30)).verdict is Verdict.NONE


def test_typed_words_are_whole(guard):
    heard = Stretches(guard.assess)
    heard.take(said("I have a new pain.", 1, source="typed"))
    assert heard.take(said("In my chest.", 3, source="typed")).verdict is Verdict.NONE


def test_an_answer_meets_everything_that_was_not_answered_yet(guard):
    heard = Stretches(guard.assess)
    heard.take(said("My chest hurts.", 1))
    heard.take(said("It started after lunch.", 4))
    assert heard.assessment.verdict is Verdict.EMERGENCY
    heard.answered()
    assert heard.assessment == Assessment(Verdict.NONE)


def test_a_guess_does_not_calm_and_the_settled_words_do(guard):
    heard = Stretches(guard.assess)
    heard.take(said("my chest hurts and it", 1, final=False))
    heard.take(said("my chest", 1, final=False))
    assert heard.assessment.verdict is Verdict.EMERGENCY
    heard.take(said("My chess set is here.", 1))
    assert heard.assessment.verdict is Verdict.NONE


def test_only_what_belongs_together_is_mended():
    assert continued.mended("I have a pain. In my chest. I slept well.") == "I have a pain In my chest. I slept well."
    assert continued.mended("It hurts. I slept well.") == "It hurts. I slept well."
    assert continued.mended("") == ""
    assert not continued.goes_on("", "In my chest.")
    assert not continued.goes_on("Are you there?", "In my chest.")

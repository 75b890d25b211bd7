"""What may be said from a passage, and what may not."""

from dataclasses import dataclass

import pytest

from knowledge import grounding


@dataclass(frozen=True)
class Paper:
    text: str
    heading: str = "Going home after your hip replacement"
    score: float = 1.0


MEDICINES = Paper(
    "Oxycodone 5 mg: take one tablet by mouth every 6 hours as needed for pain.\n"
    "Aspirin 81 mg: take one tablet twice a day for 4 weeks to prevent blood clots.\n"
    "Cephalexin 500 mg: take one capsule every 12 hours until they are finished.",
    "Medicines",
)
WOUND = Paper(
    "Keep the bandage on your left hip dry for 7 days. You may shower after that. Do not take a bath for 6 weeks.",
    "Wound care",
)
ACTIVITY = Paper("Do not lift more than 10 pounds. Do not drive while you take oxycodone.", "Activity")
PAPERS = [MEDICINES, WOUND, ACTIVITY]


@pytest.mark.parametrize(
    "sentence",
    [
        "Take one tablet of oxycodone 5 mg by mouth every 6 hours as needed for pain.",
        "Take one 81 mg aspirin tablet two times a day for 4 weeks.",
        "Take one 81 mg aspirin tablet 2x daily for 4 weeks.",
        "Take one capsule of cephalexin 500 mg twice a day until they are finished.",
        "Keep the bandage on your left hip dry for a week.",
        "Don't take a bath for 6 weeks.",
        "Do not lift more than 10 lb.",
        "You should not drive while you take oxycodone.",
    ],
)
def test_what_the_papers_say_may_be_said_in_other_words(sentence):
    found = grounding.check(sentence, PAPERS)
    assert found.supported, found.reason
    assert PAPERS[found.passage].text[found.start : found.end]


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Take oxycodone 50 mg by mouth every 6 hours as needed for pain.", "amount"),
        ("Take oxycodone 81 mg by mouth every 6 hours as needed for pain.", "amount"),
        ("Take oxycodone 5 mg by mouth every 4 hours as needed for pain.", "rhythm"),
        ("Take one tablet of aspirin 81 mg three times a day for 4 weeks.", "rhythm"),
        ("Take one tablet of aspirin 81 mg every 12 hours to prevent blood clots.", "rhythm"),
        ("Take one capsule of cephalexin 500 mg three times a day until they are finished.", "rhythm"),
        ("Take one tablet of oxycodone 5 mg by mouth four times a day as needed for pain.", "rhythm"),
        ("Take one tablet of ibuprofen 81 mg twice a day to prevent blood clots.", "medicine"),
        ("Keep the bandage on your right hip dry for 7 days.", "side"),
        ("Take a bath for 6 weeks.", "negation"),
        ("You can drive while you take oxycodone.", "negation"),
        ("Lift more than 10 pounds.", "amount"),
        ("You may fly to Spain next month.", "not_covered"),
    ],
)
def test_what_the_papers_do_not_say_is_stopped_and_why(sentence, reason):
    found = grounding.check(sentence, PAPERS)
    assert (found.supported, found.reason) == (False, reason)


WORSE = Paper("If your pain gets worse, call the nurse at the clinic about a stronger medicine.", "Pain")
WET = Paper("If the bandage is wet, change it and wash your hands before and after.", "Wound care")


@pytest.mark.parametrize("spoken", [False, True])
@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("If your pain gets worse, call the nurse.", "supported"),
        ("If the bandage is wet, change it.", "supported"),
        ("Call the nurse at the clinic about a stronger medicine.", "condition"),
        ("Change the bandage and wash your hands before and after.", "condition"),
    ],
)
def test_an_order_keeps_the_condition_that_opens_its_sentence(sentence, reason, spoken):
    assert grounding.check(sentence, [WORSE, WET], spoken=spoken).reason == reason


def test_nothing_is_supported_without_passages():
    assert grounding.check("Take aspirin.", []).reason == "no_passage"


def test_whole_sentences_as_they_stand_pass_and_half_of_one_does_not():
    stairs = [Paper("Go up stairs with your left leg first. Go down stairs with your right leg first.", "Stairs")]
    assert grounding.check(stairs[0].text, stairs, spoken=True).supported
    assert not grounding.check("take a bath for 6 weeks.", PAPERS).supported
    assert not grounding.check("drive while you take oxycodone.", PAPERS).supported


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("can I take a shower", "You may shower after that."),
        ("how often should I take my aspirin", "Aspirin 81 mg: take one tablet twice a day for 4 weeks"),
        ("may I drive", "Do not drive while you take oxycodone."),
    ],
)
def test_a_quote_is_the_papers_own_words_with_their_place(question, answer):
    found = grounding.quote(question, PAPERS)
    assert found is not None
    assert answer in found.text
    assert PAPERS[found.passage].text[found.start : found.end] == found.text


def test_a_question_the_papers_do_not_answer_gets_no_quote():
    assert grounding.quote("who won the football last night", PAPERS) is None


def test_what_relieves_is_not_said_to_make_worse():
    paper = Paper("Short walks ease the stiffness in your hip. Long ones may aggravate it.", "Activity")
    assert grounding.check("Short walks ease the stiffness in your hip.", [paper]).supported
    assert grounding.check("Short walks aggravate the stiffness in your hip.", [paper]).reason == "opposite"
    assert grounding.check("Short walks exacerbate the stiffness in your hip.", [paper]).reason == "opposite"

"""Whether an answer came hesitantly: table of (how it came, its words → decision), and how that is followed."""

import pytest

from conversations.live.events import AgentStopped, SpeechStarted, SpeechStopped
from conversations.live.hesitation import Answering, Hesitation, hesitated
from conversations.live.perception import Followed, Perception

PLAIN = "two tablets in the morning with water"
UNSURE = "um maybe two tablets I guess in the morning"
TABLE = [
    ("at once", Answering(0.4, 0.0), PLAIN, False),
    ("late for this patient, and broken", Answering(2.6, 3.0, longest_pause_s=1.8), PLAIN, True),
    ("late for this patient, and unsure in words", Answering(2.6, 3.0), UNSURE, True),
    ("late for this patient, looking away", Answering(2.6, 3.0, away=0.5), PLAIN, True),
    ("broken and unsure, in good time", Answering(0.5, 0.0, halting=0.6), UNSURE, True),
    ("late alone", Answering(3.0, 4.0), PLAIN, False),
    ("broken alone", Answering(0.5, 0.0, halting=0.9), PLAIN, False),
    ("fillers alone", Answering(0.5, 0.0), UNSURE, False),
    ("looking away alone", Answering(0.5, 0.0, away=1.0), PLAIN, False),
    ("slow, as always", Answering(2.8, 0.5, halting=0.6), PLAIN, False),
    ("later than usual, but quick", Answering(1.2, 3.0, halting=0.6), PLAIN, False),
    ("no usual yet, three seconds", Answering(3.0, None, halting=0.6), PLAIN, False),
    ("no usual yet, five seconds", Answering(5.0, None, halting=0.6), PLAIN, True),
    ("one um in a short answer, late", Answering(2.6, 3.0), "um yes", True),
    ("one um in a long answer, late", Answering(2.6, 3.0), f"{PLAIN} um and one more at night", False),
    ("a word that begins like a filler", Answering(2.6, 3.0), "umbrella", False),
    ("nothing is known of it", Answering(), UNSURE, False),
]


@pytest.mark.parametrize(("name", "answer", "words", "decision"), TABLE, ids=[row[0] for row in TABLE])
def test_what_counts_as_hesitation(name, answer, words, decision):
    assert hesitated(answer, words) is decision


def answered(hesitation, asked_s, *stretches, halting=0.0, away=0.0):
    hesitation.asked(asked_s)
    for began_s, stopped_s in stretches:
        hesitation.began(asked_s + began_s)
        hesitation.stopped(asked_s + stopped_s, halting=halting, away=away)
    return hesitation


def usual(latency_s):
    hesitation = Hesitation()
    for number in range(5):
        answered(hesitation, 10.0 * number, (latency_s, latency_s + 1))
    return hesitation


def test_an_answer_is_compared_with_how_soon_this_patient_usually_answers():
    assert answered(usual(0.5), 100.0, (3.0, 4.0), away=0.5).in_answer(PLAIN)
    assert not answered(usual(3.0), 100.0, (3.2, 4.0), away=0.5).in_answer(PLAIN)


def test_a_pause_within_the_answer_counts_and_one_between_answers_does_not():
    assert answered(usual(0.5), 100.0, (0.5, 1.0), (3.0, 4.0)).in_answer(UNSURE)
    assert not answered(usual(0.5), 100.0, (0.5, 1.0)).in_answer(UNSURE)


def test_who_speaks_while_we_do_is_not_late():
    hesitation = Hesitation()
    hesitation.began(1.0)
    hesitation.asked(2.0)
    hesitation.began(1.5)
    assert not hesitation.in_answer(UNSURE)


class Silent:
    def on(self, event, now_s):
        return []


def heard_late(perception):
    Followed(Silent(), perception).on(AgentStopped(10.0), 10.0)
    perception.heard(SpeechStarted(15.0))
    perception.heard(SpeechStopped(16.0))
    return perception.hesitated("um I think two")


def test_it_is_followed_with_consent_only():
    assert heard_late(Perception(allowed=True))
    assert not heard_late(Perception(allowed=False))
    taken_back = Perception(allowed=True)
    heard_late(taken_back)
    taken_back.allow(False)
    taken_back.allow(True)
    assert not taken_back.hesitated("um I think two")

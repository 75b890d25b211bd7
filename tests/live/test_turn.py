"""Who has the floor: tables of (time, event, decisions)."""

import pytest

from conversations.live.events import (
    AgentStarted,
    AgentStopped,
    AskGently,
    Discard,
    Duck,
    EndEstimate,
    Expecting,
    Frame,
    Hold,
    Interrupt,
    ListeningNod,
    Prepare,
    Reply,
    SpeechStarted,
    SpeechStopped,
    Unduck,
    Words,
)
from conversations.live.floor import FloorModel, Patience
from conversations.live.turn import TurnTaking

# Round numbers, so that the tables can be followed by hand; the shipped weights are tested in test_floor.py.
MODEL = FloorModel(
    weights={
        "bias": 0.0,
        "ending": 1.0,
        "completeness": 0.0,
        "hesitating": -3.0,
        "receipt": -1.0,
        "question": 1.0,
        "fading": 0.0,
    },
    demanded=((0.1, 4.0), (0.5, 2.0), (1.0, 0.0), (2.0, -4.0)),
    gives_up_s=3.0,
)
FRAME_S = 0.032


class Call:
    """Feeds a story to the policy, with a silent or sounding frame each 32 ms, and keeps what was decided."""

    def __init__(self, turn=None):
        self.turn = turn or TurnTaking(model=MODEL)
        self.now_s = 0.0
        self.decided = []

    def on(self, event, at_s):
        while self.now_s + FRAME_S < at_s:
            self._give(Frame(self.now_s + FRAME_S, 0.0, -60.0), self.now_s + FRAME_S)
        self._give(event, at_s)
        return self

    def _give(self, event, now_s):
        self.now_s = now_s
        self.decided += [(now_s, decision) for decision in self.turn.on(event, now_s)]

    def until(self, at_s):
        return self.on(Frame(at_s, 0.0, -60.0), at_s)

    def says(self, text, start_s, end_s, finished_p=None, words_after_s=0.15):
        """A stretch of speech with its final words."""
        self.on(SpeechStarted(start_s), start_s + 0.1)
        self.on(SpeechStopped(end_s), end_s + 0.13)
        if finished_p is not None:
            self.on(EndEstimate(end_s + 0.13, finished_p), end_s + 0.15)
        return self.on(Words(end_s, text, final=True, start_s=start_s), end_s + words_after_s)

    def kinds(self):
        return [type(decision) for _, decision in self.decided if not isinstance(decision, ListeningNod)]

    def when(self, kind):
        return next((at_s for at_s, decision in self.decided if isinstance(decision, kind)), None)

    def the(self, kind):
        return next(decision for _, decision in self.decided if isinstance(decision, kind))


@pytest.mark.parametrize(
    ("text", "finished_p", "expecting", "earliest_s", "latest_s"),
    [
        ("I took all of them.", 0.99, Expecting.NOTHING, 0.1, 0.3),
        ("I took all of them.", 0.5, Expecting.NOTHING, 0.9, 1.1),
        ("I took all of them.", 0.05, Expecting.NOTHING, 1.5, 2.0),
        ("I took all of them.", 0.5, Expecting.YES_NO, 0.8, 0.9),
        ("I took all of them.", 0.5, Expecting.OPEN, 1.15, 1.3),
        ("I was going, um", 0.5, Expecting.NOTHING, 1.5, 2.0),
        ("What should I do?", 0.5, Expecting.NOTHING, 0.6, 0.9),
        ("I was going, um", 0.001, Expecting.NOTHING, 2.9, 3.2),
    ],
)
def test_the_surer_the_end_the_sooner_the_reply(text, finished_p, expecting, earliest_s, latest_s):
    call = Call().on(AgentStarted(0.0), 0.01).on(AgentStopped(1.0, expecting), 1.0)
    call.says(text, 2.0, 4.0, finished_p).until(8.0)
    assert earliest_s <= call.when(Reply) - 4.0 <= latest_s
    assert call.the(Reply).words.text == text
    assert call.the(Reply).floor_s == 4.0


def test_a_likely_end_is_prepared_before_it_is_answered():
    call = Call().says("My leg is swollen.", 1.0, 3.0, 0.6).until(6.0)
    assert call.kinds() == [Prepare, Reply]
    assert call.when(Prepare) < call.when(Reply)
    assert call.the(Prepare).words.text == call.the(Reply).words.text


def test_who_goes_on_discards_what_was_prepared_and_is_answered_once_for_all_of_it():
    call = Call().says("My leg is swollen.", 1.0, 3.0, 0.3).until(3.9)
    assert call.kinds() == [Prepare]
    call.says("Since Tuesday.", 4.0, 5.0, 0.5).until(8.0)
    assert call.kinds() == [Prepare, Discard, Prepare, Reply]
    assert call.the(Reply).words.text == "My leg is swollen. Since Tuesday."


def test_who_goes_on_before_our_first_sound_takes_the_floor_back():
    call = Call().says("My leg is swollen.", 1.0, 3.0, 0.99).until(3.4)
    assert call.kinds()[-1] is Reply
    call.says("My leg is swollen and it hurts.", 3.5, 5.0, 0.99).until(8.0)
    assert call.kinds().count(Discard) == 1
    assert call.kinds()[-1] is Reply


def test_later_words_of_the_same_stretch_replace_the_earlier_ones():
    call = Call().on(SpeechStarted(1.0), 1.1).on(Words(2.0, "I took the the", final=False, start_s=1.0), 2.1)
    call.on(SpeechStopped(3.0), 3.13).on(EndEstimate(3.13, 0.99), 3.15)
    call.on(Words(3.0, "I took the tablets.", final=True, start_s=1.0), 3.2).until(5.0)
    assert call.the(Reply).words.text == "I took the tablets."


def test_a_reply_waits_for_the_final_words_but_not_for_ever():
    call = Call().on(SpeechStarted(1.0), 1.1).on(Words(2.0, "I took the", final=False, start_s=1.0), 2.1)
    call.on(Words(2.9, "I took them all", final=False, start_s=1.0), 3.0)
    call.on(SpeechStopped(3.0), 3.13).on(EndEstimate(3.13, 0.99), 3.15).until(5.0)
    assert 0.3 <= call.when(Reply) - 3.0 <= 0.7
    assert call.the(Reply).words.text == "I took them all"


def test_a_cough_is_not_answered():
    call = Call().on(SpeechStarted(1.0), 1.1).on(SpeechStopped(1.3), 1.43).on(EndEstimate(1.43, 0.95), 1.45)
    call.on(Words(1.3, "", final=True, start_s=1.0), 1.5).until(6.0)
    assert call.kinds() == []


OVERLAPS = [
    ("a backchannel", "Mm-hm.", 0.4, [Hold, Unduck]),
    ("a longer backchannel", "Yeah, okay.", 0.8, [Hold, Unduck]),
    ("a cough", "", 0.3, [Hold, Unduck]),
    ("stop", "Stop please.", 0.6, [Hold, Interrupt]),
    ("a question", "But what about my tablets?", 1.5, [Hold, Interrupt]),
    ("a long sound without words yet", "", 2.0, [Hold, Interrupt]),
]


@pytest.mark.parametrize(("story", "text", "length_s", "expected"), OVERLAPS)
def test_overlap(story, text, length_s, expected):
    call = Call().on(AgentStarted(0.0), 0.01).says(text, 2.0, 2.0 + length_s).until(2.0 + length_s + 1.0)
    assert [kind for kind in call.kinds() if kind not in (Prepare, Reply)] == expected, story


def test_we_pause_at_once_and_yield_to_words_while_they_are_being_said():
    call = Call().on(AgentStarted(0.0), 0.01).on(SpeechStarted(2.0), 2.1)
    assert call.when(Hold) == pytest.approx(2.1)
    call.on(Words(2.4, "Wait, I", final=False, start_s=2.0), 2.45)
    assert call.when(Interrupt) == pytest.approx(2.45)


def test_while_we_are_silent_anyway_they_are_heard_out_before_it_is_called_an_interruption():
    call = Call().on(AgentStarted(0.0), 0.01).on(SpeechStarted(2.0), 2.1)
    call.on(Words(2.5, "I. C. C.", final=False, confidence=0.7, start_s=2.0), 2.55)
    call.on(SpeechStopped(2.7), 2.83).on(Words(2.7, "I see.", final=True, confidence=0.8, start_s=2.0), 2.85).until(4.0)
    assert call.kinds() == [Hold, Unduck]


def test_a_short_sound_that_was_hardly_understood_is_no_interruption_unless_it_says_so():
    def kinds(text, confidence):
        call = Call().on(AgentStarted(0.0), 0.01).on(SpeechStarted(2.0), 2.1).on(SpeechStopped(2.4), 2.53)
        return call.on(Words(2.4, text, final=True, confidence=confidence, start_s=2.0), 2.6).until(4.0).kinds()

    assert kinds("But a hat?", 0.9)[:2] == [Hold, Interrupt]
    assert kinds("A hat.", 0.5) == [Hold, Unduck]
    assert kinds("Stop it.", 0.5)[:2] == [Hold, Interrupt]


def test_a_murmur_far_below_their_voice_only_lowers_ours():
    call = Call().on(Frame(0.5, 0.95, -20.0), 0.5).on(AgentStarted(1.0), 1.0)
    assert call.on(SpeechStarted(2.0), 2.1).kinds() == [Duck]
    assert call.on(Frame(2.2, 0.9, -24.0), 2.2).kinds() == [Duck, Hold]


def sounds(call, frames, level_db=-25.0):
    for number, speech_p in enumerate(frames):
        at_s = 2.0 + FRAME_S * (number + 1)
        call.on(Frame(at_s, speech_p, level_db), at_s)
    return call


STARTLES = [
    ("the beginning of speech", [0.6, 0.9], -25.0, [Hold]),
    ("a click", [0.9], -25.0, []),
    ("a wavering sound", [0.6, 0.2, 0.6, 0.2], -25.0, []),
    ("a knock", [0.6, 0.6, 0.1, 0.1, 0.1], -25.0, [Hold, Unduck]),
    ("a distant voice", [0.9, 0.9], -45.0, []),
]


@pytest.mark.parametrize(("story", "frames", "level_db", "expected"), STARTLES)
def test_a_sound_pauses_us_before_it_is_known_to_be_speech(story, frames, level_db, expected):
    call = Call().on(Frame(0.5, 0.95, -20.0), 0.5).on(AgentStarted(1.0), 1.0)
    assert sounds(call, frames, level_db).kinds() == expected, story


def test_who_startled_us_and_goes_on_keeps_us_silent():
    call = sounds(Call().on(AgentStarted(1.0), 1.0), [0.6, 0.9, 0.9]).on(SpeechStarted(2.0), 2.1)
    call.on(Frame(2.2, 0.9, -45.0), 2.2)
    assert call.kinds() == [Hold]
    assert call.on(Words(2.6, "Wait, I", final=False, start_s=2.0), 2.65).kinds() == [Hold, Interrupt]


def test_the_emergency_text_does_not_pause():
    call = Call().on(AgentStarted(0.0, interruptible=False), 0.01)
    assert sounds(call, [0.9, 0.9, 0.9]).on(SpeechStarted(2.0), 2.1).kinds() == [Duck]


def test_a_first_guess_at_a_word_does_not_interrupt_us():
    call = Call().on(AgentStarted(0.0), 0.01).on(SpeechStarted(2.0), 2.1)
    call.on(Words(2.2, "You", final=False, start_s=2.0), 2.3)
    call.on(Words(2.6, "Okay", final=False, start_s=2.0), 2.65)
    call.on(SpeechStopped(2.7), 2.83).on(Words(2.7, "Okay.", final=True, start_s=2.0), 2.85).until(4.0)
    assert call.kinds() == [Hold, Unduck]


def test_what_interrupted_us_is_answered():
    call = Call().on(AgentStarted(0.0), 0.01).on(SpeechStarted(2.0), 2.1)
    call.on(Words(2.4, "Wait, I", final=False, start_s=2.0), 2.45).on(AgentStopped(2.5), 2.5)
    call.on(SpeechStopped(4.0), 4.13).on(EndEstimate(4.13, 0.99), 4.15)
    call.on(Words(4.0, "Wait, I have a question.", final=True, start_s=2.0), 4.2).until(6.0)
    assert call.kinds() in ([Hold, Interrupt, Reply], [Hold, Interrupt, Prepare, Reply])
    assert call.the(Reply).words.text == "Wait, I have a question."


def test_a_backchannel_is_not_answered_after_we_stop():
    call = Call().on(AgentStarted(0.0), 0.01).says("Mm-hm.", 2.0, 2.4).until(3.0).on(AgentStopped(3.1), 3.1).until(9.0)
    assert call.kinds() == [Hold, Unduck]


def test_the_emergency_text_is_not_interrupted_but_what_they_said_is_answered_after_it():
    call = Call().on(AgentStarted(0.0, interruptible=False), 0.01)
    call.says("My arm hurts as well.", 2.0, 3.5).until(5.0)
    assert Interrupt not in call.kinds()
    call.on(AgentStopped(6.0), 6.0).until(9.0)
    assert call.kinds()[-1] is Reply
    assert call.the(Reply).words.text == "My arm hurts as well."


def test_what_is_typed_is_answered_at_once():
    typed = Words(2.0, "Can I eat?", final=True, source="typed", start_s=2.0)
    assert Call().on(typed, 2.0).kinds() == [Reply]
    assert Call().on(AgentStarted(0.0), 0.01).on(typed, 2.0).kinds() == [Interrupt, Reply]


def test_what_is_typed_during_the_emergency_text_waits_for_its_end():
    typed = Words(2.0, "Can I eat?", final=True, source="typed", start_s=2.0)
    call = Call().on(AgentStarted(0.0, interruptible=False), 0.01).on(typed, 2.0)
    assert call.kinds() == []
    assert call.on(AgentStopped(4.0), 4.0).kinds() == [Reply]


def test_a_long_silence_is_asked_about_twice_and_no_more():
    call = Call().on(AgentStarted(0.0), 0.01).on(AgentStopped(2.0), 2.0).until(60.0)
    assert call.kinds() == [AskGently, AskGently]
    assert call.when(AskGently) == pytest.approx(14.0, abs=0.05)


def test_a_pause_for_thought_is_met_with_a_nod():
    call = Call().says("It started when I", 1.0, 5.0, 0.02).until(5.8)
    assert call.when(ListeningNod) == pytest.approx(5.35, abs=0.1)


def test_a_mumble_within_a_pause_is_not_silence():
    quiet, mumbled = Call(), Call()
    for call in (quiet, mumbled):
        call.on(Frame(0.9, 0.95, -20.0), 0.9).says("I took all of them.", 1.0, 3.0, 0.6)
    mumbled.on(Frame(3.6, 0.3, -30.0), 3.6)
    for call in (quiet, mumbled):
        call.until(8.0)
    assert mumbled.when(Reply) - quiet.when(Reply) == pytest.approx(0.6, abs=0.07)


def test_patience_grows_with_the_pauses_a_patient_makes():
    hasty, slow = Call(), Call()
    for start_s in (1.0, 4.0, 7.0, 10.0):
        hasty.says("and then I", start_s, start_s + 2.5, 0.02)
        slow.says("and then I", start_s, start_s + 1.6, 0.02)
    for call, start_s in ((hasty, 13.0), (slow, 13.0)):
        call.says("That is all of it.", start_s, start_s + 2.0, 0.5).until(20.0)
    assert slow.when(Reply) > hasty.when(Reply) + 0.2


def test_a_patient_for_whom_we_wait_longer():
    call = Call(TurnTaking(Patience(factor=2.0), MODEL)).says("I took all of them.", 1.0, 3.0, 0.5).until(8.0)
    assert call.when(Reply) - 3.0 == pytest.approx(2.0, abs=0.1)


def test_what_was_answered_otherwise_is_not_answered_again():
    call = Call().says("Hello?", 1.0, 1.5)
    call.turn.answered()
    assert Reply not in call.until(8.0).kinds()

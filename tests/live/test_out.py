"""What has been handed to the wire is what was spoken."""

import time

import numpy as np
import pytest

from conversations.live.events import Phoneme, Samples, Sentence, Sound
from conversations.live.out import FRAME_SAMPLES, RATE_HZ, Out


def tone(seconds: float, level: int = 8000) -> Samples:
    return np.full(int(seconds * RATE_HZ), level, np.int16)


async def queue(out: Out, text: str, seconds: float) -> Sentence:
    sentence = Sentence(text, "answer")
    await out.play(Sound(np.zeros(0, np.int16), RATE_HZ, text), tone(seconds), sentence, begins=True)
    out.sentence_done()
    return sentence


async def test_silence_advances_the_clock():
    out = Out()
    assert not out.next_frame().any()
    assert out.position_s == pytest.approx(0.02)


def test_a_frame_begins_to_be_heard_as_it_is_handed_out_and_opus_has_had_its_look_ahead():
    out = Out()
    for _ in range(3):
        out.next_frame()
    assert out.position_at(time.monotonic()) == pytest.approx(2 * 0.02 - 0.0065, abs=0.005)


async def test_a_sentence_begins_with_its_first_sample():
    begun: list[Sentence] = []
    out = Out(on_sentence=begun.append)
    sentence = await queue(out, "one two", 0.1)
    assert begun == []
    out.next_frame()
    assert begun == [sentence]


async def test_heard_words_are_cut_at_a_word_that_was_finished():
    out = Out()
    await queue(out, "alpha beta gamma delta", 1.0)
    for _ in range(25):
        out.next_frame()
    [spoken] = out.stop()
    assert spoken.heard == "alpha beta"


async def test_a_whole_sentence_is_heard_whole():
    out = Out()
    await queue(out, "alpha beta", 0.1)
    for _ in range(5):
        out.next_frame()
    assert [spoken.heard for spoken in out.take_spoken()] == ["alpha beta"]


async def test_stopping_fades_within_one_frame_and_then_is_silent():
    out = Out()
    await queue(out, "alpha beta", 1.0)
    out.next_frame()
    out.stop()
    last = out.next_frame()
    assert abs(int(last[0])) > 7000
    assert not last[480:].any()
    assert np.abs(np.diff(last[:481].astype(int))).max() < 100
    assert not out.next_frame().any()


async def test_ducking_lowers_the_voice_without_a_step():
    out = Out()
    await queue(out, "alpha beta", 1.0)
    out.next_frame()
    out.duck()
    ramp = out.next_frame()
    assert np.abs(np.diff(ramp.astype(int))).max() < 20
    assert out.next_frame().max() == 2000


def heard_after(out: Out, frames: int) -> Samples:
    return np.concatenate([out.next_frame() for _ in range(frames)])


async def test_a_pause_is_silent_at_once_without_a_step_and_takes_no_words():
    out = Out()
    await queue(out, "alpha beta", 1.0)
    heard_after(out, 10)
    out.hold()
    fading = out.next_frame()
    assert np.abs(np.diff(fading.astype(int))).max() < 20
    played = out.spoken[0].played
    assert not (heard_after(out, 50)).any()
    assert out.spoken[0].played == played
    out.unduck()
    heard_after(out, 60)
    [spoken] = out.take_spoken()
    assert (spoken.heard, spoken.played) == ("alpha beta", spoken.samples)


async def test_we_go_on_from_the_gap_before_the_word_that_the_pause_broke():
    out = Out()
    sentence = Sentence("alpha beta", "answer")
    words = np.concatenate((tone(0.3), tone(0.04, 0), tone(0.3)))
    await out.play(Sound(np.zeros(0, np.int16), RATE_HZ, "alpha beta"), words, sentence, begins=True)
    heard_after(out, 25)
    out.hold()
    heard_after(out, 5)
    out.unduck()
    again = heard_after(out, 30)
    assert len(np.flatnonzero(again)) == pytest.approx(0.3 * RATE_HZ, abs=FRAME_SAMPLES)


async def test_a_reply_that_is_stopped_in_a_pause_stays_silent_and_the_next_one_sounds():
    out = Out()
    await queue(out, "alpha beta", 1.0)
    heard_after(out, 10)
    out.hold()
    heard_after(out, 5)
    out.stop()
    out.unduck()
    assert not (heard_after(out, 10)).any()
    await queue(out, "gamma", 0.1)
    assert (heard_after(out, 5)).any()


class Lips:
    def __init__(self):
        self.said, self.hushed = [], []

    def say(self, phonemes, starts_s):
        self.said += [(one.symbol, starts_s + one.start_s) for one in phonemes]

    def hush(self, at_s):
        self.hushed.append(at_s)


async def test_lips_rest_in_a_pause_and_move_again_with_the_sound():
    lips = Lips()
    out = Out(face=lips)
    phonemes = (Phoneme("a", 0.0, 0.3), Phoneme("b", 0.3, 0.6))
    sound = Sound(np.zeros(0, np.int16), RATE_HZ, "ab", phonemes)
    await out.play(sound, tone(0.6), Sentence("ab", "answer"), begins=True)
    heard_after(out, 10)
    out.hold()
    heard_after(out, 20)
    out.unduck()
    [(_, first_s), (_, second_s)] = lips.said[2:]
    assert lips.hushed == [pytest.approx(0.22)]
    assert first_s == pytest.approx(out.position_s)
    assert second_s - first_s == pytest.approx(0.3 - out.spoken[0].played / RATE_HZ)


async def test_what_is_queued_in_a_pause_moves_the_lips_once_and_when_it_is_heard():
    lips = Lips()
    out = Out(face=lips)
    await queue(out, "one", 0.1)
    out.hold()
    sound = Sound(np.zeros(0, np.int16), RATE_HZ, "", (Phoneme("a", 0.0, 0.1),))
    await out.play(sound, tone(0.1), Sentence("two", "answer"), begins=True)
    heard_after(out, 20)
    assert lips.said == []
    out.unduck()
    assert lips.said == [("a", pytest.approx(out.position_s + 0.08))]  # 20 ms faded away


async def test_sentences_follow_without_a_gap():
    out = Out()
    await queue(out, "one", 0.03)
    await queue(out, "two", 0.03)
    frames = np.concatenate([out.next_frame() for _ in range(3)])
    assert (frames[: 3 * FRAME_SAMPLES] != 0).all()

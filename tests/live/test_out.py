"""What has been handed to the wire is what was spoken."""

import numpy as np
import pytest

from conversations.live.events import Samples, Sentence, Sound
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


async def test_sentences_follow_without_a_gap():
    out = Out()
    await queue(out, "one", 0.03)
    await queue(out, "two", 0.03)
    frames = np.concatenate([out.next_frame() for _ in range(3)])
    assert (frames[: 3 * FRAME_SAMPLES] != 0).all()

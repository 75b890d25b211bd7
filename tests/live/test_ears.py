"""The ears, with scripted parts (what is yielded when) and once with the real ones on real speech."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from conversations.live.ears import ears, level_db
from conversations.live.events import Chunk, EndEstimate, Frame, SpeechStarted, SpeechStopped, Words

SPEECH = np.full(320, 5000, np.int16)
SILENCE = np.zeros(320, np.int16)


class LoudIsSpeech:
    def speech_p(self, samples):
        return 0.95 if np.abs(samples).max() > 1000 else 0.02


class Sure:
    def __init__(self):
        self.samples = 0

    def hear(self, samples):
        self.samples += len(samples)

    def finished_p(self):
        return 0.9


class Counting:
    """Says how much it heard."""

    def __init__(self, fails=False):
        self.begun = []
        self.samples = 0
        self.fails = fails

    def begin(self, lead_in, at_s):
        self.begun.append(at_s)
        self.samples = len(lead_in)

    def hear(self, samples):
        self.samples += len(samples)

    async def partial(self):
        return None

    async def final(self, at_s):
        if self.fails:
            raise RuntimeError("broken")
        return Words(at_s, f"{self.samples / 16000:.1f} s", final=True)


async def chunks(*portions):
    at_s = 0.0
    for portion, seconds in portions:
        for _ in range(round(seconds / 0.02)):
            at_s += 0.02
            yield Chunk(portion, at_s)
            while len(asyncio.all_tasks()) > 2:  # noqa: ASYNC110 - until only the test and the ears are left
                await asyncio.sleep(0)


async def heard(stream, transcriber=None, vad=None, end_of_turn=None):
    parts = (vad or LoudIsSpeech(), end_of_turn or Sure(), transcriber or Counting())
    async with aclosing(ears(stream, *parts)) as events:
        return [event async for event in events]


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


async def test_each_frame_is_told_with_its_level():
    frames = of(Frame, await heard(chunks((SILENCE, 0.32), (SPEECH, 0.32))))
    assert len(frames) == 20
    assert frames[0].level_db == -100.0
    assert frames[-1].level_db == pytest.approx(20 * np.log10(5000 / 32768), abs=0.1)


async def test_a_stretch_of_speech_starts_stops_and_has_words():
    events = await heard(chunks((SILENCE, 1.0), (SPEECH, 2.0), (SILENCE, 1.0)))
    (started,), (stopped,), (words,) = of(SpeechStarted, events), of(SpeechStopped, events), of(Words, events)
    assert started.at_s == pytest.approx(1.0, abs=0.04)
    assert stopped.at_s == pytest.approx(3.0, abs=0.04)
    assert words.final
    assert words.start_s == started.at_s


async def test_the_end_is_estimated_again_as_silence_grows():
    estimates = of(EndEstimate, await heard(chunks((SPEECH, 1.0), (SILENCE, 1.0))))
    assert len(estimates) >= 4
    assert estimates[0].at_s == pytest.approx(1.05, abs=0.04)


async def test_a_short_pause_does_not_end_a_stretch_and_a_long_one_does():
    short, long = Counting(), Counting()
    await heard(chunks((SPEECH, 1.0), (SILENCE, 0.4), (SPEECH, 1.0), (SILENCE, 1.0)), short)
    await heard(chunks((SPEECH, 1.0), (SILENCE, 1.4), (SPEECH, 1.0), (SILENCE, 1.0)), long)
    assert len(short.begun) == 1
    assert len(long.begun) == 2


async def test_speech_that_the_end_of_the_call_cuts_off_still_has_words():
    assert of(Words, await heard(chunks((SILENCE, 0.5), (SPEECH, 1.0))))[-1].final


async def test_a_broken_recogniser_does_not_end_the_hearing(caplog):
    events = await heard(chunks((SPEECH, 1.0), (SILENCE, 1.0), (SPEECH, 1.0), (SILENCE, 1.0)), Counting(fails=True))
    assert len(of(SpeechStopped, events)) == 2
    assert "RuntimeError" in caplog.text
    assert "broken" not in caplog.text


async def test_hearing_can_be_left_at_any_time():
    async def endless():
        while True:
            async for chunk in chunks((SPEECH, 1.0)):
                yield chunk

    async with aclosing(ears(endless(), LoudIsSpeech(), Sure(), Counting())) as events:
        async for event in events:
            if isinstance(event, SpeechStarted):
                break
    assert len(asyncio.all_tasks()) == 1


def test_level():
    assert level_db(np.zeros(512, np.int16)) == -100.0
    assert level_db(np.full(512, 32767, np.int16)) == pytest.approx(0.0, abs=0.01)

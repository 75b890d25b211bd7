"""The microphone ticks whatever the track does."""

import asyncio
from itertools import pairwise

import av
import numpy as np
import pytest

from conversations.live.audio_in import BACKLOG_S, CHUNK_S, CHUNK_SAMPLES, LATE_S, AudioIn, Chunks

LOUD = np.full(CHUNK_SAMPLES, 1000, np.int16)


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_what_arrives_is_yielded_in_order():
    clock = Clock()
    audio_in = AudioIn(clock)
    audio_in.take(LOUD)
    audio_in.take(LOUD * 2)
    chunks = audio_in.chunks()
    assert [(await anext(chunks)).samples[0], (await anext(chunks)).samples[0]] == [1000, 2000]
    await chunks.aclose()


async def test_a_stalled_track_yields_silence():
    clock = Clock()
    audio_in = AudioIn(clock)
    chunks = audio_in.chunks()
    clock.now_s = LATE_S + 0.1
    chunk = await anext(chunks)
    assert not chunk.samples.any()
    await chunks.aclose()


async def test_a_short_gap_is_waited_for_and_breaks_no_word():
    """A busy device sends in bursts; silence in the middle of a word makes another word of it."""
    clock = Clock()
    audio_in = AudioIn(clock)
    chunks = audio_in.chunks()
    audio_in.take(LOUD)
    await anext(chunks)
    clock.now_s = 0.2
    following = asyncio.ensure_future(anext(chunks))
    await asyncio.sleep(0.02)
    assert not following.done()
    audio_in.take(LOUD)
    assert (await following).samples.any()
    await chunks.aclose()


async def test_sound_that_comes_late_and_at_once_keeps_its_rhythm():
    """Silence is counted in sound: a burst after a stall must not make the pause that follows look shorter."""
    clock = Clock()
    audio_in = AudioIn(clock)
    chunks = audio_in.chunks()
    clock.now_s = LATE_S + 0.3
    filled = [await anext(chunks) for _ in range(10)]
    for _ in range(10):
        audio_in.take(LOUD)
    late = [await anext(chunks) for _ in range(10)]
    assert not any(chunk.samples.any() for chunk in filled)
    assert all(chunk.samples.any() for chunk in late)
    steps = [round(after.at_s - before.at_s, 6) for before, after in pairwise(filled + late)]
    assert set(steps) == {CHUNK_S}
    await chunks.aclose()


async def test_old_sound_is_dropped_rather_than_delaying_new():
    audio_in = AudioIn(Clock())
    for _ in range(int(BACKLOG_S / CHUNK_S) + 10):
        audio_in.take(LOUD)
    assert round(audio_in.dropped_s, 2) == 10 * CHUNK_S


def frame(samples: int, rate_hz: int, layout: str = "mono") -> av.AudioFrame:
    channels = {"mono": 1, "stereo": 2}[layout]
    made = av.AudioFrame.from_ndarray(np.full((1, samples * channels), 1000, np.int16), format="s16", layout=layout)
    made.sample_rate = rate_hz
    return made


@pytest.mark.parametrize(("samples", "rate_hz", "layout"), [(960, 48_000, "stereo"), (160, 8_000, "mono")])
def test_20_ms_of_a_track_are_heard_at_once(samples: int, rate_hz: int, layout: str):
    chunks = Chunks()
    for _ in range(20):
        (chunk,) = chunks.of(frame(samples, rate_hz, layout))
        assert chunk.shape == (CHUNK_SAMPLES,)
    assert np.all(np.abs(chunk - 1000.0) < 20)


def test_frames_of_any_length_lose_nothing():
    chunks = Chunks()
    heard = sum(len(chunk) for _ in range(30) for chunk in chunks.of(frame(480, 48_000)))
    assert heard >= 30 * 160 - CHUNK_SAMPLES

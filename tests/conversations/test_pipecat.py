"""Pipecat's services hear and speak for us, and are replaced like any other when they do not."""

import asyncio
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest

from conversations.live.events import Sound, Words
from conversations.providers import patience, pipecat_services
from conversations.providers.errors import ProviderFailed
from conversations.providers.pipecat_services import PipecatTranscriber, PipecatVoice, service
from conversations.providers.steady import SteadyTranscriber, SteadyVoice
from tests.conversations import pipecat_stand_ins as stand_ins

HERE = "tests.conversations.pipecat_stand_ins"
CHUNK = (np.sin(np.arange(320) / 8) * 3000).astype(np.int16)  # 20 ms
SENTENCE = "You may shower after 48 hours."


@asynccontextmanager
async def ears(kind, **options):
    transcriber = PipecatTranscriber(kind(**options))
    try:
        yield transcriber
    finally:
        await transcriber.close()


@asynccontextmanager
async def voice(**options):
    made = PipecatVoice(stand_ins.Tones(**options), rate_hz=24_000)
    try:
        yield made
    finally:
        await made.close()


def hear(transcriber, seconds, *, begin=True):
    chunks = round(seconds / 0.02)
    if begin:
        transcriber.begin(CHUNK, 0.02)
        chunks -= 1
    for _ in range(chunks):
        transcriber.hear(CHUNK)


async def test_a_service_that_reads_segments_gives_the_words_of_the_stretch():
    async with ears(stand_ins.Segments) as transcriber:
        hear(transcriber, 1.2)
        assert await transcriber.partial() is None
        words = await transcriber.final(1.2)
        assert (words.text, words.final, words.at_s) == ("1.2 seconds", True, 1.2)


async def test_a_stretch_that_went_on_keeps_its_first_words_and_a_new_one_does_not():
    async with ears(stand_ins.Segments) as transcriber:
        hear(transcriber, 1.0)
        assert (await transcriber.final(1.0)).text == "1.0 seconds"
        await transcriber.partial()
        hear(transcriber, 0.6, begin=False)
        assert (await transcriber.final(1.6)).text == "1.0 seconds 0.6 seconds"
        hear(transcriber, 0.4)
        assert (await transcriber.final(2.4)).text == "0.4 seconds"


async def test_a_service_that_streams_gives_partial_words():
    async with ears(stand_ins.Streams) as transcriber:
        hear(transcriber, 0.7)
        for _ in range(50):
            partial = await transcriber.partial()
            if partial and partial.text == "part 1 par 2":
                break
            await asyncio.sleep(0.02)
        assert partial is not None
        assert not partial.final
        hear(transcriber, 0.3, begin=False)
        assert (await transcriber.final(1.0)).text == "part 1 part 2"


class Embedded:
    def begin(self, lead_in, at_s): ...

    def hear(self, samples): ...

    async def final(self, at_s):
        return Words(at_s, "ours", final=True)

    async def speak(self, text):
        yield Sound(np.ones(2_205, np.int16), 22_050, f"ours: {text}")


@pytest.mark.parametrize("behaves", ["hangs", "raises", "reports"])
async def test_whatever_the_service_does_the_turn_is_heard(behaves):
    async with ears(stand_ins.Segments, behaves=behaves) as transcriber:
        steady = SteadyTranscriber(transcriber, Embedded(), within_s=0.5)
        hear(steady, 0.5)
        assert (await steady.final(0.5)).text == "ours"


async def test_a_sentence_comes_whole_and_the_next_one_too():
    async with voice() as made:
        for _ in range(2):
            sounds = [sound async for sound in made.speak(SENTENCE)]
            assert sum(sound.duration_s for sound in sounds) == pytest.approx(0.5, abs=0.01)
            assert sounds[0].text == SENTENCE
            assert {sound.rate_hz for sound in sounds} == {24_000}


async def test_an_interrupted_sentence_leaves_nothing_for_the_next():
    async with voice() as made:
        async with aclosing(made.speak("The first one.")) as sounds:
            await anext(sounds)
        sounds = [sound async for sound in made.speak(SENTENCE)]
        assert sum(sound.duration_s for sound in sounds) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("behaves", ["hangs", "raises", "reports", "drips"])
async def test_whatever_the_service_does_the_sentence_is_said(behaves, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SOUND_S", 0.5)
    monkeypatch.setattr(patience, "BEHIND_S", 0.3)
    async with voice(behaves=behaves) as made:
        sounds = [sound async for sound in SteadyVoice(made, Embedded()).speak(SENTENCE)]
        assert sounds[-1].text == f"ours: {SENTENCE}"


def test_a_service_is_made_by_its_name_with_its_key_and_options():
    made = service(f"{HERE}:Streams", "key", {"audio_passthrough": False})
    assert isinstance(made, stand_ins.Streams)
    assert made.api_key == "key"


@pytest.mark.parametrize("named", [f"{HERE}:Nothing", "no.such.module:Class"])
def test_a_service_that_is_not_there_raises(named):
    with pytest.raises((AttributeError, ImportError)):
        service(named, "", {})


async def test_what_is_said_does_not_stand_in_pipecats_log(capfd):
    async with voice() as made, ears(stand_ins.Segments, says="I feel dizzy") as transcriber:
        hear(transcriber, 0.5)
        await transcriber.final(0.5)
        [sound async for sound in made.speak(SENTENCE)]
    logged = "".join(capfd.readouterr())
    assert "dizzy" not in logged
    assert "shower" not in logged


async def test_a_service_that_cannot_start_fails_in_time(monkeypatch):
    monkeypatch.setattr(pipecat_services, "START_S", 0.2)
    monkeypatch.setattr(stand_ins.Tones, "setup", lambda *_: asyncio.sleep(60))
    async with voice() as made:
        with pytest.raises(ProviderFailed):
            [sound async for sound in made.speak(SENTENCE)]

"""A service outside hears and speaks while the patient agrees and it works; if not, it is replaced in the same turn."""

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest

from conversations.live.events import Sound, Words
from conversations.live.speak import speak
from conversations.providers import patience
from conversations.providers.consented import Permission
from conversations.providers.errors import ProviderFailed
from conversations.providers.openai_transcriber import OpenAiTranscriber
from conversations.providers.openai_voice import OpenAiVoice
from conversations.providers.rereading import RereadingTranscriber
from conversations.providers.steady import SteadyTranscriber, SteadyVoice
from conversations.providers.timed_voice import TimedVoice
from tests.conversations.stand_in_speech import (
    HEARING_FAULTS,
    RATE_HZ,
    SPEAKING_FAULTS,
    hears,
    serving,
    speaks,
    tone,
)

SOUND = (np.sin(np.arange(16_000) / 8) * 3000).astype(np.int16)
SENTENCE = "You may shower after 48 hours."


OURS_HZ = 22_050


class Embedded:
    """Both the embedded recogniser and the embedded voice."""

    def __init__(self):
        self.spoken = []
        self.samples = 0

    def begin(self, lead_in, at_s):
        self.samples = len(lead_in)

    def hear(self, samples):
        self.samples += len(samples)

    async def partial(self):
        return None

    async def final(self, at_s):
        return Words(at_s, f"ours, of {self.samples} samples", final=True)

    async def speak(self, text):
        self.spoken.append(text)
        yield Sound(np.ones(OURS_HZ // 10, np.int16), OURS_HZ, text)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def outside_ears(server, model="whisper-1"):
    return RereadingTranscriber(OpenAiTranscriber(base_url=server.url, api_key="k", model=model).read)


def outside_voice(server):
    return OpenAiVoice(base_url=server.url, api_key="k", model="tts", voice="calm")


def agrees(answer=lambda: True, clock=None):
    return Permission(answer, clock or Clock())


def hear(transcriber, sound=SOUND):
    transcriber.begin(sound[:6_400], 0.0)
    transcriber.hear(sound[6_400:])


# -- hearing ------------------------------------------------------------------------------


async def test_the_words_come_from_the_service():
    async with serving(hear=hears("I have a pane in my chest.", avg_logprob=-0.2)) as server:
        steady = SteadyTranscriber(outside_ears(server), Embedded(), agrees())
        hear(steady)
        words = await steady.final(1.0)
    assert (words.text, words.final) == ("I have a pain in my chest.", True)
    assert words.confidence == pytest.approx(np.exp(-0.2))
    asked = server.heard[0]
    assert asked.form["model"] == "whisper-1"
    assert asked.form["response_format"] == "verbose_json"
    assert len(asked.sound) == len(SOUND)


async def test_words_made_up_over_silence_are_none():
    async with serving(hear=hears("Thank you for watching.", avg_logprob=-1.4, no_speech_prob=0.9)) as server:
        ears = outside_ears(server)
        hear(ears)
        assert (await ears.final(1.0)).text == ""


async def test_partial_words_are_read_again_after_more_sound_only():
    async with serving(hear=hears("I feel")) as server:
        ears = outside_ears(server)
        hear(ears, SOUND[:8_000])
        assert await ears.partial() is None  # half a second: too little to ask again
        ears.hear(SOUND[:8_000])
        first = await ears.partial()
        assert await ears.partial() is None
    assert first is not None
    assert (first.text, first.final) == ("I feel", False)
    assert len(server.heard) == 1


@pytest.mark.parametrize("fault", sorted(HEARING_FAULTS))
async def test_whatever_the_service_does_the_turn_is_heard(fault):
    async with serving(hear=HEARING_FAULTS[fault]) as server:
        steady = SteadyTranscriber(outside_ears(server), Embedded(), agrees(), within_s=0.3)
        hear(steady)
        began = time.monotonic()
        words = await steady.final(1.0)
        assert words.text == f"ours, of {len(SOUND)} samples"
        assert time.monotonic() - began < 1.5


async def test_a_service_that_keeps_failing_is_left_alone_for_a_while():
    clock = Clock()
    async with serving(hear=HEARING_FAULTS["error"]) as server:
        steady = SteadyTranscriber(outside_ears(server), Embedded(), agrees(), clock=clock)
        for _ in range(5):
            hear(steady)
            await steady.final(1.0)
        assert len(server.heard) == 2
        clock.now += 31.0
        await steady.final(1.0)
        assert len(server.heard) == 3


async def test_without_consent_no_sound_leaves_and_a_withdrawal_is_heard_within_two_seconds():
    clock, allowed = Clock(), [False]
    async with serving(hear=hears("theirs")) as server:
        steady = SteadyTranscriber(outside_ears(server), Embedded(), agrees(lambda: allowed[0], clock))
        hear(steady)
        assert "ours" in (await steady.final(1.0)).text
        assert server.heard == []
        allowed[0] = True
        clock.now += 1.0
        assert (await steady.final(1.0)).text == "theirs"
        allowed[0] = False
        clock.now += 1.0
        assert "ours" in (await steady.final(1.0)).text


async def test_if_nobody_can_say_whether_the_patient_agrees_nothing_leaves():
    def broken():
        raise ConnectionError

    async with serving(hear=hears("theirs")) as server:
        steady = SteadyTranscriber(outside_ears(server), Embedded(), agrees(broken))
        hear(steady)
        assert "ours" in (await steady.final(1.0)).text
    assert server.heard == []


# -- voice --------------------------------------------------------------------------------


async def said(voice, text=SENTENCE):
    return [sound async for sound in voice.speak(text)]


async def test_the_voice_comes_from_the_service_whole_and_with_lips():
    ours = Embedded()
    async with serving(speak=speaks(1.0)) as server:
        sounds = await said(SteadyVoice(TimedVoice(outside_voice(server)), ours, agrees()))
    assert np.concatenate([sound.samples for sound in sounds]).tobytes() == tone(1.0)
    assert sounds[0].text == SENTENCE
    assert sounds[0].duration_s < 0.15
    assert {sound.rate_hz for sound in sounds} == {RATE_HZ}
    assert server.spoken[0] == {"model": "tts", "voice": "calm", "input": SENTENCE, "response_format": "pcm"}
    assert ours.spoken == []


@pytest.mark.parametrize("fault", sorted(SPEAKING_FAULTS))
async def test_whatever_the_service_does_the_sentence_is_said(fault, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SOUND_S", 0.4)
    monkeypatch.setattr(patience, "BEHIND_S", 0.3)
    ours = Embedded()
    async with serving(speak=SPEAKING_FAULTS[fault]) as server:
        steady = SteadyVoice(outside_voice(server), ours, agrees())
        began = time.monotonic()
        sounds = await said(steady)
        assert ours.spoken == [SENTENCE]
        assert sounds[-1].rate_hz == 22_050
        assert time.monotonic() - began < 3.0
        await said(steady)
        assert len(server.spoken) <= 1  # left alone after the first time, of which a busy machine may see none


async def test_a_voice_that_takes_over_in_mid_sentence_is_heard_at_its_own_pitch():
    async with serving(speak=SPEAKING_FAULTS["breaks"]) as server:
        steady = SteadyVoice(outside_voice(server), Embedded(), agrees())
        pieces = [(sound, samples) async for sound, samples in speak(SENTENCE, steady)]
    taken_over = next(at for at, (sound, _) in enumerate(pieces) if sound.rate_hz == OURS_HZ)
    before, after = pieces[:taken_over], pieces[taken_over:]
    told_s = sum(sound.duration_s for sound, _ in before)
    assert sum(len(samples) for _, samples in before) == pytest.approx(told_s * 48_000, abs=2)  # to its last sample
    assert sum(len(samples) for _, samples in after) == pytest.approx(0.1 * 48_000, abs=2)


async def test_a_listener_who_lets_the_voice_wait_is_no_slow_service(monkeypatch):
    monkeypatch.setattr(patience, "BEHIND_S", 0.2)
    ours = Embedded()
    async with serving(speak=speaks(1.0)) as server, aclosing(outside_voice(server).speak(SENTENCE)) as sounds:
        await anext(sounds)
        await asyncio.sleep(0.6)
        assert len([sound async for sound in sounds]) > 1
    assert ours.spoken == []


async def test_without_consent_nothing_that_is_said_leaves():
    ours = Embedded()
    async with serving() as server:
        await said(SteadyVoice(outside_voice(server), ours, agrees(lambda: False)))
    assert (server.spoken, ours.spoken) == ([], [SENTENCE])


async def test_a_consent_taken_back_in_mid_sentence_ends_the_request():
    clock, ours = Clock(), Embedded()
    async with serving(speak=speaks(2.0)) as server:
        steady = SteadyVoice(outside_voice(server), ours, agrees(lambda: clock.now < 101.0, clock))
        theirs = 0.0
        async with aclosing(steady.speak(SENTENCE)) as sounds:
            async for sound in sounds:
                theirs += sound.duration_s if sound.rate_hz == RATE_HZ else 0.0
                clock.now += 0.4
    assert 0.0 < theirs < 1.0
    assert ours.spoken == [SENTENCE]


async def test_a_voice_alone_says_what_went_wrong_but_not_what_was_said():
    async with serving(speak=SPEAKING_FAULTS["error"]) as server:
        with pytest.raises(ProviderFailed) as failed:
            await said(outside_voice(server))
    assert "shower" not in str(failed.value)

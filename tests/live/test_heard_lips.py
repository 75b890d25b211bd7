"""Lip-sync from sound alone, scored against the voice that knows its phonemes.

The voices and the sentences here were not among those it was fitted to.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from conversations.live.events import Phoneme, Sound
from conversations.live.heard_lips import CLASSES, LOOK_AHEAD_S, SYMBOL, WEIGHTS, Ear, network, spelled, steadied
from conversations.live.lipsync import gestures, mouth_at, viseme_at
from conversations.live.visemes import Viseme, visemes_of
from conversations.providers.espeak import EspeakVoice
from conversations.providers.espeak_native import Manner
from conversations.providers.timed_voice import TimedVoice

SENTENCES = [
    "Good evening, Maria, thank you for picking up.",
    "How has your breathing been since you came home from hospital?",
    "Most people feel a little sore for about five days after this operation.",
    "Would you like me to read that part of the leaflet again?",
    "Please put your feet up for half an hour, and drink some water.",
    "Your cousin may drive you to the clinic on Thursday morning.",
    "I will ask the ward whether the blue tablets should be chewed.",
    "That sounds uncomfortable, and I am glad that you mentioned it.",
    "Before we finish, is there anything else on your mind?",
    "Somebody from the team should phone you within the next two hours.",
]
UNHEARD = ["en-us+f5", "en-us+m3", "en-us+f4", "en-us+Michael"]


def agreement(heard: tuple[Phoneme, ...], sound: Sound) -> tuple[int, int]:
    """Frames of 10 ms in the same class, and all frames, from the first phoneme to the last."""
    truth, guess = gestures(sound.phonemes), gestures(heard)
    moments = np.arange(sound.phonemes[0].start_s, sound.phonemes[-1].end_s, 0.01)
    return sum(viseme_at(truth, at_s) == viseme_at(guess, at_s) for at_s in moments), len(moments)


def score(variant: str) -> float:
    voice, ear = EspeakVoice(Manner(name=variant)), Ear()
    pairs = []
    for sentence in SENTENCES:
        sound = voice.render(sentence)
        pairs.append(agreement(ear.phonemes(sound.samples, sound.rate_hz), sound))
    return sum(same for same, _ in pairs) / sum(count for _, count in pairs)


def test_four_frames_in_five_have_the_true_shape_for_voices_it_never_heard():
    scores = {variant: score(variant) for variant in UNHEARD}
    assert np.mean(list(scores.values())) >= 0.80, scores
    assert min(scores.values()) >= 0.70, scores


def test_it_looks_no_further_ahead_than_thirty_milliseconds():
    assert LOOK_AHEAD_S <= 0.03
    sound = EspeakVoice().render(SENTENCES[1])
    cut = len(sound.samples) // 2
    noise = np.random.default_rng(0).integers(-8000, 8000, len(sound.samples) - cut).astype(np.int16)
    other = np.concatenate([sound.samples[:cut], noise])
    told = [gestures(Ear().phonemes(samples, sound.rate_hz)) for samples in (sound.samples, other)]
    cut_s = cut / sound.rate_hz
    for at_s in np.arange(0, cut_s - 0.04 - 0.02, 0.005):  # a flicker is settled one frame later
        assert viseme_at(told[0], at_s) == viseme_at(told[1], at_s)


def test_pieces_are_heard_nearly_as_well_as_the_whole():
    voice, ear = EspeakVoice(Manner(name="en-us+m3")), Ear()
    same = count = 0
    for sentence in SENTENCES:
        sound = voice.render(sentence)
        heard: list[Phoneme] = []
        for start in range(0, len(sound.samples), 4410):
            piece = sound.samples[start : start + 4410]
            offset_s = start / sound.rate_hz
            phonemes = ear.phonemes(piece, sound.rate_hz)
            assert all(0 <= each.start_s < each.end_s <= len(piece) / sound.rate_hz + 1e-9 for each in phonemes)
            heard += [replace(each, start_s=each.start_s + offset_s, end_s=each.end_s + offset_s) for each in phonemes]
        agreed, moments = agreement(tuple(heard), sound)
        same, count = same + agreed, count + moments
    assert same / count >= 0.75


@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0])
def test_the_level_of_the_voice_does_not_matter(gain: float):
    sound = EspeakVoice(Manner(name="en-us+m3")).render(SENTENCES[2])
    heard = Ear().phonemes((sound.samples * gain).astype(np.int16), sound.rate_hz)
    same, count = agreement(heard, sound)
    assert same / count > 0.7


def test_silence_leaves_the_mouth_at_rest():
    heard = gestures(Ear().phonemes(np.zeros(22_050, np.int16), 22_050))
    assert all(mouth_at(heard, at_s).open < 0.05 for at_s in np.arange(0, 1, 0.02))


def test_nothing_and_next_to_nothing_are_no_trouble():
    ear = Ear()
    assert ear.phonemes(np.zeros(0, np.int16), 24_000) == ()
    assert ear.phonemes(np.zeros(30, np.int16), 24_000) == ()


def test_every_class_can_be_spelled_and_read_back():
    assert all(visemes_of(symbol) == (viseme,) for viseme, symbol in SYMBOL.items())
    assert set(SYMBOL) | {Viseme.REST} == set(Viseme)
    index = CLASSES.index(Viseme.OPEN)
    assert spelled([0, index, index, 0], 0.0, 0.04) == (Phoneme("a", 0.01, 0.03),)


def test_a_flicker_is_smoothed():
    assert steadied(np.array([1, 1, 2, 1, 1, 3, 3])).tolist() == [1, 1, 1, 1, 1, 3, 3]


def test_the_weights_are_small_and_whole():
    assert WEIGHTS.stat().st_size < 200_000
    assert network().weights[-1].shape[1] == len(CLASSES)


class Mute:
    """A voice without phoneme times, like most."""

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        yield replace(EspeakVoice().render(text), phonemes=())


async def test_a_voice_without_times_gets_them_and_one_with_times_keeps_its_own():
    heard = [sound async for sound in TimedVoice(Mute()).speak(SENTENCES[0])]
    assert len(heard[0].phonemes) > 20
    own = [sound async for sound in TimedVoice(EspeakVoice()).speak(SENTENCES[0])]
    assert any("ˈ" in each.symbol for sound in own for each in sound.phonemes)

"""The embedded voice, measured on its own sound."""

import asyncio
import time

import numpy as np
import pytest

from conversations.live.events import Sound
from conversations.providers.espeak import EspeakVoice, sounding_level_db
from conversations.providers.espeak_native import EspeakError, Manner
from conversations.providers.spoken_form import spoken_form

SENTENCE = "Hello Maria, please take two tablets with food, and call us if the swelling gets worse."
JITTER_S = 0.02  # the library varies the last clause by a few milliseconds from one telling to the next
WOMAN, MAN = Manner(), Manner(name="en-us+m3", pitch=40)


async def spoken(voice: EspeakVoice, text: str = SENTENCE) -> list[Sound]:
    return [piece async for piece in voice.speak(text)]


async def test_pieces_join_to_the_whole_sentence():
    voice = EspeakVoice()
    pieces = await spoken(voice)
    whole = voice.render(SENTENCE)
    assert len(pieces) > 5
    assert sum(piece.duration_s for piece in pieces) == pytest.approx(whole.duration_s, abs=JITTER_S)
    assert [piece.text for piece in pieces] == [SENTENCE] + [""] * (len(pieces) - 1)


async def test_the_first_sound_comes_within_ten_milliseconds():
    voice = EspeakVoice()
    await spoken(voice, "Ready.")
    waits = []
    for _ in range(9):
        begun = time.perf_counter()
        sentence = voice.speak(SENTENCE)
        await anext(sentence)
        waits.append(time.perf_counter() - begun)
        await sentence.aclose()
    assert sorted(waits)[4] < 0.010


@pytest.mark.parametrize("manner", [WOMAN, MAN])
def test_every_voice_is_level_and_never_clips(manner: Manner):
    sound = EspeakVoice(manner).render(SENTENCE)
    assert sounding_level_db(sound) == pytest.approx(-19, abs=1.5)
    assert np.abs(sound.samples.astype(int)).max() < 32768 * 0.891


def test_it_starts_and_ends_in_silence():
    samples = EspeakVoice().render(SENTENCE).samples.astype(int)
    assert np.abs(samples[:40]).max() < 100
    assert np.abs(samples[-200:]).max() < 100


async def test_phonemes_are_in_order_inside_their_sound_and_most_of_it():
    for piece in await spoken(EspeakVoice()):
        ends_s = 0.0
        for phoneme in piece.phonemes:
            assert phoneme.symbol
            assert ends_s <= phoneme.start_s < phoneme.end_s <= piece.duration_s + 1e-9
            ends_s = phoneme.end_s
    whole = EspeakVoice().render(SENTENCE)
    assert sum(each.end_s - each.start_s for each in whole.phonemes) > 0.75 * whole.duration_s


async def test_pieces_carry_the_same_phonemes_at_the_same_times_as_the_whole():
    voice = EspeakVoice()
    timeline: list[tuple[str, float, float]] = []
    offset_s = 0.0
    for piece in await spoken(voice):
        for each in piece.phonemes:
            if timeline and each.start_s == 0 and timeline[-1][0] == each.symbol:
                timeline[-1] = (each.symbol, timeline[-1][1], each.end_s + offset_s)
            else:
                timeline.append((each.symbol, each.start_s + offset_s, each.end_s + offset_s))
        offset_s += piece.duration_s
    whole = [(each.symbol, each.start_s, each.end_s) for each in voice.render(SENTENCE).phonemes]
    assert [symbol for symbol, _, _ in timeline] == [symbol for symbol, _, _ in whole]
    assert np.allclose([times[1:] for times in timeline], [times[1:] for times in whole], atol=JITTER_S)


def test_a_hiss_sounds_where_its_phoneme_says():
    """The s of "see" has most of its energy above 3 kHz, the vowel after it below: the times are the sound's own."""
    sound = EspeakVoice().render("see")
    shares = {each.symbol.strip("ˈː"): _high_share(sound, each.start_s, each.end_s) for each in sound.phonemes}
    assert shares["s"] > 0.6 > 0.2 > shares["i"]


def _high_share(sound: Sound, start_s: float, end_s: float) -> float:
    stretch = sound.samples[int(start_s * sound.rate_hz) : int(end_s * sound.rate_hz)].astype(float)
    power = np.abs(np.fft.rfft(stretch)) ** 2
    above = np.fft.rfftfreq(len(stretch), 1 / sound.rate_hz) > 3000
    return float(power[above].sum() / power.sum())


def test_slower_is_longer():
    slow, quick = (EspeakVoice(words_per_minute=pace).render(SENTENCE).duration_s for pace in (120, 180))
    assert slow > 1.25 * quick


async def test_many_calls_speak_at_once_each_with_its_own_words():
    voices = [EspeakVoice(WOMAN), EspeakVoice(MAN)] * 3
    heard = await asyncio.gather(*(spoken(voice) for voice in voices))
    durations = [sum(piece.duration_s for piece in pieces) for pieces in heard]
    assert durations == pytest.approx([durations[0], durations[1]] * 3, abs=JITTER_S)
    loudest = [max(np.abs(piece.samples).max() for piece in pieces) for pieces in heard]
    assert min(loudest) > 5000


async def test_closing_early_stops_the_work_and_the_next_sentence_is_whole():
    voice = EspeakVoice()
    long = voice.speak(SENTENCE * 200)
    await anext(long)
    await long.aclose()
    begun = time.perf_counter()
    whole_s = voice.render(SENTENCE).duration_s
    assert sum(piece.duration_s for piece in await spoken(voice)) == pytest.approx(whole_s, abs=JITTER_S)
    assert time.perf_counter() - begun < 1


async def test_nothing_to_say_makes_no_sound():
    assert all(np.abs(piece.samples).max() < 150 for piece in await spoken(EspeakVoice(), ""))


async def test_an_unknown_voice_says_what_to_do():
    with pytest.raises(EspeakError, match="no voice"):
        await spoken(EspeakVoice(Manner(name="xx-nobody")))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Take 5 mg.", "Take 5 milligrams."),
        ("1 mL", "1 milliliter"),
        ("above 101.5 °F", "above 101.5 degrees Fahrenheit"),
        ("Take 1/2 tablet.", "Take half a tablet."),
        ("1 1/2 tablets", "1 and a half tablets"),
        ("Call 911 now.", "Call nine one one now."),
        ("Call (212) 555-0134.", "Call two one two, five five five, zero one three four."),
        ("every 4-6 hours", "every 4 to 6 hours"),
        ("120/80", "120 over 80"),
        ("on 2024-05-01", "on 2024-05-01"),
        ("a 10-day course", "a 10-day course"),
        ("b.i.d. with food", "twice a day with food"),
        ("I am glad.", "I am glad."),
    ],
)
def test_abbreviations_are_said_not_spelt(written: str, said: str):
    assert spoken_form(written) == said

"""Mouth shapes against the sounds they belong to."""

from itertools import pairwise

import pytest

from conversations.live.events import Phoneme
from conversations.live.lipsync import cut, followed_by, gestures, mouth_at, since, viseme_at
from conversations.live.visemes import SHAPES, Mouth, Viseme, visemes_of
from conversations.providers.espeak import EspeakVoice

SENTENCE = "Maria, five people move thin boxes from the sheep farm, would you believe it?"
PARTS = ("open", "wide", "round", "lips_closed", "teeth", "tongue", "tuck")


def said(*sounds: tuple[str, float]) -> tuple[Phoneme, ...]:
    """Phonemes one after another, each (symbol, seconds)."""
    phonemes, at_s = [], 0.0
    for symbol, lasts_s in sounds:
        phonemes.append(Phoneme(symbol, at_s, at_s + lasts_s))
        at_s += lasts_s
    return tuple(phonemes)


@pytest.fixture(scope="module")
def spoken():
    return EspeakVoice().render(SENTENCE)


@pytest.mark.parametrize(
    ("symbol", "shapes"),
    [
        ("p", (Viseme.CLOSED,)),
        ("ˈiː", (Viseme.WIDE,)),
        ("ˈaʊ", (Viseme.OPEN, Viseme.PURSED)),
        ("aɪ", (Viseme.OPEN, Viseme.WIDE)),
        ("eɪ", (Viseme.MID, Viseme.WIDE)),
        ("oʊ", (Viseme.ROUND, Viseme.PURSED)),
        ("tʃ", (Viseme.HUSH,)),
        ("ʊɹ", (Viseme.PURSED, Viseme.ARR)),
        ("n̩", (Viseme.RIDGE,)),
        ("", ()),
        ("ʘ", (Viseme.MID,)),
    ],
)
def test_each_symbol_asks_for_its_shapes(symbol, shapes):
    assert visemes_of(symbol) == shapes


def test_no_symbol_of_a_spoken_sentence_is_unknown(spoken):
    known = {letter for each in spoken.phonemes for letter in each.symbol if letter not in "ˈˌː"}
    assert all(visemes_of(letter) != () for letter in known)
    assert {each.viseme for each in gestures(spoken.phonemes)} >= set(Viseme) - {Viseme.REST, Viseme.ROUND}


def test_lips_are_pressed_for_every_p_b_and_m(spoken):
    track = gestures(spoken.phonemes)
    closures = [each for each in spoken.phonemes if each.symbol in "pbm"]
    assert len(closures) >= 6
    for each in closures:
        mouth = mouth_at(track, (each.start_s + each.end_s) / 2)
        assert mouth.lips_closed == 1
        assert mouth.open == 0


def test_the_lower_lip_meets_the_teeth_for_f_and_v(spoken):
    track = gestures(spoken.phonemes)
    for each in spoken.phonemes:
        if each.symbol in "fv":
            mouth = mouth_at(track, (each.start_s + each.end_s) / 2)
            assert mouth.tuck > 0.9
            assert mouth.open < 0.2


def test_a_p_closes_no_earlier_than_a_tenth_of_a_second_before_its_sound():
    track = gestures(said(("ɑː", 0.3), ("p", 0.08), ("ɑː", 0.3)))
    assert mouth_at(track, 0.20).lips_closed == 0
    assert mouth_at(track, 0.31).lips_closed == 1
    assert mouth_at(track, 0.50).open > 0.7


def test_a_weak_consonant_takes_the_shape_of_its_vowels():
    between_oo = mouth_at(gestures(said(("uː", 0.15), ("k", 0.07), ("uː", 0.15))), 0.185)
    between_ee = mouth_at(gestures(said(("iː", 0.15), ("k", 0.07), ("iː", 0.15))), 0.185)
    assert between_oo.round > 0.5 > between_oo.wide
    assert between_ee.wide > 0.5 > between_ee.round


def test_lips_round_before_the_vowel_is_heard():
    track = gestures(said(("s", 0.12), ("uː", 0.2)))
    assert mouth_at(track, 0.09).round > mouth_at(track, 0.02).round > -1e-9
    assert mouth_at(track, 0.09).round > 0.2


def test_motion_is_smooth(spoken):
    """At 40 frames a second no part jumps by more than a closing lip does."""
    track = gestures(spoken.phonemes)
    frames = [mouth_at(track, index / 40) for index in range(int(spoken.duration_s * 40))]
    for part in PARTS:
        steps = [abs(getattr(after, part) - getattr(before, part)) for before, after in pairwise(frames)]
        assert max(steps) < 0.75, part
        assert sorted(steps)[len(steps) // 2] < 0.12, part


def test_every_part_stays_in_range(spoken):
    track = gestures(spoken.phonemes)
    for index in range(int((spoken.duration_s + 1) * 200)):
        assert all(0 <= getattr(mouth_at(track, index / 200), part) <= 1 for part in PARTS)


def test_the_mouth_rests_before_after_and_in_pauses():
    track = gestures(said(("ɑː", 0.2))) + gestures(said(("ɑː", 0.2)), starts_s=1.0)
    assert mouth_at(track, -0.2) == mouth_at(track, 0.6) == mouth_at(track, 2) == mouth_at((), 0) == Mouth()


def test_pieces_of_a_sentence_make_one_track(spoken):
    half_s = spoken.duration_s / 2
    first = tuple(
        Phoneme(each.symbol, each.start_s, min(each.end_s, half_s)) for each in spoken.phonemes if each.start_s < half_s
    )
    rest = tuple(
        Phoneme(each.symbol, max(0, each.start_s - half_s), each.end_s - half_s)
        for each in spoken.phonemes
        if each.end_s > half_s
    )
    joined = followed_by(gestures(first), gestures(rest, starts_s=half_s))
    whole = gestures(spoken.phonemes)
    assert len(joined) in (len(whole), len(whole) + 1)
    for index in range(int(spoken.duration_s * 50)):
        at_s = index / 50
        assert mouth_at(joined, at_s).open == pytest.approx(mouth_at(whole, at_s).open, abs=0.05)


def test_an_interruption_rests_the_mouth_at_once(spoken):
    track = cut(gestures(spoken.phonemes), 1.0)
    assert viseme_at(track, 1.01) == Viseme.REST
    assert mouth_at(track, 1.0 + 0.15) == Mouth()


def test_what_is_long_past_is_forgotten(spoken):
    track = gestures(spoken.phonemes)
    kept = since(track, 2.0)
    assert len(kept) < len(track)
    assert mouth_at(kept, 2.0) == mouth_at(track, 2.0)


def test_a_stressed_vowel_opens_wider():
    assert mouth_at(gestures(said(("ˈɛ", 0.2))), 0.1).open > 1.1 * mouth_at(gestures(said(("ɛ", 0.2))), 0.1).open


def test_every_class_has_a_shape_of_its_own():
    assert set(SHAPES) == set(Viseme)
    assert len({shape.mouth for shape in SHAPES.values()}) == len(Viseme)

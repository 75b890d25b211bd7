"""What is noticed beside the words: against the patient's own usual, in a short note, never more than a hint."""

import re
from dataclasses import replace

import numpy as np
import pytest
import soxr

from conversations.live import voice_signs
from conversations.live.events import Chunk, SpeechStarted, SpeechStopped
from conversations.live.looks import Look, Looks, parse
from conversations.live.perception import NOTHING, Perception, fused, overheard
from conversations.live.signs import Sign, Usual
from conversations.live.voice_signs import HOP_S, VoiceMeter
from conversations.providers.espeak import EspeakVoice
from conversations.providers.espeak_native import Manner

AT_REST = Look(
    0.0, eyes=0.3, mouth=0.05, smile=0.66, lips=0.17, upper_lip=0.12, brow=0.24, brow_gap=0.3, size=0.16, pitch=8.0
)
FRAMES_PER_S = 8
RATE_HZ = 16_000


def after(*stretches):
    """The signs after stretches of (seconds, what changed), with the tremble of a real mesh."""
    looks, at_s, noise = Looks(), 0.0, np.random.default_rng(7)
    for seconds, changes in stretches:
        for _ in range(round(seconds * FRAMES_PER_S)):
            at_s += 1 / FRAMES_PER_S
            look = replace(AT_REST, at_s=at_s, **changes)
            looks.see(replace(look, eyes=look.eyes + noise.normal(0, 0.008), brow=look.brow + noise.normal(0, 0.004)))
    return [sign.words for sign in looks.signs(at_s)]


FROWN = {"brow": 0.18, "brow_gap": 0.24}
SITUATIONS = [
    ("at rest", {}, []),
    ("a turned head", {"yaw": 35.0}, ["looking away"]),
    ("eyes to the side", {"gaze_x": 0.4}, ["looking away"]),
    ("a bowed head", {"pitch": 34.0}, ["head bowed"]),
    ("gone from the picture", {"face": False}, ["out of the camera's view"]),
    ("a frown alone", FROWN, ["brow lowered"]),
    ("a frown with eyes pressed shut", {**FROWN, "eyes": 0.08, "shut": True}, ["face may be uncomfortable"]),
    ("a frown with tightened lids", {**FROWN, "eyes": 0.2}, ["face may be uncomfortable"]),
    ("a lifted lip with a frown", {**FROWN, "upper_lip": 0.08}, ["face may be uncomfortable"]),
    ("a smile, which tightens lids too", {"smile": 0.76, "eyes": 0.22, "upper_lip": 0.09}, ["smiling"]),
    ("an open mouth", {"mouth": 0.45}, ["mouth open"]),
    ("pressed lips", {"lips": 0.11}, ["lips pressed"]),
    ("closed eyes", {"eyes": 0.08, "shut": True}, ["eyes closed"]),
]


@pytest.mark.parametrize(("situation", "changes", "expected"), SITUATIONS, ids=[name for name, _, _ in SITUATIONS])
def test_what_stands_out_from_how_this_patient_usually_looks(situation, changes, expected):
    found = after((20, {}), (6, changes))
    assert found[: len(expected)] == expected
    if situation != "at rest":
        assert "face may be uncomfortable" in expected or "face may be uncomfortable" not in found
    else:
        assert found == []


def test_a_face_that_always_frowns_is_not_in_pain():
    assert after((40, FROWN)) == []
    assert after((40, FROWN), (6, {**FROWN, "eyes": 0.2})) != ["face may be uncomfortable"]


def test_nothing_stands_out_before_there_is_a_usual():
    assert after((1, {"yaw": 40.0})) == []


def test_many_blinks_are_noticed():
    looks = Looks()
    for index in range(160):
        looks.see(replace(AT_REST, at_s=index / FRAMES_PER_S, blinks=index // 6))  # 80 a minute
    assert [sign.words for sign in looks.signs(20.0)] == ["blinking often"]


# -- reports of a page that nobody trusts ----------------------------------------------

GOOD = {
    "face": True,
    "shut": False,
    "blinks": 3,
    **dict.fromkeys(("eyes", "gaze_x", "gaze_y", "yaw", "pitch", "roll", "mouth", "smile", "lips"), 0.1),
    **dict.fromkeys(("upper_lip", "brow", "brow_gap", "size"), 0.1),
}


def test_a_report_is_read():
    assert parse(GOOD, 2.0) == replace(Look(2.0, **{k: v for k, v in GOOD.items() if k not in ("face",)}))
    assert parse({"face": False}, 2.0) == Look(2.0, face=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"eyes": "0.3"},
        {"eyes": None},
        {"eyes": float("nan")},
        {"yaw": float("inf")},
        {"yaw": 1e9},
        {"eyes": True},
        {"blinks": -1},
        {"blinks": 2.5},
        {"blinks": "many"},
        {"eyes": [0.3]},
    ],
    ids=str,
)
def test_what_is_no_report_changes_nothing(wrong):
    assert parse({**GOOD, **wrong} if wrong else {}, 0.0) is None


# -- the voice ---------------------------------------------------------------------------


def tone(seconds, hz=120.0, *, level=0.3, wobble_cents=0.0, wobble_hz=6.0, seed=1):
    """A buzz with harmonics, like a held vowel."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    swing = 2 ** (wobble_cents / 1200 * np.sin(2 * np.pi * wobble_hz * at))
    phase = 2 * np.pi * np.cumsum(hz * swing) / RATE_HZ
    voice = sum(np.sin(n * phase) / n for n in range(1, 12))
    noise = np.random.default_rng(seed).normal(0, 0.003, len(at))
    return (np.clip(level * voice / 2 + noise, -1, 1) * 32767).astype(np.int16)


def rest(seconds):
    return np.random.default_rng(3).normal(0, 20, int(seconds * RATE_HZ)).astype(np.int16)


def measured(*pieces):
    meter = VoiceMeter()
    sound = np.concatenate(pieces)
    for start in range(0, len(sound) - 319, 320):
        meter.hear(sound[start : start + 320])
    return meter.utterance()


@pytest.mark.parametrize("hz", [80.0, 120.0, 180.0, 240.0, 350.0])
def test_pitch_is_heard_within_half_a_semitone(hz):
    assert measured(tone(1.0, hz)).pitch == pytest.approx(12 * np.log2(hz / 100), abs=0.5)


def test_pauses_and_phrases_are_counted():
    utterance = measured(tone(0.8), rest(0.5), tone(0.8), rest(0.5), tone(0.8))
    assert utterance.pauses_per_s == pytest.approx(2 / 3.4, rel=0.1)
    assert utterance.pause_share == pytest.approx(1.0 / 3.4, abs=0.06)
    assert utterance.phrase_s == pytest.approx(0.8, abs=0.12)


def test_a_trembling_voice_is_told_from_a_steady_one_and_from_intonation():
    trembling = measured(tone(2.0, wobble_cents=60, wobble_hz=6.0)).tremor
    steady, sung = measured(tone(2.0)).tremor, measured(tone(2.0, wobble_cents=150, wobble_hz=1.0)).tremor
    assert trembling > 0.7
    assert max(steady, sung) < 0.25


def test_syllables_a_second_follow_the_pace_of_speech():
    def paced(words_per_minute):
        voice = EspeakVoice(replace(Manner(), words_per_minute=words_per_minute))
        sound = voice.render("I went to the garden this morning and watered the tomatoes.")
        return measured(np.asarray(soxr.resample(sound.samples, sound.rate_hz, RATE_HZ), np.int16))

    slow, fast = paced(110), paced(220)
    assert 1.4 < fast.syllables_per_s / slow.syllables_per_s < 2.6
    assert 2.0 < slow.syllables_per_s < 5.0  # 18 syllables in about 5 s


def test_silence_and_noise_say_nothing():
    assert measured(rest(2.0)) is None
    assert measured(np.zeros(RATE_HZ, np.int16)) is None
    assert measured(tone(0.2)) is None


def test_only_so_much_sound_is_kept():
    meter = VoiceMeter()
    for _ in range(voice_signs.LONGEST + 500):
        meter.hear(np.zeros(320, np.int16))
    assert len(meter._frames) <= voice_signs.LONGEST


def usual():
    voice = voice_signs.Voice()
    for seed in range(5):
        voice.begin(0.0)
        feed(voice, tone(2.4, 120 + seed, seed=seed))
    return voice


def feed(voice, sound):
    for start in range(0, len(sound) - 319, 320):
        voice.meter.hear(sound[start : start + 320])


SOUNDS = [
    ("as usual", [tone(2.4)], None),
    ("quieter", [tone(2.4, level=0.1)], "voice quieter"),
    ("higher", [tone(2.4, 165)], "voice higher and tighter"),
    ("trembling", [tone(2.4, wobble_cents=60)], "voice trembling"),
    ("gasping", [piece for _ in range(5) for piece in (tone(0.5), rest(0.5))], "short of breath between words"),
    ("hesitating", [tone(1.5), rest(1.3), tone(1.6)], "hesitating"),
]


@pytest.mark.parametrize(("name", "pieces", "expected"), SOUNDS, ids=[name for name, _, _ in SOUNDS])
def test_what_stands_out_from_how_this_patient_usually_sounds(name, pieces, expected):
    voice = usual()
    voice.begin(0.0)
    feed(voice, np.concatenate(pieces))
    found = [sign.words for sign in voice.signs()]
    assert expected in found if expected else found == []
    if name != "gasping":
        assert "short of breath between words" not in found


# -- one note ------------------------------------------------------------------------------


def tokens(text):
    return len(re.findall(r"\w+|[^\w\s]", text))


def test_a_note_names_the_strongest_and_stays_short():
    seen = [Sign("face may be uncomfortable", 0.9, 0.6), Sign("looking away", 0.5), Sign("mouth open", 0.4)]
    heard = [Sign("short of breath between words", 1.0, 0.7), Sign("voice higher and tighter", 0.8, 0.4)]
    note = fused(seen, heard)
    assert note.text.startswith("short of breath between words, face may be uncomfortable")
    assert tokens(str(note)) <= 32
    assert str(note).endswith("(clear)")
    assert note.concern > 0.7


def test_face_and_voice_together_are_surer_than_either():
    seen, heard = [Sign("brow lowered", 0.6, 0.2)], [Sign("voice quieter", 0.6, 0.3)]
    both = fused(seen, heard)
    for alone in (fused(seen, []), fused([], heard)):
        assert alone.confidence < both.confidence
        assert alone.concern < both.concern


def test_nothing_worth_saying_is_not_said():
    assert fused([Sign("looking away", 0.2)], []) is NOTHING
    assert str(NOTHING) == ""


def test_every_note_that_can_be_made_is_at_most_32_tokens():
    longest = sorted(
        (sign.words for sign in (*voice_signs.signs(*extreme()), *WORDIEST)), key=lambda words: -tokens(words)
    )
    assert tokens(str(fused([Sign(words, 1.0) for words in longest[:4]], []))) <= 32


WORDIEST = (Sign("out of the camera's view", 1.0), Sign("face may be uncomfortable", 1.0))


def extreme():
    """An utterance in which everything stands out."""
    known = {name: Usual(1.0).after(0.0) for name in voice_signs.Voice()._usual}
    return voice_signs.Utterance(9.0, -90.0, 50.0, 50.0, -50.0, 1.0, 90.0, 90.0, -90.0), known


# -- in a call ---------------------------------------------------------------------------


def chunks(sound, start_s=0.0):
    for index, start in enumerate(range(0, len(sound) - 319, 320)):
        yield Chunk(sound[start : start + 320], start_s + (index + 1) * HOP_S)


def talk(perception, look, *, turns=6, seconds=3.0, at_s=0.0):
    for _ in range(turns):
        perception.heard(SpeechStarted(at_s))
        for chunk in chunks(tone(seconds), at_s):
            perception.listen(chunk)
            perception.see({**GOOD, **look})
        at_s += seconds
        perception.heard(SpeechStopped(at_s))
        for chunk in chunks(rest(2.0), at_s):
            perception.listen(chunk)
        at_s += 2.0
    return at_s


def test_a_note_follows_each_utterance_and_fades():
    perception = Perception(allowed=True)
    ended_s = talk(perception, {})
    assert perception.latest() == ""
    ended_s = talk(perception, {"brow": 0.01, "brow_gap": 0.01, "eyes": 0.03}, turns=1, seconds=8.0, at_s=ended_s)
    assert "face may be uncomfortable" in perception.latest()
    assert 0 < perception.concern() < 1
    assert perception.summary().utterances == 7
    assert "brow lowered" in {line.sign for line in perception.summary().lines}
    for chunk in chunks(rest(0.1), ended_s + 60):
        perception.listen(chunk)
    assert perception.latest() == ""
    assert perception.concern() == 0.0


def test_without_consent_nothing_is_noticed():
    perception = Perception(allowed=False)
    ended_s = talk(perception, {})
    talk(perception, {"brow": 0.01, "eyes": 0.03}, turns=1, seconds=8.0, at_s=ended_s)
    assert perception.latest() == ""
    assert perception._voice.meter._frames == []
    assert not perception._looks._recent


def test_consent_taken_back_in_the_call_forgets_what_was_noticed():
    perception = Perception(allowed=True)
    ended_s = talk(perception, {})
    talk(perception, {"brow": 0.01, "brow_gap": 0.01, "eyes": 0.03}, turns=1, seconds=8.0, at_s=ended_s)
    assert perception.latest()
    assert perception.summary().lines
    perception.allow(False)
    assert perception.latest() == ""
    assert perception.summary() is None
    perception.allow(True)
    assert perception.latest() == ""
    assert perception.summary() is None


def test_a_page_cannot_flood_it():
    perception = Perception(allowed=True)
    perception.listen(Chunk(np.zeros(320, np.int16), 1.0))
    for _ in range(1000):
        perception.see(GOOD)
    assert len(perception._looks._recent) == 1


async def test_the_ears_hear_the_same_with_perception_listening():
    async def ears(sound):
        async for chunk in sound:
            yield SpeechStarted(chunk.at_s)

    async def sound():
        for chunk in chunks(tone(0.2)):
            yield chunk

    plain = [event async for event in ears(sound())]
    perception = Perception(allowed=True)
    assert [event async for event in overheard(ears, perception)(sound())] == plain
    assert perception._voice.meter._frames

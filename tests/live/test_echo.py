"""Our own voice, coming back through the patient's microphone, is not taken for the patient."""

import time

import numpy as np
import pytest

from conversations.live.ears import level_db
from conversations.live.echo import BLOCK, EchoGuard
from conversations.live.events import Chunk, SpeechStarted
from conversations.live.vad import VoiceActivity
from conversations.providers.silero import SileroVad
from tests.live.speech import recording

RATE_HZ = 16_000
OURS_S = 12


@pytest.fixture(scope="module")
def ours():
    return recording("two_cities")[: OURS_S * RATE_HZ]


def echo_of(sound, delay_s, gain_db, reverberant=False):
    """What a microphone hears of it: later, softer, from a room."""
    path = np.zeros(int((delay_s + 0.08) * RATE_HZ))
    path[int(delay_s * RATE_HZ)] = 1.0
    if reverberant:
        tail = np.random.default_rng(3).normal(size=len(path) - int(delay_s * RATE_HZ) - 1)
        path[int(delay_s * RATE_HZ) + 1 :] = tail * 0.15 * np.exp(-np.arange(len(tail)) / (0.015 * RATE_HZ))
    back = np.convolve(sound.astype(np.float64), path)[: len(sound)]
    rms = np.sqrt(np.mean(sound.astype(np.float64) ** 2) / np.mean(back**2))
    return back * rms * 10 ** (gain_db / 20)


def cleaned(ours, microphone, guard=None):
    guard = guard or EchoGuard(played_rate_hz=RATE_HZ)
    noise = np.random.default_rng(1).normal(size=len(microphone)) * 8
    heard = np.clip(microphone + noise, -32768, 32767).astype(np.int16)
    for at in range(0, len(heard) - BLOCK, BLOCK):
        guard.played(ours[at : at + BLOCK])
        yield guard.clean(Chunk(heard[at : at + BLOCK], (at + BLOCK) / RATE_HZ)).samples


def speech_starts(blocks):
    """When speech is noticed, in seconds."""
    sound = np.concatenate(list(blocks))
    vad, activity = SileroVad(), VoiceActivity()
    found = []
    for end in range(512, len(sound), 512):
        frame = sound[end - 512 : end]
        if isinstance(activity.step(vad.speech_p(frame), end / RATE_HZ, level_db(frame)), SpeechStarted):
            found.append(end / RATE_HZ)
    return found


@pytest.mark.parametrize("reverberant", [False, True])
@pytest.mark.parametrize("gain_db", [-6, -12, -20])
@pytest.mark.parametrize("delay_s", [0.02, 0.09, 0.2])
def test_our_echo_is_never_taken_for_speech(ours, delay_s, gain_db, reverberant):
    assert speech_starts(cleaned(ours, echo_of(ours, delay_s, gain_db, reverberant))) == []


def test_without_the_guard_it_would_be(ours):
    assert speech_starts([echo_of(ours, 0.09, -12).astype(np.int16)])


@pytest.mark.parametrize("gain_db", [-6, -20])
@pytest.mark.parametrize("begins_s", [1.0, 6.0])
def test_a_patient_who_talks_over_us_is_heard_at_once(ours, gain_db, begins_s):
    patient = np.zeros(len(ours))
    words = recording("beckett")[: 4 * RATE_HZ].astype(np.float64)
    onset = int(np.argmax(np.abs(words) > 1500))
    start = int(begins_s * RATE_HZ)
    patient[start : start + len(words) - onset] = words[onset:]
    starts = speech_starts(cleaned(ours, patient + echo_of(ours, 0.09, gain_db, reverberant=True)))
    assert starts
    assert begins_s <= starts[0] <= begins_s + 0.4


def test_while_we_are_silent_nothing_is_touched():
    patient = recording("beckett")[: 2 * RATE_HZ // BLOCK * BLOCK]
    guard = EchoGuard(played_rate_hz=RATE_HZ)
    for at in range(0, len(patient), BLOCK):
        guard.played(np.zeros(BLOCK, np.int16))
        chunk = Chunk(patient[at : at + BLOCK], (at + BLOCK) / RATE_HZ)
        assert guard.clean(chunk) is chunk


def test_a_microphone_without_a_player_is_left_alone():
    chunk = Chunk(np.full(BLOCK, 500, np.int16), 0.02)
    assert EchoGuard().clean(chunk) is chunk


def test_a_loudspeaker_at_48_khz_is_understood(ours):
    guard = EchoGuard()
    loud = np.repeat(ours, 3)
    back = echo_of(ours, 0.1, -10)
    left = []
    for block, at in enumerate(range(0, len(ours) - BLOCK, BLOCK)):
        guard.played(loud[block * 960 : block * 960 + 960])
        left.append(guard.clean(Chunk(back[at : at + BLOCK].astype(np.int16), at / RATE_HZ)).samples)
    assert level_db(np.concatenate(left)[4 * RATE_HZ :]) < level_db(back[4 * RATE_HZ :].astype(np.int16)) - 15


def test_it_costs_little(ours):
    began = time.process_time()
    count = sum(1 for _ in cleaned(ours, echo_of(ours, 0.09, -12)))
    assert (time.process_time() - began) / count < 0.004

"""The incremental features are Pipecat's own, to float precision."""

import numpy as np
import pytest
from pipecat.audio.turn.smart_turn._whisper_features import compute_whisper_log_mel_features

from conversations.providers.log_mel import HOP, WINDOW, LogMel


def noise(seconds, offset=0):
    rng = np.random.default_rng(7)
    swell = np.abs(np.sin(np.arange(int(seconds * 16000)) / 9000)) * 6000
    return (rng.normal(size=len(swell)) * swell + offset).clip(-32768, 32767).astype(np.int16)


def stock(sound):
    whole = sound[: len(sound) // HOP * HOP].astype(np.float32) / 32768
    whole = np.pad(whole, (max(0, WINDOW - len(whole)), 0))[-WINDOW:]
    return compute_whisper_log_mel_features(whole)


@pytest.mark.parametrize("portion", [320, 512, 77, 16000, 200_000])
@pytest.mark.parametrize(("seconds", "offset"), [(0.5, 0), (3.013, 0), (8.0, 0), (11.7, 0), (9.0, 900)])
def test_the_features_are_pipecats(portion, seconds, offset):
    sound = noise(seconds, offset)
    features = LogMel()
    for start in range(0, len(sound), portion):
        features.hear(sound[start : start + portion])
    np.testing.assert_allclose(features.window(), stock(sound), atol=2e-4)


def test_after_a_restart_only_the_new_sound_counts():
    features = LogMel()
    features.hear(noise(5))
    features.restart()
    features.hear(noise(2, 300)[:16000])
    np.testing.assert_allclose(features.window(), stock(noise(2, 300)[:16000]), atol=2e-4)


def test_silence_has_features_too():
    features = LogMel()
    features.hear(np.zeros(32000, np.int16))
    np.testing.assert_allclose(features.window(), stock(np.zeros(32000, np.int16)), atol=2e-4)

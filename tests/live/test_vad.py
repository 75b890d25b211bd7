"""Tables of P(speech) per 32 ms frame, and what comes of them."""

import pytest

from conversations.live.events import SpeechStarted, SpeechStopped
from conversations.live.vad import FRAME_S, VoiceActivity


def changes(frames):
    activity = VoiceActivity()
    steps = [activity.step(p, (i + 1) * FRAME_S) for i, p in enumerate(frames)]
    return [(type(change), round(change.at_s / FRAME_S)) for change in steps if change is not None]


QUIET, VOICE, WAVER = 0.02, 0.9, 0.4


def test_a_voice_that_has_faded_is_over_though_the_network_remembers_it():
    activity = VoiceActivity()
    frames = [(VOICE, -20.0)] * 10 + [(VOICE, -60.0)] * 6
    steps = [activity.step(p, (i + 1) * FRAME_S, level) for i, (p, level) in enumerate(frames)]
    (stopped,) = [change for change in steps if isinstance(change, SpeechStopped)]
    assert stopped.at_s == pytest.approx(10 * FRAME_S)


@pytest.mark.parametrize(
    ("story", "frames", "expected"),
    [
        ("silence", [QUIET] * 20, []),
        ("a click", [QUIET] * 5 + [VOICE] * 2 + [QUIET] * 5, []),
        ("a word", [QUIET] * 5 + [VOICE] * 6 + [QUIET] * 6, [(SpeechStarted, 5), (SpeechStopped, 11)]),
        ("a stop consonant inside", [VOICE] * 5 + [QUIET] * 3 + [VOICE] * 5, [(SpeechStarted, 0)]),
        ("a wavering voice", [VOICE] * 4 + [WAVER] * 10 + [VOICE] * 2, [(SpeechStarted, 0)]),
        ("a waver alone is no speech", [WAVER] * 20, []),
        (
            "a pause",
            [VOICE] * 5 + [QUIET] * 6 + [VOICE] * 5,
            [(SpeechStarted, 0), (SpeechStopped, 5), (SpeechStarted, 11)],
        ),
    ],
)
def test_speech_starts_and_stops(story, frames, expected):
    assert changes(frames) == expected, story

"""How far a voice has fallen at the end of what was said, against its own level."""

import pytest

from conversations.live.events import Frame, SpeechStarted, SpeechStopped
from conversations.live.fading import USUAL_FALL_DB, Fading
from conversations.live.turn import TurnTaking

FRAME_S = 0.032
SECOND = 31  # frames


def frames(levels_db, from_s=0.0, speech_p=0.95):
    return [Frame(from_s + FRAME_S * (at + 1), speech_p, level) for at, level in enumerate(levels_db)]


def fallen_db(heard):
    fading = Fading()
    for frame in heard:
        fading.heard(frame)
    return fading.fallen_db(heard[-1].at_s)


@pytest.mark.parametrize("level_db", [-20.0, -45.0])
def test_a_fall_is_measured_against_the_speaker_not_the_microphone(level_db):
    assert fallen_db(frames([level_db] * 2 * SECOND + [level_db - 9.0] * 14)) == pytest.approx(9.0, abs=0.1)


def test_a_voice_held_up_has_not_fallen():
    assert fallen_db(frames([-25.0] * 2 * SECOND)) == pytest.approx(0.0)


def test_the_last_tenth_of_a_second_does_not_count():
    assert fallen_db(frames([-25.0] * 2 * SECOND + [-60.0] * 2)) == pytest.approx(0.0)


def test_noise_between_words_does_not_lower_a_speaker_s_level():
    quiet = frames([-70.0] * 3 * SECOND, speech_p=0.05)
    assert fallen_db([*quiet, *frames([-25.0] * 2 * SECOND, quiet[-1].at_s)]) == pytest.approx(0.0)


def test_a_speaker_who_is_not_known_yet_falls_as_usual():
    assert fallen_db(frames([-25.0] * 12)) == USUAL_FALL_DB


def test_the_floor_weighs_the_end_of_the_latest_stretch():
    turn = TurnTaking()
    turn.on(SpeechStarted(0.0), 0.0)
    first = frames([-25.0] * 2 * SECOND + [-37.0] * 14)
    for frame in first:
        turn.on(frame, frame.at_s)
    turn.on(SpeechStopped(first[-1].at_s), first[-1].at_s)
    assert turn.evidence(first[-1].at_s).fallen_db == pytest.approx(12.0, abs=0.1)
    turn.on(SpeechStarted(first[-1].at_s), first[-1].at_s)
    for frame in frames([-25.0] * 2 * SECOND, first[-1].at_s):
        turn.on(frame, frame.at_s)
    turn.on(SpeechStopped(frame.at_s), frame.at_s)
    assert turn.evidence(frame.at_s).fallen_db == pytest.approx(0.0)

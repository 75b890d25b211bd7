"""The evaluations of hearing, on cases made here."""

import json

import pytest
import soundfile

from conversations.evaluation import BadCases, backchannels, transcription
from tests.live.speech import recording


def written(path, *cases):
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return path


def test_backchannels_are_counted(tmp_path):
    acts = [("mhm", 0.3, "backchannel"), ("yeah", 0.4, "interruption"), ("stop", 0.3, "interruption")]
    path = written(tmp_path / "acts.jsonl", *({"text": t, "duration_s": d, "label": kind} for t, d, kind in acts))
    report = backchannels.evaluate([path])
    assert report.figures["precision"] == 0.5
    assert report.figures["recall"] == 1.0
    assert report.figures["f1"] == pytest.approx(2 / 3)
    assert set(report.figures["rules"]) == {"ours", "pipecat_min_words", "livekit_min_duration"}


def test_words_are_counted_against_what_was_said(tmp_path):
    soundfile.write(tmp_path / "cities.wav", recording()[: 16_000 * 5], 16_000)
    case = {"wav": "cities.wav", "start_s": 0, "end_s": 5, "text": "It was the best of times it was the worst of times"}
    figures = transcription.evaluate([written(tmp_path / "manifest.jsonl", case)]).figures
    assert figures["wer"] < 0.2
    assert figures["rtf"] > 0
    assert "library" in figures["recognisers"]


def test_a_missing_recording_is_named(tmp_path):
    case = {"wav": "none.wav", "start_s": 0, "end_s": 1, "text": "x"}
    with pytest.raises(BadCases, match=r"none\.wav"):
        transcription.evaluate([written(tmp_path / "manifest.jsonl", case)])


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a b", "a x b", 1), ("a b", "x y z", 3), ("", "a", 1)],
)
def test_word_errors(reference, heard, errors):
    assert transcription.distance(reference.split(), heard.split()) == errors

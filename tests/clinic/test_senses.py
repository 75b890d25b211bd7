"""Ears and voice are chosen by settings that are right, or nothing starts."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from clinic import environment, senses

EARS = {
    "EARS": "openai",
    "STT_BASE_URL": "https://stt.example/v1",
    "STT_API_KEY": "k",
    "STT_MODEL": "whisper-1",
    "STT_COVERED_BY": "baa",
    "STT_REGION": "eu",
}
VOICE = {
    "VOICE": "openai",
    "TTS_BASE_URL": "https://tts.example/v1",
    "TTS_MODEL": "tts",
    "TTS_VOICE": "calm",
    "TTS_COVERED_BY": "self-hosted",
}


@pytest.fixture
def given(monkeypatch):
    monkeypatch.setattr(environment, "_asked", set())

    def give(**settings):
        for name in (*EARS, *VOICE, "STT_SERVICE", "STT_FOLDER", "STT_OPTIONS", "TTS_FOLDER", "TTS_RATE_HZ"):
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return give


def test_by_default_both_are_embedded_and_nobody_is_asked(given):
    given()
    assert senses.ears([]).kind == senses.voice([]).kind == "embedded"
    assert not senses.ears(["eu"]).outside


def test_services_that_are_covered_and_in_the_region_are_used(given):
    given(**EARS, **VOICE)
    ears, voice = senses.ears(["eu"]), senses.voice([])
    assert (ears.outside, ears.base_url, ears.name) == (True, "https://stt.example/v1", "openai whisper-1")
    assert (voice.voice, voice.rate_hz, voice.name) == ("calm", 24_000, "openai tts calm")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"EARS": "shell"}, "choose one of"),
        ({"STT_COVERED_BY": "none"}, "set STT_COVERED_BY to baa or self-hosted"),
        ({"STT_REGION": "us"}, "has to stay in eu"),
        ({"STT_REGION": ""}, "a region that nobody named"),
        ({"STT_BASE_URL": ""}, "EARS=openai needs STT_BASE_URL"),
        ({"STT_MODEL": ""}, "EARS=openai needs STT_MODEL"),
        ({"STT_BASE_URL": "stt.example"}, "must begin with https://"),
        ({"STT_OPTIONS": "[1]"}, "must be a JSON object"),
        ({"EARS": "pipecat"}, "must name a Pipecat service"),
        ({"EARS": "embedded"}, "set EARS to openai or pipecat, or remove it"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(given, changed, told):
    given(**{**EARS, **changed})
    with pytest.raises(ImproperlyConfigured, match=told):
        senses.ears(["eu"])


def test_a_package_that_is_missing_is_named(given, monkeypatch):
    monkeypatch.setattr(senses.importlib.util, "find_spec", lambda name: None)
    given(EARS="faster-whisper", STT_FOLDER="/models")
    with pytest.raises(ImproperlyConfigured, match="pip install faster-whisper"):
        senses.ears([])
    given(VOICE="piper", TTS_FOLDER="/models")
    with pytest.raises(ImproperlyConfigured, match="pip install piper-tts"):
        senses.voice([])


def test_a_folder_without_a_voice_is_refused_and_one_with_a_voice_taken(given, monkeypatch, tmp_path):
    monkeypatch.setattr(senses.importlib.util, "find_spec", lambda name: object())
    given(VOICE="piper", TTS_FOLDER=str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match=r"TTS_FOLDER .* must be a folder with \*.onnx"):
        senses.voice([])
    (tmp_path / "amy.onnx").touch()
    (tmp_path / "amy.onnx.json").write_text(json.dumps({}))
    assert senses.voice([]).folder == tmp_path
    given(EARS="faster-whisper", STT_FOLDER="nowhere")
    with pytest.raises(ImproperlyConfigured, match=r"STT_FOLDER is 'nowhere'"):
        senses.ears([])


def test_a_pipecat_service_is_a_service_outside(given):
    given(EARS="pipecat", STT_SERVICE="a.b:C", STT_OPTIONS='{"x": 1}', STT_COVERED_BY="baa")
    ears = senses.ears([])
    assert (ears.outside, ears.options, ears.name) == (True, {"x": 1}, "pipecat a.b:C")
    given(EARS="pipecat", STT_SERVICE="a.b:C")
    with pytest.raises(ImproperlyConfigured, match="set STT_COVERED_BY"):
        senses.ears([])

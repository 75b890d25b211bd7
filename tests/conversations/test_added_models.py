"""Models on the machine that the clinic adds: their packages are not among ours, so stand-ins with the same doors here.

The stand-ins follow faster-whisper 1.2.1 and piper-tts 1.8.0; both were tried with the real packages as well.
"""

import sys
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from conversations.providers import piper_voice
from conversations.providers.errors import ProviderFailed
from conversations.providers.faster_whisper_reader import FasterWhisper
from conversations.providers.rereading import RereadingTranscriber

SOUND = (np.sin(np.arange(32_000) / 8) * 3000).astype(np.int16)


@dataclass
class Segment:
    text: str
    avg_logprob: float = -0.1
    no_speech_prob: float = 0.0


class WhisperModel:
    """`faster_whisper.WhisperModel`: segments come as an iterator, and may break while they do."""

    segments = (Segment(" My wound"), Segment(" is soar.", -0.5), Segment(" Bye.", -2.0, 0.95))

    def __init__(self, path, *, device, compute_type, local_files_only):
        assert local_files_only, "a model is never fetched"

    def transcribe(self, sound, *, language, **_ignored):
        assert sound.dtype == np.float32
        return (each if isinstance(each, Segment) else 1 / 0 for each in self.segments), None


@pytest.fixture
def whisper(monkeypatch):
    package = ModuleType("faster_whisper")
    package.WhisperModel = WhisperModel
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    return package


async def test_whisper_hears_from_a_folder_as_sure_as_its_least_sure_part(whisper, tmp_path):
    ears = RereadingTranscriber(FasterWhisper(tmp_path).read)
    ears.begin(SOUND, 0.0)
    words = await ears.final(2.0)
    assert words.text == "My wound is soar."
    assert words.confidence == pytest.approx(np.exp(-0.5))


async def test_a_whisper_that_breaks_is_a_failed_provider(whisper, tmp_path, monkeypatch):
    monkeypatch.setattr(WhisperModel, "segments", (Segment("My"), None))
    ears = RereadingTranscriber(FasterWhisper(tmp_path).read)
    ears.begin(SOUND, 0.0)
    with pytest.raises(ProviderFailed, match="ZeroDivisionError"):
        await ears.final(2.0)


@dataclass
class Alignment:
    phoneme: str
    num_samples: int


class Chunk:
    sample_rate = 16_000
    audio_int16_array = SOUND[:8_000]
    phoneme_alignments = (Alignment("h", 2_000), Alignment("ə", 4_000), Alignment("l", 2_000))


class Piper:
    def __init__(self, parts):
        self.parts = parts

    def synthesize(self, text, *, include_alignments):
        self.text = text
        return (each() for each in self.parts)


def voice_of(monkeypatch, tmp_path, *parts):
    piper = Piper(parts)
    monkeypatch.setattr(piper_voice, "_voice", lambda folder: piper)
    return piper, piper_voice.PiperVoice(tmp_path)


async def test_piper_speaks_in_pieces_with_its_phonemes_timed_from_each(monkeypatch, tmp_path):
    piper, voice = voice_of(monkeypatch, tmp_path, Chunk, Chunk)
    sounds = [sound async for sound in voice.speak("Take 5 mg.")]
    assert piper.text == "Take 5 milligrams."
    assert [len(sound.samples) for sound in sounds] == [4_000] * 4
    assert [(each.symbol, each.start_s, each.end_s) for each in sounds[0].phonemes] == [
        ("h", 0.0, 0.125),
        ("ə", 0.125, 0.25),
    ]
    assert [(each.symbol, each.start_s, each.end_s) for each in sounds[1].phonemes] == [
        ("ə", 0.0, 0.125),
        ("l", 0.125, 0.25),
    ]


async def test_a_piper_that_breaks_is_a_failed_provider(monkeypatch, tmp_path):
    _, voice = voice_of(monkeypatch, tmp_path, lambda: 1 / 0)
    with pytest.raises(ProviderFailed):
        [sound async for sound in voice.speak("Hello.")]


def test_a_folder_without_a_voice_says_what_belongs_there(tmp_path):
    (tmp_path / "amy.onnx").touch()
    with pytest.raises(FileNotFoundError, match=r"NAME\.onnx with NAME\.onnx\.json"):
        piper_voice.model_in(tmp_path)

"""A Piper voice on the machine, from a folder that the clinic put there: `NAME.onnx` and `NAME.onnx.json`.

The package `piper-tts` is the clinic's to install: it is under the GPL, and so not among ours. The graph runs on one
thread, as all of ours do, so a call's process may be copied from one that has loaded it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from conversations.live.events import Phoneme, Sound
from conversations.providers import onnx_models
from conversations.providers.errors import ProviderFailed
from conversations.providers.spoken_form import spoken_form

PIECE_S = 0.25


@cache
def _voice(folder: Path) -> Any:
    from piper import PiperVoice as Piper
    from piper.config import PiperConfig

    graph = model_in(folder)
    config = PiperConfig.from_dict(json.loads(graph.with_name(f"{graph.name}.json").read_text()))
    return Piper(config=config, session=onnx_models.session(graph))


def model_in(folder: Path) -> Path:
    """The one graph in the folder that has its description beside it. Raises `FileNotFoundError`."""
    for graph in sorted(folder.glob("*.onnx")):
        if graph.with_name(f"{graph.name}.json").is_file():
            return graph
    raise FileNotFoundError(f"{folder} holds no voice: NAME.onnx with NAME.onnx.json beside it")


class PiperVoice:
    """A `Voice`. A sentence is one run of the graph, then handed over in pieces."""

    def __init__(self, folder: Path) -> None:
        self._voice = _voice(folder)

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Phonemes are timed if the graph says how long each one is. Raises `ProviderFailed`."""
        parts = iter(self._voice.synthesize(spoken_form(text), include_alignments=True))
        while (sound := await asyncio.to_thread(_next, parts)) is not None:
            for piece in _pieces(sound):
                yield piece


def _next(parts: Any) -> Sound | None:
    """The sound of the next part of the sentence."""
    try:
        part = next(parts, None)
        return part and Sound(part.audio_int16_array.astype(np.int16), part.sample_rate, "", _phonemes(part))
    except Exception as problem:  # a native library raises what it likes; another voice is at hand
        raise ProviderFailed(type(problem).__name__) from problem


def _phonemes(part: Any) -> tuple[Phoneme, ...]:
    found, at_s = [], 0.0
    for each in part.phoneme_alignments or ():
        end_s = at_s + each.num_samples / part.sample_rate
        found.append(Phoneme(each.phoneme, at_s, end_s))
        at_s = end_s
    return tuple(found)


def _pieces(sound: Sound) -> list[Sound]:
    """Quarter seconds, so that an interruption finds little that is already made."""
    step = int(PIECE_S * sound.rate_hz)
    pieces = []
    for start in range(0, len(sound.samples), step):
        starts_s, ends_s = start / sound.rate_hz, min(start + step, len(sound.samples)) / sound.rate_hz
        phonemes = tuple(
            Phoneme(each.symbol, max(0.0, each.start_s - starts_s), min(ends_s, each.end_s) - starts_s)
            for each in sound.phonemes
            if each.start_s < ends_s and each.end_s > starts_s
        )
        pieces.append(Sound(sound.samples[start : start + step], sound.rate_hz, sound.text, phonemes))
    return pieces

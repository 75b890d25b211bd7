"""Word error rate of the machine's own recogniser: `{wav, start_s, end_s, text}`, wavs beside the manifest.

Sound is fed as in a call, 20 ms at a time with results along the way; the last words count. Beside ours stands the
library that brought the model, as it transcribes by itself.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conversations.evaluation import Report, cases, rows
from conversations.evaluation.hearing.recordings import RATE_HZ, chunks, recording, stretch
from conversations.live.events import Samples
from conversations.live.numbers import spoken_words
from conversations.providers.moonshine import MoonshineTranscriber
from conversations.providers.onnx_models import model_file

NOT_COUNTED = frozenset(("uh", "um", "er", "erm", "mm", "hmm"))


@dataclass(frozen=True)
class Heard:
    text: str
    took_s: float


def evaluate(paths: list[Path]) -> Report:
    wanted = [
        (path.parent / case["wav"], case) for path in paths for case in cases(path, "wav", "start_s", "end_s", "text")
    ]
    sounds = {wav: recording(wav) for wav in {wav for wav, _ in wanted}}
    parts = [(stretch(sounds[wav], case["start_s"], case["end_s"]), case["text"]) for wav, case in wanted]
    figures = {name: _scores(parts, hear) for name, hear in {"ours": _ours, "library": _library()}.items()}
    lines = [f"{name}\n{rows(scores)}" for name, scores in figures.items()]
    return Report("\n".join(lines), {**figures["ours"], "recognisers": figures})


def _scores(parts: Sequence[tuple[Samples, str]], hear: Callable[[Samples], Heard]) -> dict[str, float]:
    errors = words = 0
    took_s = 0.0
    for sound, text in parts:
        heard = hear(sound)
        reference = counted(text)
        errors += distance(reference, counted(heard.text))
        words += len(reference)
        took_s += heard.took_s
    lasting_s = sum(len(sound) for sound, _ in parts) / RATE_HZ
    return {"wer": errors / max(1, words), "rtf": took_s / max(1e-9, lasting_s)}


def _ours(sound: Samples) -> Heard:
    return asyncio.run(_as_in_a_call(sound))


async def _as_in_a_call(sound: Samples) -> Heard:
    transcriber = MoonshineTranscriber()
    transcriber.begin(sound[:0], 0.0)
    began = time.perf_counter()
    for chunk in chunks(sound):
        transcriber.hear(chunk.samples)
        await transcriber.partial()
    words = await transcriber.final(len(sound) / RATE_HZ)
    return Heard(words.text, time.perf_counter() - began)


def _library() -> Callable[[Samples], Heard]:
    """The moonshine-voice package, as it comes."""
    from moonshine_voice import ModelArch, Transcriber

    path = model_file("moonshine_voice", "assets", "tiny-en", "tokenizer.bin").parent
    transcriber = Transcriber(str(path), ModelArch.TINY)

    def hear(sound: Samples) -> Heard:
        began = time.perf_counter()
        lines = transcriber.transcribe_without_streaming([sample / 32768.0 for sample in sound.tolist()]).lines
        return Heard(" ".join(line.text for line in lines), time.perf_counter() - began)

    return hear


def counted(text: str) -> list[str]:
    """The words as they are compared: plain, digits spelled out, without hesitations."""
    return [word for word in spoken_words(text) if word not in NOT_COUNTED]


def distance(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Words to change, add or leave out (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, word in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (expected != word))
    return row[-1]

"""Fits the lip-sync that works from sound alone to the embedded voice, whose phoneme times are known."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr
import torch
from django.core.management.base import BaseCommand, CommandError

from conversations.live.events import Sound
from conversations.live.heard_lips import CLASSES, HOP, RATE_HZ, WEIGHTS, WINDOW, Ear, log_mel
from conversations.live.lipsync import gestures, viseme_at
from conversations.providers.espeak import EspeakVoice
from conversations.providers.espeak_native import Manner

# f5, m3, f4 and Michael are left out, to be tested with.
VARIANTS = (
    "f1 f2 f3 m1 m2 m4 m5 m7 Annie linda belinda Andy john shelby Alicia paul steph adam david iven zac victor grandma"
)
HIDDEN = (160, 80)
ROUNDS, BATCH, MOST_FRAMES = 10, 1024, 220_000

Examples = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


class Command(BaseCommand):
    help = "Fit the audio-only lip-sync. Takes plain text files to read aloud; about two minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT", help="English text, a few hundred sentences")
        parser.add_argument("--per-voice", type=int, default=26, help="sentences each voice reads (default: 26)")

    def handle(self, **options: Any) -> None:
        sentences = list(_sentences(options["texts"]))
        if len(sentences) < options["per_voice"]:
            raise CommandError(f"only {len(sentences)} usable sentences; give more text")
        torch.manual_seed(0)
        frames, classes, mean = _everything(sentences, options["per_voice"])
        self.stdout.write(f"{len(classes)} frames of {len(VARIANTS.split())} voices")
        _store(*_fitted(frames, classes), mean)
        self.stdout.write(f"Written to {WEIGHTS}. Run tests/live/test_heard_lips.py.")


def _sentences(texts: Sequence[Path]) -> Iterator[str]:
    for path in texts:
        plain = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)|[\[\]*_#|>]", " ", path.read_text(), flags=re.DOTALL)
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(plain.split())):
            if 30 < len(sentence) < 160 and re.fullmatch(r"[A-Za-z ,.'?!;:-]+", sentence):
                yield sentence


def _everything(sentences: Sequence[str], per_voice: int) -> tuple[Any, Any, Any]:
    chance = np.random.default_rng(0)
    read = [
        sound
        for variant in VARIANTS.split()
        for sound in _read(variant, [sentences[i] for i in chance.permutation(len(sentences))[:per_voice]], chance)
    ]
    mean = np.concatenate([log_mel(_hearable(sound, chance)) for sound in read[::5]]).mean(axis=0)
    examples = []
    ear = Ear(mean)
    for index, sound in enumerate(read):
        if index % per_voice == 0:
            ear = Ear(mean)  # another voice
        examples.append(labelled(ear, sound, _hearable(sound, chance)))
    return np.concatenate([x for x, _ in examples]), np.concatenate([y for _, y in examples]), mean


def _read(variant: str, sentences: Sequence[str], chance: np.random.Generator) -> Iterator[Sound]:
    pace, pitch = int(chance.integers(130, 185)), int(chance.integers(30, 65))
    voice = EspeakVoice(Manner(name=f"en-us+{variant}", words_per_minute=pace, pitch=pitch))
    for sentence in sentences:
        yield voice.render(sentence)


def _hearable(sound: Sound, chance: np.random.Generator) -> npt.NDArray[np.float32]:
    """At 16 kHz, at some level, sometimes with a little noise."""
    heard = soxr.resample(sound.samples.astype(np.float32) / 32768, sound.rate_hz, RATE_HZ)
    if chance.random() < 0.6:
        heard = heard + chance.normal(0, 10 ** (-chance.uniform(45, 75) / 20), len(heard))
    return np.asarray(heard * 10 ** (chance.uniform(-8, 4) / 20), np.float32)


def labelled(ear: Ear, sound: Sound, heard: npt.NDArray[np.float32]) -> Examples:
    """What the network sees, and the class that is heard at the middle of each frame, from first to last phoneme."""
    pending = -len(ear._tail)
    frames = ear.context(heard)
    middles_s = (pending + np.arange(len(frames)) * HOP + WINDOW / 2) / RATE_HZ
    track = gestures(sound.phonemes)
    spoken = (middles_s >= sound.phonemes[0].start_s) & (middles_s <= sound.phonemes[-1].end_s)
    classes = np.array([CLASSES.index(viseme_at(track, at_s)) for at_s in middles_s])
    return frames[spoken], classes[spoken]


def _fitted(frames: Any, classes: Any) -> tuple[Any, Any, Any]:
    chosen = np.random.default_rng(0).permutation(len(frames))[:MOST_FRAMES]
    frames, classes = frames[chosen], classes[chosen]
    centre, spread = frames.mean(axis=0), frames.std(axis=0) + 1e-6
    x, y = torch.tensor((frames - centre) / spread), torch.tensor(classes)
    net = torch.nn.Sequential(
        torch.nn.Linear(x.shape[1], HIDDEN[0]),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.2),
        torch.nn.Linear(HIDDEN[0], HIDDEN[1]),
        torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN[1], len(CLASSES)),
    )
    _descend(net, x, y)
    return centre, spread, [net[layer] for layer in (0, 3, 5)]


def _descend(net: torch.nn.Sequential, x: torch.Tensor, y: torch.Tensor) -> None:
    steps = ROUNDS * (len(x) // BATCH + 1)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=1e-3)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in range(ROUNDS):
        for batch in torch.randperm(len(x)).split(BATCH):  # type: ignore[no-untyped-call]
            guess = net(x[batch] + 0.1 * torch.randn_like(x[batch]))
            loss = torch.nn.functional.cross_entropy(guess, y[batch], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            pace.step()


def _store(centre: Any, spread: Any, layers: Sequence[Any], mean: Any) -> None:
    arrays = {"centre": centre, "spread": spread, "mean": mean}
    for index, layer in enumerate(layers):
        arrays[f"weight{index}"] = layer.weight.detach().numpy().T
        arrays[f"bias{index}"] = layer.bias.detach().numpy()
    np.savez_compressed(WEIGHTS, **{name: np.asarray(array, np.float16) for name, array in arrays.items()})

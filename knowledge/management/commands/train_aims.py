"""Fits the regression that tells what a section is about (`knowledge.aims`).

Needs documents in sections and questions that each have one right section, in the
formats of `manage.py evaluate retrieval`. Prints how well it reads documents that it
was not fitted on, then writes the weights fitted on all.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.management.base import BaseCommand, CommandParser

from knowledge import aims, lexicon
from knowledge.library import sections_described

FOLDS = 5
RATE, STEPS, DECAY = 0.5, 1500, 3e-4
Array = npt.NDArray[np.float32]


class Command(BaseCommand):
    help = "Fit knowledge/lexicon/aims.npz. CORPUS and QUESTIONS are JSON lines as for `evaluate retrieval`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpus", type=Path)
        parser.add_argument("questions", type=Path)

    def handle(self, *args: object, **options: Any) -> None:
        labels = _labels(options["questions"])
        described, aim, document = [], [], []
        for number, (names, vectors) in enumerate(_described(options["corpus"])):
            for name, vector in zip(names, vectors, strict=True):
                if labels.get(name) is not None:
                    described.append(vector)
                    aim.append(labels[name])
                    document.append(number)
        x, y, group = np.stack(described), np.array(aim), np.array(document) % FOLDS
        right = sum(_right(x, y, group != fold, group == fold) for fold in range(FOLDS))
        self.stdout.write(f"sections read right in documents not fitted on: {right / len(y):.3f} of {len(y)}")
        weights, bias = _fit(x, y)
        path = Path(lexicon.__file__).parent / "aims.npz"
        np.savez_compressed(path, weights=weights.astype(np.float16), bias=bias.astype(np.float16))
        self.stdout.write(f"written: {path}")


def _labels(questions: Path) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = defaultdict(int)
    for line in questions.read_text().splitlines():
        case = json.loads(line)
        aim = aims.asked(case["question"])
        if aim is not None:
            found[case["doc_id"], case["section_id"]] = aim
    return found


def _described(corpus: Path) -> Iterator[tuple[list[tuple[str, str]], list[Array]]]:
    for line in corpus.read_text().splitlines():
        document = json.loads(line)
        texts = [section["text"] for section in document["sections"]]
        described = sections_described(document["title"], texts)
        yield [(document["doc_id"], section["section_id"]) for section in document["sections"]], described.features


def _right(x: Array, y: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], asked: npt.NDArray[np.bool_]) -> int:
    weights, bias = _fit(x[known], y[known])
    return int(((x[asked] @ weights + bias).argmax(axis=1) == y[asked]).sum())


def _fit(x: Array, y: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Multinomial logistic regression by gradient descent with momentum and weight decay."""
    weights = np.zeros((x.shape[1], len(aims.AIMS)), np.float32)
    bias = np.zeros(len(aims.AIMS), np.float32)
    wanted = np.eye(len(aims.AIMS), dtype=np.float32)[y]
    pace, pace_bias = np.zeros_like(weights), np.zeros_like(bias)
    for _ in range(STEPS):
        scores = x @ weights + bias
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        error = (chances - wanted) / len(x)
        pace = 0.9 * pace - RATE * (x.T @ error + DECAY * weights)
        pace_bias = 0.9 * pace_bias - RATE * error.sum(axis=0)
        weights, bias = weights + pace, bias + pace_bias
    return weights, bias

"""Whether a sentence that a passage supports is let through, and others are stopped.

`{question, passage, sentence, label: entailment|neutral|contradiction}`. Scored with the
words alone, with the meaning of words too, and as in a call, where a sentence is said to a
patient and must be written word for word, or nearly. The figures by themselves are for
words and meaning: whether the passage supports the sentence, whoever it is said to. A
passage is prepared once, as in a call, before sentences about it are timed as spoken.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conversations.evaluation import Report, cases, percentile
from knowledge import embeddings, grounding
from knowledge.grounding import Grounding
from knowledge.likeness import Reader

LABELS = ("entailment", "neutral", "contradiction")
ALSO_CALLED = {"entails": "entailment", "contradicts": "contradiction"}


@dataclass(frozen=True)
class _Passage:
    text: str
    heading: str = ""
    score: float = 1.0


@dataclass(frozen=True)
class _Case:
    question: str
    passage: _Passage
    sentence: str
    label: str


def evaluate(paths: list[Path]) -> Report:
    read = [case for path in paths for case in _cases(path)]
    embeddings.words("warm")
    by_words, _ = _check(read, None)
    by_meaning, _ = _check(read, embeddings.words)
    spoken, times_ms = _check(read, embeddings.words, spoken=True)
    speed = {"p50_ms": percentile(times_ms, 0.5), "p95_ms": percentile(times_ms, 0.95)}
    shares = {
        "words": _shares(read, by_words),
        "words_and_meaning": _shares(read, by_meaning),
        "spoken": _shares(read, spoken),
    }
    figures = {**shares["words_and_meaning"], **speed, "cases": len(read), "ablation": shares}
    return Report(_table(shares, speed, read, by_meaning), figures)


def _cases(path: Path) -> list[_Case]:
    needed = ("question", "passage", "sentence", "label")
    return [
        _Case(case["question"], _Passage(case["passage"]), case["sentence"], _label(str(case["label"]).lower()))
        for case in cases(path, *needed)
    ]


def _label(written: str) -> str:
    return ALSO_CALLED.get(written, written)


def _check(
    read: Sequence[_Case], reader: Reader | None, *, spoken: bool = False
) -> tuple[list[Grounding], list[float]]:
    found, times_ms = [], []
    for case in read:
        grounding.prepare([case.passage], reader)
        began = time.perf_counter()
        checked = grounding.check(case.sentence, [case.passage], reader=reader, question=case.question, spoken=spoken)
        found.append(checked)
        times_ms.append((time.perf_counter() - began) * 1000)
    return found, times_ms


def _shares(read: Sequence[_Case], found: Sequence[Grounding]) -> dict[str, float]:
    passed = Counter(case.label for case, each in zip(read, found, strict=True) if each.supported)
    count = Counter(case.label for case in read)

    def share(label: str) -> float:
        return passed[label] / count[label] if count[label] else 0.0

    return {
        "entailed_passed": share("entailment"),
        "neutral_stopped": 1 - share("neutral"),
        "contradicted_stopped": 1 - share("contradiction"),
    }


def _table(
    shares: dict[str, dict[str, float]], speed: dict[str, float], read: Sequence[_Case], found: Sequence[Grounding]
) -> str:
    names = list(shares["words"])
    lines = [f"{'':<20}" + "".join(f"{name:>22}" for name in names)]
    lines += [f"{kind:<20}" + "".join(f"{row[name]:>22.3f}" for name in names) for kind, row in shares.items()]
    reasons = Counter((case.label, each.reason) for case, each in zip(read, found, strict=True))
    lines.append("")
    for label in LABELS:
        counted = ", ".join(f"{reason} {n}" for (of, reason), n in reasons.most_common() if of == label)
        lines.append(f"{label:<14}{counted}")
    lines += [f"{name:<14}{value:.1f}" for name, value in speed.items()]
    return "\n".join(lines)

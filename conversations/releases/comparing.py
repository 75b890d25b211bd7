"""Two releases that answered the same words: how they differ, in counts and times. Pure."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from conversations.releases.sequential import wilson

ALIKE = 0.9  # of the words, in order: more than that is a difference of wording


@dataclass(frozen=True)
class Answer:
    """What came of one turn. `raised` are rules that the guard found; `text` is compared and never kept."""

    text: str
    first_ms: float | None  # from the words to the first checked sentence
    sentences: int
    stopped: int  # of them, by the gate
    raised: frozenset[str] = frozenset()
    failed: bool = False  # it broke, or the model was left out


@dataclass(frozen=True)
class Pair:
    base: Answer
    candidate: Answer


@dataclass(frozen=True)
class Compared:
    """A line of the table: shares with their 95 % intervals, or times in ms."""

    name: str
    base: str
    candidate: str


def compared(pairs: Sequence[Pair]) -> list[Compared]:
    """Raises `ValueError` without a pair."""
    if not pairs:
        raise ValueError("nothing was answered by both")
    return [
        _times("first sentence, median ms", pairs, statistics.median),
        _times("first sentence, p95 ms", pairs, _p95),
        _shares("sentences that the gate stopped", pairs, lambda one: (one.stopped, one.sentences)),
        _shares("turns that failed", pairs, lambda one: (int(one.failed), 1)),
        Compared("turns answered otherwise", "", _share(sum(map(_differs, pairs)), len(pairs))),
        Compared("turns in which less was raised", "", _share(sum(map(_raises_less, pairs)), len(pairs))),
    ]


def table(pairs: Sequence[Pair]) -> str:
    lines = [("", "base", "candidate"), ("---",) * 3, *((one.name, one.base, one.candidate) for one in compared(pairs))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _differs(pair: Pair) -> bool:
    base, candidate = (side.text.lower().split() for side in (pair.base, pair.candidate))
    return SequenceMatcher(None, base, candidate, autojunk=False).ratio() < ALIKE


def _raises_less(pair: Pair) -> bool:
    return not pair.base.raised <= pair.candidate.raised


def _times(name: str, pairs: Sequence[Pair], of: Callable[[Sequence[float]], float]) -> Compared:
    sides = ([one.base for one in pairs], [one.candidate for one in pairs])
    told = ([one.first_ms for one in side if one.first_ms is not None] for side in sides)
    base, candidate = (f"{of(values):.0f}" if values else "–" for values in told)
    return Compared(name, base, candidate)


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _shares(name: str, pairs: Sequence[Pair], counted: Callable[[Answer], tuple[int, int]]) -> Compared:
    sides = ([counted(one.base) for one in pairs], [counted(one.candidate) for one in pairs])
    base, candidate = (_share(sum(bad for bad, _ in side), sum(n for _, n in side)) for side in sides)
    return Compared(name, base, candidate)


def _share(bad: int, of: int) -> str:
    low, high = wilson(bad, of)
    return f"{bad} of {of} ({100 * low:.1f}–{100 * high:.1f} %)"

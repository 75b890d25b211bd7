"""Are these words a whole turn, or will more follow? Pure: a linear model over the last words and the last clause.

"I took the" is not whole, "I took them all" may be. Trained on the consultations that docs/decisions/0042 names, where
a turn's end is set against places inside it where speakers pause; `conversations.training.completeness` is the recipe.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights") / "completeness.json"
TOKEN = re.compile(r"[a-z0-9']+|--|\.\.\.|[.,?!]")
WORD = re.compile(r"[a-z0-9']+")
ENDS = frozenset((".", "?", "!"))

FILLERS = frozenset(("um", "uh", "er", "erm", "hmm", "mm", "ah"))
OPENERS = FILLERS | {"so", "and", "but", "okay", "well", "like"}
WH_WORDS = frozenset(("what", "how", "when", "where", "why", "which", "who", "whose"))
AUXILIARIES = frozenset("do does did is are was were can could would will have has had should may shall am".split(" "))


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text.lower().replace("’", "'"))


def words_and_clause(text: str) -> tuple[list[str], list[str]]:
    """All words, and those since the last full stop, question or exclamation mark that is not the end itself."""
    found = tokens(text)
    words = [token for token in found if WORD.fullmatch(token)]
    inner = max((at for at, token in enumerate(found[:-1]) if token in ENDS), default=-1)
    return words, [token for token in found[inner + 1 :] if WORD.fullmatch(token)]


def features(words: Sequence[str], clause: Sequence[str]) -> Iterator[str]:
    """Names of what is present; the model knows a weight for each it has seen often enough."""
    last = ("<s>", "<s>", "<s>", *words)
    yield f"1={last[-1]}"
    yield f"2={last[-2]}_{last[-1]}"
    yield f"3={last[-3]}_{last[-2]}_{last[-1]}"
    yield f"before={last[-2]}"
    yield f"words={min(len(words), 6) + min(4, max(0, len(words) - 6) // 6)}"
    yield f"clause={min(len(clause), 8) + min(3, max(0, len(clause) - 8) // 4)}"
    if clause:
        yield f"opens={clause[0]}"
        yield from _question(clause)
    if len(words) <= 3:
        yield f"all={'_'.join(words)}"


def _question(clause: Sequence[str]) -> Iterator[str]:
    opening = next((word for word in clause if word not in OPENERS), "")
    if opening in WH_WORDS | AUXILIARIES:
        yield "wh" if opening in WH_WORDS else "aux"
        yield f"asks={min(len(clause), 8)}"


@cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(WEIGHTS.read_text())
    return weights


def log_odds(text: str) -> float:
    """Of the words being a whole turn; about 0 when they don't tell."""
    words, clause = words_and_clause(text)
    if not words:
        return 0.0
    weights = _weights()
    return weights["bias"] + sum(weights.get(name, 0.0) for name in set(features(words, clause)))

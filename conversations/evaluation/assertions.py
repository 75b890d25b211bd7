"""Whether the guard's context rules read a clinical sentence as physicians do.

`{concept, text, negated, temporality: recent|historical|not particular, experiencer}`; F1
for negated, historical and hypothetical ("not particular").
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conversations.evaluation import Report, cases, rows
from conversations.guardrails.clinical import Assertion, assertion
from conversations.guardrails.text import Token, tokens

LABELS = ("negation", "historical", "hypothetical")
SHOWN = 30


def evaluate(paths: list[Path]) -> Report:
    counted: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for path in paths:
        for case in cases(path, "concept", "text", "negated", "temporality"):
            meant, found = truth(case), read(case["concept"], case["text"])
            for label in LABELS:
                counted[label, _cell(meant[label], found[label])] += 1
            amiss = [label for label in LABELS if meant[label] != found[label]]
            if amiss:
                wrong.append(f"  {', '.join(amiss)}: [{case['concept']}] {' '.join(case['text'].split())[:200]}")
    figures = {f"{label}_f1": _f1(counted, label) for label in LABELS}
    return Report("\n".join([rows(figures), *wrong[:SHOWN]]), figures)


def truth(case: dict[str, Any]) -> dict[str, bool]:
    return {
        "negation": bool(case["negated"]),
        "historical": case["temporality"] == "historical",
        "hypothetical": case["temporality"] == "not particular",
    }


def read(concept: str, text: str) -> dict[str, bool]:
    """What the context rules make of a finding."""
    said = tokens(text)
    place = locate(said, concept, text)
    found = assertion(text, place, said) if place else Assertion()
    return {"negation": found.negated, "historical": found.historical, "hypothetical": found.hypothetical}


def locate(said: Sequence[Token], concept: str, text: str) -> tuple[int, int] | None:
    """The tokens of the concept; where it occurs twice, the one in capitals."""
    wanted = r"\s+".join(re.escape(word) for word in concept.split())
    places = list(re.finditer(wanted, text, re.IGNORECASE))
    capitals = [place for place in places if place.group().isupper()]
    for place in capitals or places:
        inside = [token.index for token in said if token.start < place.end() and token.end > place.start()]
        if inside:
            return inside[0], inside[-1]
    return None


def _cell(meant: bool, found: bool) -> str:
    return ("true" if meant == found else "false") + (" positive" if found else " negative")


def _f1(counted: Counter[tuple[str, str]], label: str) -> float:
    hit = counted[label, "true positive"]
    missed, invented = counted[label, "false negative"], counted[label, "false positive"]
    return 2 * hit / (2 * hit + missed + invented) if hit else 0.0

"""Does a passage support a sentence? Which one, where, and if not, why not. Pure.

The rules decide: amounts, rhythms, moments, sides, medicines, denials, opposites and
conditions must match what is written; then the sentence's words must be covered by the
passage; meaning (`embed`, if given) can only stop what the words let through, never let
through what a rule stopped (docs/decisions/0022).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge import binding, polarity
from knowledge import facts as exact
from knowledge.medicines import class_words, generic_of
from knowledge.quoting import Quote, quote
from knowledge.synonyms import alike
from knowledge.windows import Grounds, Window, windows_of
from knowledge.words import lexemes

__all__ = ["Grounding", "Grounds", "Quote", "check", "quote"]

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]

COVERED = 0.78  # share of the sentence's weight of words that the source must hold
LIGHT = frozenset(
    """may might help include includ cause associat use possibl possible common commonly usual usually often typical
    typically general generally consider considered type several many few way thing people person patient medication
    medicine treatment symptom sign condition disease effect side take get make need please important note also
    experience experienc develop increas feel related relat due case form kind become remain known know""".split()
)


@dataclass(frozen=True)
class Grounding:
    """`passage` is an index into the passages given; `start` and `end` are characters of its text.

    `reason` is a code: supported, no_passage, not_covered, amount, rhythm, moment, side, medicine, code, negation,
    opposite, condition, meaning.
    """

    supported: bool
    reason: str
    passage: int = -1
    start: int = 0
    end: int = 0


def check(sentence: str, passages: Sequence[Grounds], embed: Embed | None = None) -> Grounding:
    """Whether some place in `passages` supports all of `sentence`."""
    windows = windows_of(passages)
    found = [_check_clause(clause, windows) for clause in binding.by_medicine(sentence)]
    return next((each for each in found if not each.supported), found[0])


def _check_clause(clause: str, windows: Sequence[Window]) -> Grounding:
    nearest, near = Grounding(False, "no_passage"), (False, -1.0)
    for window in windows:
        reason = _objection(clause, window)
        found = Grounding(reason == "", reason or "supported", window.passage, window.span.start, window.span.end)
        if found.supported:
            return found
        nearness = (reason != "not_covered", _share(clause, window.text))
        if nearness > near:
            nearest, near = found, nearness
    return nearest


def _share(sentence: str, source: str) -> float:
    """The share of the sentence's words, medicines included, that the source holds."""
    wanted = lexemes(sentence)
    held = set(lexemes(source))
    return sum(word in held for word in wanted) / max(len(wanted), 1)


def _objection(sentence: str, window: Window) -> str:
    """Why `window` does not support `sentence`; "" if it does."""
    covered = coverage(sentence, window.whole)
    if covered < COVERED:
        return "not_covered"
    return _fact_objection(sentence, window) or _sense_objection(sentence, window)


def _fact_objection(sentence: str, window: Window) -> str:
    said, around = exact.facts(sentence), exact.facts(window.whole)
    objection = binding.missing(said, around)
    if not objection and not class_words(sentence) <= class_words(window.whole):
        return "medicine"
    if objection or not binding.has_any(said):
        return objection
    best = max(window.parts, key=lambda part: coverage(sentence, part))
    source = f"{window.context}. {best}"
    return binding.missing(said, exact.facts(source)) or binding.mixed_up(sentence, source)


def _sense_objection(sentence: str, window: Window) -> str:
    if polarity.opposed(polarity.polarity(sentence), polarity.polarity(window.whole)):
        return "negation"
    if polarity.contrasts(sentence, window.whole):
        return "opposite"
    if polarity.is_directive(sentence) and _drops_condition(sentence, window.text):
        return "condition"
    return ""


def _drops_condition(sentence: str, source: str) -> bool:
    """Whether the source allows or asks for it only under a condition that the sentence leaves out."""
    said = set(lexemes(sentence))
    for condition in polarity.conditions(source):
        wanted = lexemes(condition)
        if wanted and sum(any(alike(word, other) for other in said) for word in wanted) < 0.5 * len(wanted):
            return True
    return False


def coverage(sentence: str, source: str) -> float:
    """The share of the sentence's words, by weight, that the source holds; amounts and medicines are left to facts."""
    words = lexemes(sentence)
    wanted = [word for word in words if not exact.is_measure(word) and not generic_of(word)] or words
    held = set(lexemes(source))
    weights = [0.3 if word in LIGHT else 1.0 for word in wanted]
    got = sum(weight * _held(word, held, 1.0) for word, weight in zip(wanted, weights, strict=True))
    return got / sum(weights) if wanted else 0.0


def _held(word: str, held: set[str], synonym: float) -> float:
    if word in held:
        return 1.0
    return synonym if any(alike(word, other) for other in held) else 0.0

"""Does a passage support a sentence? Which one, where, and if not, why not. Pure.

The rules decide: amounts, rhythms, moments, sides, medicines, denials, opposites and
conditions must match what is written; then the sentence's words must be covered by the
passage, in meaning if a `reader` is given. No likeness lets through what a rule stopped
(docs/decisions/0022).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge import addressed, binding, polarity
from knowledge import facts as exact
from knowledge.likeness import LIGHT, Comparison, Likes, Reader
from knowledge.medicines import class_words, generic_of, kinds_of
from knowledge.quoting import Quote, quote
from knowledge.synonyms import alike
from knowledge.windows import Grounds, Window, windows_of
from knowledge.words import lexemes

__all__ = ["Grounding", "Grounds", "Quote", "check", "prepare", "quote"]

COVERED = 0.78  # share of the sentence's weight of words that the source must hold, if words are all we have
ALIKE = 0.625  # likeness of meaning that will do as well (docs/decisions/0022)
RAREST = 0.35  # likeness below which a rare word is one that the source does not speak of
WRITTEN = 0.65  # likeness at which a word said to a patient counts as written
NEAR = 0.5  # share of words from which a sentence is about the same thing, and must not say otherwise
LOOKED_AT = 12  # sentences whose meaning is compared


@dataclass(frozen=True)
class Grounding:
    """`passage` is an index into the passages given; `start` and `end` are characters of its text.

    `reason` is a code: supported, no_passage, not_covered, amount, rhythm, moment, side, medicine, code, negation,
    opposite, condition, verdict, cause, unwritten.
    """

    supported: bool
    reason: str
    passage: int = -1
    start: int = 0
    end: int = 0


def check(
    sentence: str,
    passages: Sequence[Grounds],
    *,
    reader: Reader | None = None,
    question: str = "",
    spoken: bool = False,
) -> Grounding:
    """Whether some place in `passages` supports all of `sentence`, said in answer to `question`.

    `spoken`: it is to be said to the patient, who takes it to be of them (`knowledge.addressed`).
    Without a `reader`, other words for the same thing pass only if they are everyday synonyms.
    """
    windows = windows_of(passages)
    if quoted := _quoted(sentence, windows):
        return quoted
    found = [_check_clause(clause, windows, reader, question, spoken) for clause in binding.by_medicine(sentence)]
    return next((each for each in found if not each.supported), found[0])


def _quoted(sentence: str, windows: Sequence[Window]) -> Grounding | None:
    """Whole sentences of the papers, letter by letter, with their sides and numbers as they stand."""
    plain = " ".join(sentence.split())
    window = next((window for window in windows if " ".join(window.text.split()) == plain), None)
    return _found(window, "") if window else None


def prepare(passages: Sequence[Grounds], reader: Reader | None = None) -> None:
    """Do now what every `check` against these passages needs: they are known before the first sentence is made."""
    for window in windows_of(passages):
        exact.facts(window.text)
        exact.facts(window.whole)
        polarity.polarity(window.whole)
        if reader and len(window.parts) == 1:
            reader(window.text)
            if window.context:
                reader(window.context)


class _Meaning:
    """Compares a clause with windows by meaning, on the few sentences nearest to it by words."""

    def __init__(
        self, clause: str, windows: Sequence[Window], by_words: Sequence[float], reader: Reader, question: str
    ) -> None:
        self._reader = reader
        self._comparison = Comparison(reader(clause), question)
        self._likes: dict[str, Likes] = {}
        single = [(share, window) for share, window in zip(by_words, windows, strict=True) if len(window.parts) == 1]
        best = sorted(single, key=lambda each: -each[0])[:LOOKED_AT]
        self._read = frozenset((window.passage, window.span.start) for _, window in best)

    def holds(self, window: Window) -> bool:
        if (window.passage, window.span.start) not in self._read:
            return False
        found = self._comparison.judged([self._like(text) for text in (*window.parts, window.context) if text])
        return found.covered >= ALIKE and found.rarest >= RAREST

    def _like(self, text: str) -> Likes:
        if text not in self._likes:
            self._likes[text] = self._comparison.against(self._reader(text))
        return self._likes[text]


def _check_clause(
    clause: str, windows: Sequence[Window], reader: Reader | None, question: str, spoken: bool
) -> Grounding:
    """What comes nearest in words must not say otherwise; then some window must say it."""
    if contradicted := _contradiction(clause, windows):
        return contradicted
    nearest, near = Grounding(False, "no_passage"), (False, -1.0)
    meaning: _Meaning | None = None
    by_words = [coverage(clause, window.whole) for window in windows]
    if reader and max(by_words, default=0.0) < COVERED:
        meaning = _Meaning(clause, windows, by_words, reader, question)
    for window, share in zip(windows, by_words, strict=True):
        covered = share >= COVERED or (meaning is not None and meaning.holds(window))
        reason = _objection(clause, window) if covered else "not_covered"
        if spoken and not reason:
            reason = addressed.objection(clause, window.whole) or _unwritten(clause, window, reader)
        found = _found(window, reason)
        if found.supported:
            return found
        nearness = (covered, _share(clause, window.text))
        if nearness > near:
            nearest, near = found, nearness
    return nearest


def _unwritten(clause: str, window: Window, reader: Reader | None) -> str:
    """What is said to the patient must be written word for word, or nearly: a mean of likeness hides a new word."""
    missing = frozenset(addressed.unwritten(clause, window.whole))
    if missing and reader:
        texts = [reader(text) for text in (*window.parts, window.context) if text]
        missing -= Comparison(reader(clause)).near(texts, WRITTEN)
    return "unwritten" if missing else ""


def _found(window: Window, reason: str) -> Grounding:
    return Grounding(reason == "", reason or "supported", window.passage, window.span.start, window.span.end)


def _contradiction(clause: str, windows: Sequence[Window]) -> Grounding | None:
    """The refusal by the sentences that share most words with `clause`, if all of them say otherwise."""
    shares = [(_share(clause, window.text), window) for window in windows if len(window.parts) == 1]
    most = max((share for share, _ in shares), default=0.0)
    if most < NEAR:
        return None
    reasons = [(_otherwise(clause, window), window) for share, window in shares if share > most - 1e-6]
    if not all(reason for reason, _ in reasons):
        return None
    reason, window = reasons[0]
    return _found(window, reason)


def _otherwise(sentence: str, window: Window) -> str:
    """What `window` says otherwise than `sentence`; "" if nothing, even if it says less."""
    written = _written(window.text, window)
    return binding.rival(exact.facts(sentence), written) or _sense_objection(sentence, window)


def _share(sentence: str, source: str) -> float:
    """The share of the sentence's words, medicines included and amounts not, that the source holds."""
    wanted = [word for word in lexemes(sentence) if not exact.is_measure(word)]
    if not any(word not in LIGHT for word in wanted):
        return _verbatim(sentence, source)
    held = _words_of(source)
    return sum(word in held for word in wanted) / len(wanted)


def _objection(sentence: str, window: Window) -> str:
    """Why `window` does not support `sentence`; "" if it does."""
    return _fact_objection(sentence, window) or _sense_objection(sentence, window)


def _written(text: str, window: Window) -> exact.Facts:
    """The facts of `text`, those above it and the medicine last spoken of standing in for what it does not name."""
    above = exact.facts(window.context)
    own = binding.nearer(exact.facts(text), above)
    return own if own.medicines else replace(own, medicines=window.medicines)


def _fact_objection(sentence: str, window: Window) -> str:
    said = exact.facts(sentence)
    around = exact.facts(window.whole)
    around = replace(around, medicines=around.medicines | window.medicines)
    objection = binding.missing(said, around)
    if not objection and not class_words(sentence) <= class_words(window.whole) | _classes_of(said, around):
        return "medicine"
    if objection or not binding.has_any(said):
        return objection
    best = max(window.parts, key=lambda part: coverage(sentence, part))
    written = _written(best, window)
    return binding.missing(said, written) or binding.mixed_up(sentence, best)


def _classes_of(said: exact.Facts, around: exact.Facts) -> set[str]:
    """The kinds of the medicines that both speak of: apixaban is a blood thinner."""
    return kinds_of(said.medicines & around.medicines)


def _sense_objection(sentence: str, window: Window) -> str:
    directive = polarity.is_directive(sentence)
    if polarity.opposed(polarity.polarity(sentence), polarity.polarity(window.whole), names_too=directive):
        return "negation"
    if polarity.contrasts(sentence, window.whole):
        return "opposite"
    best = max(window.parts, key=lambda part: coverage(sentence, part))
    if directive and _drops_condition(sentence, best):
        return "condition"
    return ""


def _drops_condition(sentence: str, source: str) -> bool:
    """Whether the source allows or asks for it only under a condition that the sentence leaves out."""
    said = set(lexemes(sentence))
    least = 0.5 if polarity.conditions(sentence) else 0.51  # "if the bandage is wet" is not kept by "the bandage"
    for condition in polarity.conditions(source):
        wanted = lexemes(condition)
        if wanted and sum(any(alike(word, other) for other in said) for word in wanted) < least * len(wanted):
            return True
    return False


def coverage(sentence: str, source: str) -> float:
    """The share of the sentence's words, by weight, that the source holds; amounts and medicines are left to facts."""
    wanted = _weighed(sentence)
    if not wanted:
        return _verbatim(sentence, source)
    held = _words_of(source)
    return sum(weight * _held(word, held) for word, weight in wanted) / sum(weight for _, weight in wanted)


@lru_cache(maxsize=512)  # a sentence is compared with every place in the passages
def _weighed(sentence: str) -> Sequence[tuple[str, float]]:
    """The sentence's words with their weights; none if all of them are light."""
    wanted = [word for word in lexemes(sentence) if not exact.is_measure(word) and not generic_of(word)]
    if all(word in LIGHT for word in wanted):
        return ()
    return tuple((word, 0.3 if word in LIGHT else 1.0) for word in wanted)


@lru_cache(maxsize=4096)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(lexemes(text))


def _verbatim(sentence: str, source: str) -> float:
    """ "Do not take it off" has no word of its own to look for: all of its words must be there."""
    wanted, held = re.findall(r"[a-z0-9]+", sentence.lower()), set(re.findall(r"[a-z0-9]+", source.lower()))
    return sum(word in held for word in wanted) / max(len(wanted), 1)


@lru_cache(maxsize=20_000)
def _held(word: str, held: frozenset[str]) -> float:
    return 1.0 if word in held or any(alike(word, other) for other in held) else 0.0

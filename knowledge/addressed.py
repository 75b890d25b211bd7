"""What a sentence that is said to a patient, of that patient, may not leave to likeness. Pure.

A mean of likeness hides one new word: "your incision is infected" is like "pat the
incision dry". So each word that carries something must be written, or nearly, and a
verdict, a cause and a condition too (docs/decisions/0022).
"""

import re
from collections.abc import Iterator

from knowledge import polarity
from knowledge.facts import is_measure
from knowledge.likeness import LIGHT
from knowledge.medicines import generic_of
from knowledge.synonyms import alike
from knowledge.words import lexemes, stem

_CAUSE = re.compile(r"\b(?:because|due to|caused? by|comes? from|result of|thanks to|means?)\b", re.IGNORECASE)
_BY_US = re.compile(r"^(?:we|i)(?:'\w+)?\b", re.IGNORECASE)
_US = re.compile(r"\b(?:we|I)\b|^We\b")
_WHEN = re.compile(r"\b(?:when|whenever|while|should|as soon as|after|before)\b", re.IGNORECASE)
_VERDICTS = frozenset(
    map(
        stem,
        """better worse normal fine safe safely harmless healthy healed healing serious dangerous worry worried
        recovered recovering mean means cured cancelled common commonly usual usually typical typically expected
        ordinary natural unlikely rare rarely""".split(),
    )
)
# Words that every medical text is full of, and that still say something to a patient: "sleep on your side".
_SAYS_SOMETHING = frozenset(
    map(
        stem,
        "side condition symptom sign disease effect treatment increase develop cause associated experience".split(),
    )
)
_PLAIN = frozenset(map(stem, "cannot allow allowed able go goes going let want".split()))  # how it is put, not what
_TO_A_CLINICIAN = frozenset(
    map(
        stem,
        "seek medical attention contact consult healthcare provider doctor physician clinician professional".split(),
    )
)
_COUNTED = frozenset(map(stem, "stair stairs step steps patch patches spray sprays drop drops".split()))
# What finds an answer is not always what may be said for it: "do not drink" speaks of wine, "drink water" does not.
_NEVER_FOR = frozenset(
    (stem(one), stem(other))
    for ones, others in (
        ("wine beer alcohol liquor booze spirits", "drink drinking"),
        ("bleed bleeding hemorrhage", "blood"),
    )
    for one in ones.split()
    for other in others.split()
)


def objection(sentence: str, source: str) -> str:
    """Why `source` does not bear what the sentence asserts; "" if it does."""
    if any(not _holds(word, lexemes(source)) for word in lexemes(sentence) if word in _VERDICTS):
        return "verdict"
    if _affirms_what_is_denied(sentence, source):
        return "negation"
    if _BY_US.search(sentence) and not _US.search(source):
        return "unwritten"
    if _CAUSE.search(sentence) and not _CAUSE.search(source):
        return "cause"
    return "condition" if _asserts_a_condition(sentence, source) or _sets_a_condition(sentence, source) else ""


def unwritten(sentence: str, source: str) -> Iterator[str]:
    """The words that carry what the sentence says and that the source has in no form."""
    held = lexemes(source)
    clinician = any(word in _TO_A_CLINICIAN for word in held)
    for word in lexemes(sentence):
        if _is_plain(word) or (clinician and word in _TO_A_CLINICIAN):
            continue
        if not _holds(word, held):
            yield word


def _is_plain(word: str) -> bool:
    if word in LIGHT or word in _PLAIN:
        return word not in _SAYS_SOMETHING
    return bool(generic_of(word)) or (is_measure(word) and word not in _COUNTED)


def _holds(word: str, held: tuple[str, ...]) -> bool:
    return any(alike(word, other) and (word, other) not in _NEVER_FOR for other in held)


def _asserts_a_condition(sentence: str, source: str) -> bool:
    """ "Call us if your calf swells" does not say that it is swollen; nor "until he says you can stop" that he did."""
    if polarity.conditions(sentence) or _WHEN.search(sentence):
        return False
    conditions = polarity.conditions(source)
    if not conditions:
        return False
    outside = source
    for condition in conditions:
        outside = outside.replace(condition, " ")
    supposed, stated = tuple(w for c in conditions for w in lexemes(c)), lexemes(outside)
    words = (word for word in lexemes(sentence) if not _is_plain(word))
    return any(_holds(word, supposed) and not _holds(word, stated) for word in words)


def _sets_a_condition(sentence: str, source: str) -> bool:
    """ "Take it every evening" is not "take it if you are constipated"."""
    supposed = tuple(word for condition in polarity.conditions(source) for word in lexemes(condition))
    for condition in polarity.conditions(sentence):
        words = [word for word in lexemes(condition) if not _is_plain(word)]
        if sum(_holds(word, supposed) for word in words) < 0.5 * len(words):
            return True
    return False


def _affirms_what_is_denied(sentence: str, source: str) -> bool:
    """In other words: "a glass of wine" where the papers say "do not drink alcohol"."""
    said, written = polarity.polarity(sentence), polarity.polarity(source)
    known = written.affirmed | written.denied
    for word in said.affirmed - known:
        meant = [other for other in known if _holds(word, (other,))]
        if meant and not written.affirmed.intersection(meant):
            return True
    return False

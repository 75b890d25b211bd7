"""Teach-back: what the patient says of a medicine, against what the plan says. Pure.

Compared part by part: the drug, how much, when, and what for. A part may be right,
missing, or different from the plan; which one it was is what the patient is told, gently.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import OSA

from clinic.discharge_plan import Medicine
from conversations.guardrails import mentions
from conversations.guardrails.spoken_numbers import digits
from conversations.guardrails.text import form
from knowledge.medicines import generic_of

ALIKE = 0.75  # a drug's name as a recogniser may write it
TRIES = 2


class Mark(StrEnum):
    RIGHT = "right"
    MISSING = "missing"
    DIFFERENT = "different"
    NOT_ASKED = "not asked"  # the plan doesn't say


PARTS = ("drug", "dose", "times", "reason")


@dataclass(frozen=True)
class Comparison:
    """A mark for each part of what the patient said."""

    marks: Mapping[str, Mark]

    @property
    def is_right(self) -> bool:
        return not self.amiss

    @property
    def amiss(self) -> list[str]:
        """The parts to come back to, in the order they are spoken about."""
        return [part for part in PARTS if self.marks[part] in (Mark.MISSING, Mark.DIFFERENT)]


def compare(medicine: Medicine, said: str) -> Comparison:
    """What the patient said of this medicine, part by part."""
    spoken = digits(said.casefold().replace("’", "'"))
    return Comparison(
        {
            "drug": _drug(medicine.name, spoken),
            "dose": _dose(medicine.dose, spoken),
            "times": _times(f"{medicine.times}".casefold(), spoken),
            "reason": _reason(medicine.reason, spoken),
        }
    )


# -- drug -------------------------------------------------------------------------


def _drug(name: str, spoken: str) -> Mark:
    """It was asked for by name, so a pronoun will do; another drug's name will not."""
    wanted = set(re.findall(r"[a-z]{4,}", name.casefold()))
    meant = {generic_of(word) or word for word in wanted}
    others = []
    for word in re.findall(r"[a-z]{4,}", spoken):
        known = generic_of(word)
        if (known or word) in meant or any(OSA.normalized_similarity(word, one) >= ALIKE for one in wanted):
            return Mark.RIGHT
        if known:
            others.append(known)
    return Mark.DIFFERENT if others else Mark.RIGHT


# -- dose -------------------------------------------------------------------------

_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*-?\s*(milligrams?|mg|micrograms?|mcg|grams?|g|milliliters?|ml|units?|puffs?|drops?|"
    r"tablets?|pills?|"
    r"capsules?|patch(?:es)?|sprays?|teaspoons?)\b"
)
_UNITS = {"milligram": "mg", "microgram": "mcg", "gram": "g", "milliliter": "ml"} | dict.fromkeys(
    ("tablet", "pill", "capsule", "patch", "patche"), "piece"
)
_WORDED = re.compile(r"\b(one|a|half a|half|two|three)\s+(tablet|pill|capsule|puff|drop|unit|patch|spray|teaspoon)s?\b")
_COUNTS = {"one": 1.0, "a": 1.0, "half": 0.5, "half a": 0.5, "two": 2.0, "three": 3.0}


def _amounts(text: str) -> dict[str, float]:
    found = {}
    for number, unit in _AMOUNT.findall(text):
        found[_unit(unit)] = float(number.replace(",", "."))
    for count, unit in _WORDED.findall(text):
        found.setdefault(_unit(unit), _COUNTS[count])
    return found


def _unit(written: str) -> str:
    single = written.removesuffix("s") if written not in ("g", "mg", "mcg", "ml") else written
    return _UNITS.get(single, single)


def _dose(dose: str, spoken: str) -> Mark:
    planned = _amounts(digits(dose.casefold()))
    if not planned:
        return Mark.NOT_ASKED
    told = _amounts(spoken)
    shared = planned.keys() & told.keys()
    if any(abs(planned[unit] - told[unit]) > 1e-6 for unit in shared):
        return Mark.DIFFERENT
    if shared:
        return Mark.RIGHT
    bare = {float(number.replace(",", ".")) for number in re.findall(r"\b\d+(?:[.,]\d+)?\b", spoken)}
    return Mark.RIGHT if bare & set(planned.values()) else Mark.MISSING


# -- times ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rhythm:
    """How often a day, when, and whether only if needed. `a_day` is 0 where nothing was said about it."""

    a_day: float = 0
    moments: frozenset[str] = frozenset()
    if_needed: bool = False


_OFTEN = (
    (r"\b(?:four times|4 times|4x) (?:a|per|each|every) day\b|\bqid\b", 4.0),
    (
        r"\b(?:three times|3 times|3x) (?:a|per|each|every) day\b|\bthree times daily\b|\b3 times daily\b|\btid\b|"
        r"\bevery meal\b"
    , 3.0),
    (
        r"\b(?:twice|two times|2 times|2x) (?:a|per|each|every)? ?(?:day|daily)\b|\bbid\b|\bmorning and (?:night|"
        r"evening|bedtime)\b|"

     r"\bonce in the morning and once\b|\btwice daily\b", 2.0),
    (
        r"\b(?:once|one time|1 time) (?:a|per|each|every)? ?(?:day|daily)\b|\bonce daily\b|\bdaily\b|\bevery "
        r"(?:day|morning|evening|night)\b|"

     r"\bqd\b|\beach (?:day|morning|evening|night)\b|\bin the morning\b|\bat (?:bedtime|night)\b|\bin the "
     r"evening\b|\ba day\b", 1.0),
    (r"\b(?:once|1 time) (?:a|per|each|every) week\b|\bweekly\b|\bevery week\b", 1 / 7),
)  # fmt: skip
_MOMENTS = {
    "morning": r"\b(?:morning|breakfast|wake up|am)\b",
    "noon": r"\b(?:noon|lunch|midday)\b",
    "evening": r"\b(?:evening|dinner|supper|pm)\b",
    "night": r"\b(?:night|bedtime|bed)\b",
}
_IF_NEEDED = re.compile(
    r"\b(?:as needed|if needed|when needed|prn|only (?:if|when)|when i (?:need|hurt|have)|if i (?:need|hurt|have)|"
    r"when it hurts|if the pain|when the pain)\b"
)
_EVERY_HOURS = re.compile(r"\bevery (\d+)(?: ?(?:to|-) ?\d+)? hours?\b")


def _rhythm(text: str) -> _Rhythm:
    hours = _EVERY_HOURS.search(text)
    a_day = 24 / float(hours[1]) if hours else next((n for pattern, n in _OFTEN if re.search(pattern, text)), 0.0)
    moments = frozenset(name for name, pattern in _MOMENTS.items() if re.search(pattern, text))
    if a_day == 1.0 and len(moments) > 1 and not hours:
        a_day = float(len(moments))
    return _Rhythm(a_day, moments, bool(_IF_NEEDED.search(text)))


def _times(times: str, spoken: str) -> Mark:
    planned, told = _rhythm(digits(times)), _rhythm(spoken)
    if planned == _Rhythm():
        return Mark.NOT_ASKED
    if told == _Rhythm():
        return Mark.MISSING
    if planned.if_needed and not planned.a_day and told.a_day and not told.if_needed:
        return Mark.DIFFERENT  # taken by the clock, where the plan says only if needed
    if planned.a_day and told.a_day and abs(planned.a_day - told.a_day) > 0.01:
        return Mark.DIFFERENT
    if planned.moments and told.moments and not _same_moments(planned.moments, told.moments):
        return Mark.DIFFERENT
    if planned.a_day and not told.a_day:
        return Mark.RIGHT if planned.if_needed and told.if_needed else Mark.MISSING
    return Mark.RIGHT


def _same_moments(planned: frozenset[str], told: frozenset[str]) -> bool:
    """Evening and night are one to most people."""
    late = frozenset({"evening", "night"})
    return (planned - late) == (told - late) and bool(planned & late) == bool(told & late)


# -- reason -----------------------------------------------------------------------

_COMMON = frozenset(
    map(form, "prevent help helps treat against reduce lower keep control your the for and with from".split())
)


def _reason(reason: str, spoken: str) -> Mark:
    """Any of the plan's words for it, or the same symptom in other words."""
    if not reason:
        return Mark.NOT_ASKED
    wanted = {form(word) for word in re.findall(r"[a-z]{3,}", reason.casefold())} - _COMMON
    said = {form(word) for word in re.findall(r"[a-z]{3,}", spoken)}
    concepts = {mention.concept for mention in mentions.read(reason).mentions}
    told = {mention.concept for mention in mentions.read(spoken).mentions}
    return Mark.RIGHT if wanted & said or concepts & told or not wanted else Mark.MISSING

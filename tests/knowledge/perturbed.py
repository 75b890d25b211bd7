"""Sentences of discharge papers made wrong in one place: each must be stopped.

Made by rule from the sample papers and from sentences below, so that the set grows
with them and no case is tuned for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MORE = """
Take warfarin 5 mg by mouth every evening at 6 pm.
Take two tablets of prednisone 20 mg in the morning for 5 days.
Take one tablet of metoprolol 25 mg in the morning and two tablets at bedtime.
Do not take naproxen with lisinopril.
Take amoxicillin 500 mg three times a day with food for 10 days.
Inject 40 mg of enoxaparin under the skin once a day for 14 days.
Use two puffs of albuterol every 4 hours as needed for wheezing.
Stop taking metformin for 2 days before your scan.
Do not put weight on your left leg for 6 weeks.
Keep your right arm in the sling day and night for 3 weeks.
Put two drops in your left eye four times a day.
Raise your left foot above your heart for 20 minutes every 2 hours.
Change the dressing on your right knee every 3 days.
Do not remove the drain in your left breast by yourself.
You may drive after 4 weeks if you can brake without pain.
Do not eat or drink after midnight before your blood test.
Drink no more than 2 liters of fluid a day.
Call us at 555-0199 if your temperature is above 100.4 F.
Never take more than 8 tablets of acetaminophen in 24 hours.
You can shower after 48 hours unless the wound is open.
Avoid alcohol while you take metronidazole.
Do not swim until the stitches are out.
Take the capsule with a full glass of water and stay upright for 30 minutes.
Your next visit is on Tuesday at 9:15 am with Dr. Moreau.
Check your blood sugar before breakfast and at bedtime.
Lie on your right side for 2 hours after the biopsy.
Wear the brace on both knees for 8 weeks.
Do not stop taking clopidogrel unless your cardiologist tells you to.
Take gabapentin 300 mg at bedtime for nerve pain.
You should not fly for 10 days after the operation.
"""
_SWAPS = {
    "morning": "evening", "evening": "morning", "bedtime": "noon", "night": "morning", "breakfast": "dinner",
    "before": "after",
    "once": "twice", "twice": "once", "daily": "weekly", "Tuesday": "Friday", "am": "pm", "pm": "am",
    "weeks": "days", "days": "weeks", "hours": "days", "minutes": "hours",
}  # fmt: skip
_SIDES = {"left": "right", "right": "left", "both": "one"}
_COMPARED = {"more": "less", "above": "below", "below": "above", "heavier": "lighter"}
_MEDICINES = """
oxycodone acetaminophen apixaban docusate furosemide metoprolol lisinopril spironolactone
atorvastatin ibuprofen
hydrocodone ondansetron warfarin prednisone naproxen amoxicillin enoxaparin albuterol metformin
metronidazole clopidogrel gabapentin
""".split()
_NUMBER = re.compile(
    r"(?<![\w.:/-])(\d+(?:\.\d+)?)(?=\s*(?:mg|mcg|tablets?|capsules?|puffs?|pounds|liters?|"
    r"hours|days|weeks|minutes|degrees|F\b|drops|glasses))"
)
_COUNT = re.compile(r"\b(two|three|four)\b(?= (?:tablets?|puffs|drops|times))")
_DENIED = re.compile(r"\b(Do not|do not|Don't|don't|Never|never|should not|cannot)\b")


@dataclass(frozen=True)
class Perturbed:
    kind: str
    sentence: str
    original: str


def perturb(sentence: str) -> Iterator[Perturbed]:
    for kind, wrong in _wrong(sentence):
        if wrong.lower() != sentence.lower():
            yield Perturbed(kind, wrong, sentence)


def _wrong(sentence: str) -> Iterator[tuple[str, str]]:
    for number in _NUMBER.finditer(sentence):
        value = float(number[1])
        for changed in (value * 10, value / 10, value + 1):
            yield "amount", f"{sentence[: number.start()]}{changed:g}{sentence[number.end() :]}"
    for number in _COUNT.finditer(sentence):
        other = {"two": "four", "three": "two", "four": "three"}[number[1]]
        yield "amount", sentence[: number.start()] + other + sentence[number.end() :]
    yield from _swapped("side", sentence, _SIDES)
    yield from _swapped("time", sentence, _SWAPS)
    yield from _swapped("compared", sentence, _COMPARED)
    yield from _denial(sentence)
    yield from _medicine(sentence)
    for telephone in re.finditer(r"555-01(\d\d)", sentence):
        yield (
            "telephone",
            sentence[: telephone.start(1)] + f"{(int(telephone[1]) + 7) % 100:02d}" + sentence[telephone.end() :],
        )
    condition = re.search(r",? (?:if|unless|until) [^.,]+", sentence)
    if condition and not sentence.lower().startswith(("if", "call")):
        yield "condition", sentence[: condition.start()] + sentence[condition.end() :]


def _swapped(kind: str, sentence: str, table: dict[str, str]) -> Iterator[tuple[str, str]]:
    for word, other in table.items():
        for found in re.finditer(rf"\b{word}\b(?! away)", sentence):
            yield kind, sentence[: found.start()] + other + sentence[found.end() :]


def _denial(sentence: str) -> Iterator[tuple[str, str]]:
    for denied in _DENIED.finditer(sentence):
        kept = {"should not": "should", "cannot": "can"}.get(denied[1].lower(), "")
        rest = sentence[denied.end() :] if kept else sentence[denied.end() :].lstrip()
        changed = sentence[: denied.start()] + kept + rest
        yield "not dropped", changed[:1].upper() + changed[1:]
        if not kept:
            yield "not dropped", sentence[: denied.start()] + "You may " + rest
    if sentence.startswith("Avoid "):
        yield "not dropped", "Have " + sentence[6:]
    verb = re.match(r"(Take|Use|Keep|Wear|Put|Walk|Sleep|Raise|Change|Inject|Drink|Check|Eat|Weigh)\b", sentence)
    if verb:
        yield "not added", f"Do not {sentence[0].lower()}{sentence[1:]}"
    may = re.match(r"You (may|can) (?!have)", sentence)
    if may:
        yield "not added", sentence.replace(may[1], f"{may[1]} not", 1)


def _medicine(sentence: str) -> Iterator[tuple[str, str]]:
    for name in _MEDICINES:
        found = re.search(rf"\b{name}\b", sentence, re.IGNORECASE)
        if found:
            index = _MEDICINES.index(name)
            for other in (_MEDICINES[(index + 1) % len(_MEDICINES)], _MEDICINES[(index + 7) % len(_MEDICINES)]):
                if other not in sentence.lower():
                    yield "medicine", sentence[: found.start()] + other + sentence[found.end() :]

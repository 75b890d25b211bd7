"""Numbers a patient reads out: temperature, sugar, blood pressure, oxygen, pulse, weight. Pure.

Thresholds follow common discharge advice for adults (fever from 100.4 °F or 38 °C; sugar
below 70 or above 300 mg/dL; oxygen below 92 %; heart failure: 3 lb in a day).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_NUMBER = r"(?P<n>\d{1,3}(?:[.,]\d)?)"
_LINK = r"(?:[\w']+,?\s+){0,5}?(?:of |at |is |was |to |over |under |about |around |like |reads? |says? |hit |=)?\s*"


@dataclass(frozen=True)
class Measure:
    """`concept` is empty where the number is normal; `urgency` is "", "urgent" or "emergency"."""

    name: str
    value: float
    concept: str
    urgency: str
    start: int
    end: int


NAMES = frozenset(
    {"very high fever", "fever", "low temperature", "dangerous blood sugar", "low blood sugar", "high blood sugar"}
    | {"low oxygen", "dangerous heart rhythm", "fast heartbeat", "slow heartbeat", "weight gain"}
    | {"high blood pressure", "low blood pressure"}
)


def _temperature(value: float) -> tuple[str, str]:
    fahrenheit = value if value > 60 else value * 9 / 5 + 32
    if not 85 <= fahrenheit <= 112:
        return "", ""
    if fahrenheit >= 104.5:
        return "very high fever", "emergency"
    if fahrenheit >= 100.4:
        return "fever", "urgent"
    return ("low temperature", "urgent") if fahrenheit < 95 else ("", "")


def _sugar(value: float) -> tuple[str, str]:
    if value < 54:
        return "dangerous blood sugar", "emergency"
    if value < 70:
        return "low blood sugar", "urgent"
    if value > 500:
        return "dangerous blood sugar", "emergency"
    return ("high blood sugar", "urgent") if value > 300 else ("", "")


def _oxygen(value: float) -> tuple[str, str]:
    if not 40 <= value <= 100:
        return "", ""
    if value < 88:
        return "low oxygen", "emergency"
    return ("low oxygen", "urgent") if value < 92 else ("", "")


def _pulse(value: float) -> tuple[str, str]:
    if value >= 150:
        return "dangerous heart rhythm", "emergency"
    if value > 120:
        return "fast heartbeat", "urgent"
    return ("slow heartbeat", "urgent") if 20 < value < 45 else ("", "")


def _pressure(value: float) -> tuple[str, str]:
    if value >= 180:
        return "high blood pressure", "urgent"
    return ("low blood pressure", "urgent") if 40 < value < 90 else ("", "")


def _gain(value: float) -> tuple[str, str]:
    return ("weight gain", "urgent") if 3 <= value < 60 else ("", "")


_NOT_READINGS = "times|days|hours|units|years|pills|am|pm|o'clock|lit|feet|surger"
_ABOUT = r"(?:a |at |about |around |like |over |almost |another )*"
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[float], tuple[str, str]]], ...] = tuple(
    (name, re.compile(pattern), judge)
    for name, pattern, judge in (
        ("temperature", rf"\b(?:temperature|temp|fever|thermometer)\b,? {_LINK}{_NUMBER}", _temperature),
        ("temperature", rf"\b{_NUMBER}[^.?!;]{{0,40}}\b(?:temperature|temp)\b", _temperature),
        ("temperature", rf"\b{_NUMBER}\s*(?:degrees?|fahrenheit|celsius|°)", _temperature),
        (
            "temperature",
            r"\b(?:i'm|im|am|i was|i'm at|running|ran|been) " + _ABOUT + r"(?P<n>(?:9[5-9]|10[0-8])[.,]\d)\b",
            _temperature,
        ),
        (
            "sugar",
            rf"\b(?:sugars?|glucose|glucometer|meter)\b {_LINK}{_NUMBER}\b(?!\s*(?:{_NOT_READINGS}))",
            _sugar,
        ),
        (
            "oxygen",
            rf"\b(?:oxygen|o2|sats?|saturation|oximeter|spo2)\b {_LINK}{_NUMBER}\b(?!\s*(?:{_NOT_READINGS}))",
            _oxygen,
        ),
        (
            "pulse",
            rf"\b(?:pulse|heart rate|heartbeat|heart)\b {_LINK}{_NUMBER}\b(?!\s*(?:{_NOT_READINGS}))",
            _pulse,
        ),
        ("blood pressure", rf"\b(?:blood pressure|bp|pressure)\b {_LINK}{_NUMBER}\s*(?:over|/)", _pressure),
        (
            "weight",
            rf"\b(?:gained|put on|up)\s+{_ABOUT}{_NUMBER}\s*(?:pounds|lbs?|kilos?|kg)",
            _gain,
        ),
    )
)


def find(text: str) -> Iterator[Measure]:
    """Every reading in a lower-case text, normal ones too: "my temperature is 98.6" is no fever."""
    for name, pattern, judge in _KINDS:
        for match in pattern.finditer(text):
            concept, urgency = judge(float(match["n"].replace(",", ".")))
            yield Measure(name, float(match["n"].replace(",", ".")), concept, urgency, match.start(), match.end())

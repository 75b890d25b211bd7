"""What calls found out, over time: pain, weight, how medicines go, and every other number that was asked for. Pure.

`conversations.panels` shows it on the patient's page. A number is plotted under the name of
its output variable, so that a clinic's own questions appear without anybody drawing them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.plots import Trace, trace

Variables = Mapping[str, Mapping[str, Any]]  # output variable → {"value", "type", …}, of all objectives of a call
FIRST = ("pain", "pounds_up", "weight", "medicines")
TITLES: Mapping[str, str | Promise] = {
    "pain": _("Pain, from 0 to 10"),
    "weight": _("Weight"),
    "pounds_up": _("Weight gained since discharge, pounds"),
    "medicines": _("Medicines: answers that were in order, %"),
    "rescue_use": _("Rescue inhaler, times the day before"),
    "last_sugar": _("Last blood sugar"),
}
BOUNDS = {"pain": (0.0, 10.0), "medicines": (0.0, 100.0)}
IN_ORDER = {"has_medicines": True, "medicine_trouble": False, "inhaler_trouble": False}
MEDICINE_ANSWERS = ("has_medicines", "medicine_trouble", "inhaler_trouble")
TAUGHT = "teach_back"


@dataclass(frozen=True)
class Call:
    session_id: str
    on: date
    variables: Variables


@dataclass(frozen=True)
class Point:
    session_id: str
    on: date
    value: float


@dataclass(frozen=True)
class Trend:
    name: str
    title: str | Promise
    points: tuple[Point, ...]
    plot: Trace

    @property
    def first(self) -> Point:
        return self.points[0]

    @property
    def last(self) -> Point:
        return self.points[-1]


def trends(calls: Iterable[Call]) -> list[Trend]:
    """One for each thing that has a number, the best known first; calls that did not ask leave a gap in time."""
    found: dict[str, list[Point]] = {}
    for call in sorted(calls, key=lambda one: one.on):
        for name, value in numbers(call.variables).items():
            found.setdefault(name, []).append(Point(call.session_id, call.on, value))
    named = sorted(found, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return [_trend(name, found[name]) for name in named]


def numbers(variables: Variables) -> dict[str, float]:
    """What of a call's answers can be plotted."""
    told = {
        name: float(kept["value"])
        for name, kept in variables.items()
        if isinstance(kept["value"], int | float) and not isinstance(kept["value"], bool)
    }
    if _value(variables, "weight_up") is False:
        told["pounds_up"] = 0.0
    share = adherence(variables)
    return told if share is None else {**told, "medicines": share}


def adherence(variables: Variables) -> float | None:
    """Percent of a call's answers about medicines that were in order: all are there, nothing stands in the way of
    taking them, and each one that was restated was understood. None if medicines were not talked about."""
    told = [_value(variables, name) is IN_ORDER[name] for name in MEDICINE_ANSWERS if name in variables]
    told += [kept["value"] == "understood" for kept in variables.values() if kept["type"] == TAUGHT]
    return round(100 * sum(told) / len(told)) if told else None


def _value(variables: Variables, name: str) -> Any:
    return variables[name]["value"] if name in variables else None


def _trend(name: str, points: Sequence[Point]) -> Trend:
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    drawn = trace([(point.on, point.value) for point in points], BOUNDS.get(name))
    return Trend(name, title, tuple(points), drawn)

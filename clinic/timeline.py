"""A call drawn from left to right: who spoke when, where it was silent, and where the escalations lie.

Lengths only, no words: those are in the transcript, whose reading is audited by itself.
The app that runs calls tells us how to look one up (`register`). The rest is pure.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import rules
from clinic.models import Escalation

SILENCE_MS = 4000  # shorter ones are how people talk
TICK_EVERY_S = (10, 30, 60, 120, 300, 600, 1200, 3600)
MOST_TICKS = 5  # have room on a phone
LEAST_SHARE = 0.4  # in percent of the call: anything narrower could not be seen
TOP, LANE_HEIGHT, BAR_HEIGHT, FOOT = 40, 42, 14, 30
LANES = ("patient", "assistant", "clinician")


@dataclass(frozen=True)
class Stretch:
    """Somebody spoke. `position_ms` is what the transcript calls it; all count from the start of the call."""

    speaker: str
    starts_ms: int
    ends_ms: int
    position_ms: int


@dataclass(frozen=True)
class Call:
    length_ms: int
    stretches: tuple[Stretch, ...]  # in order, no two at once


@dataclass(frozen=True)
class Mark:
    """`kind` is moment, other or step; the first two have a `severity`."""

    at_ms: int
    kind: str
    words: str
    severity: str = ""


@dataclass(frozen=True)
class Shape:
    """`x` and `width` are percentages, so that a narrow screen narrows time and not the letters."""

    kind: str
    x: str
    y: int
    width: str = ""
    label: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Line:
    """One line of the same as a list. `position_ms` leads to the transcript."""

    at_ms: int
    words: str
    position_ms: int | None = None
    kind: str = ""


@dataclass(frozen=True)
class Lane:
    kind: str
    label: str
    y: int


@dataclass(frozen=True)
class Timeline:
    lanes: tuple[Lane, ...]
    shapes: tuple[Shape, ...]
    ticks: tuple[Shape, ...]
    lines: tuple[Line, ...]
    length_ms: int
    moment_ms: int | None
    height: int = TOP + LANE_HEIGHT * len(LANES) + FOOT
    foot: int = TOP + LANE_HEIGHT * len(LANES) + 4
    top: int = TOP
    depth: int = LANE_HEIGHT * len(LANES) + 4
    bar: int = BAR_HEIGHT


def _nothing_kept(session_id: UUID) -> Call | None:
    return None


Lookup = Callable[[UUID], Call | None]
_look_up: Lookup = _nothing_kept


def register(look_up: Lookup) -> Lookup:
    """`look_up(session_id)` is None for a call of which nothing was kept. Called from `apps.ready`."""
    global _look_up
    _look_up = look_up
    return look_up


def of(escalation: Escalation) -> Timeline | None:
    """The call of this escalation, the moment marked, with the other escalations of that call and the steps taken."""
    call = _look_up(escalation.session_id) if escalation.session_id else None
    if call is None or not call.stretches:
        return None
    same = Escalation.objects.filter(session_id=escalation.session_id).exclude(pk=escalation.pk)
    others = same.filter(patient_id=escalation.patient_id)
    marks = [
        Mark(at, "other", rules.in_words(rule), severity)
        for at, rule, severity in others.values_list("position_ms", "rule", "severity")
        if at is not None
    ]
    if escalation.position_ms is not None:
        marks.append(Mark(escalation.position_ms, "moment", rules.in_words(escalation.rule), escalation.severity))
        marks += _steps(escalation, escalation.position_ms)
    return draw(call, sorted(marks, key=lambda mark: mark.at_ms), escalation.patient.called)


def _steps(escalation: Escalation, moment_ms: int) -> Iterator[Mark]:
    for step in escalation.events.exclude(kind="raised").order_by("id"):
        after_ms = int((step.at - escalation.raised_at).total_seconds() * 1000)
        yield Mark(moment_ms + after_ms, "step", rules.step_in_words(step.kind))


def draw(call: Call, marks: Sequence[Mark], called: str) -> Timeline:
    """Pure. Steps taken after the call have no place in it."""
    call = replace(call, length_ms=max([call.length_ms, *(one.ends_ms for one in call.stretches)]))
    inside = [mark for mark in marks if mark.kind != "step" or mark.at_ms <= call.length_ms]
    shapes = [*_silences(call), *(_bar(one, call) for one in call.stretches), *(_sign(mark, call) for mark in inside)]
    names = {"patient": called, "assistant": _("Assistant"), "clinician": _("Care team")}
    return Timeline(
        lanes=tuple(Lane(kind, names[kind], _lane_y(kind)) for kind in LANES),
        shapes=tuple(shapes),
        ticks=tuple(_ticks(call.length_ms)),
        lines=tuple(sorted(_lines(call, inside, names), key=lambda line: (line.at_ms, not line.kind))),
        length_ms=call.length_ms,
        moment_ms=next((mark.at_ms for mark in inside if mark.kind == "moment"), None),
    )


def silences(call: Call) -> Iterator[tuple[int, int]]:
    """From and to, in ms: where nobody spoke for long."""
    for before, after in pairwise(call.stretches):
        if after.starts_ms - before.ends_ms >= SILENCE_MS:
            yield before.ends_ms, after.starts_ms


def _lane_y(kind: str) -> int:
    return TOP + LANE_HEIGHT * LANES.index(kind)


def _percent(at_ms: float, length_ms: int) -> float:
    return min(100.0, max(0.0, 100 * at_ms / max(1, length_ms)))


def _bar(one: Stretch, call: Call) -> Shape:
    begins, ends = _percent(one.starts_ms, call.length_ms), _percent(one.ends_ms, call.length_ms)
    width = max(LEAST_SHARE, ends - begins)
    return Shape(one.speaker, f"{min(begins, 100 - width):.2f}%", _lane_y(one.speaker) + 20, f"{width:.2f}%")


def _silences(call: Call) -> Iterator[Shape]:
    for begins, ends in silences(call):
        width = _percent(ends - begins, call.length_ms)
        yield Shape("silence", f"{_percent(begins, call.length_ms):.2f}%", TOP, f"{width:.2f}%")


def _sign(mark: Mark, call: Call) -> Shape:
    at = _percent(mark.at_ms, call.length_ms)
    anchor = "start" if at < 12 else "end" if at > 88 else "middle"
    y = _lane_y("clinician") + 27 if mark.kind == "step" else TOP - 16
    kind = f"{mark.kind} {mark.severity}".strip()
    return Shape(kind, f"{at:.2f}%", y, label=clock(mark.at_ms) if mark.kind == "moment" else "", anchor=anchor)


def _ticks(length_ms: int) -> Iterator[Shape]:
    length_s = length_ms / 1000
    every_s = next((step for step in TICK_EVERY_S if length_s / step <= MOST_TICKS), TICK_EVERY_S[-1])
    for at_s in range(0, int(length_s) + 1, every_s):
        at = _percent(at_s * 1000, length_ms)
        anchor = "start" if at_s == 0 else "end" if at > 94 else "middle"
        yield Shape("tick", f"{at:.2f}%", 0, label=clock(at_s * 1000), anchor=anchor)


def clock(at_ms: int) -> str:
    """A place in a call: 61500 → "1:01"."""
    return f"{at_ms // 60_000}:{at_ms // 1000 % 60:02d}"


def _lines(call: Call, marks: Sequence[Mark], names: dict[str, str]) -> Iterator[Line]:
    for one in call.stretches:
        length_s = max(1, round((one.ends_ms - one.starts_ms) / 1000))
        words = ngettext("{who} spoke, about {n} second", "{who} spoke, about {n} seconds", length_s)
        yield Line(one.starts_ms, words.format(who=names[one.speaker], n=length_s), one.position_ms)
    for begins, ends in silences(call):
        yield Line(begins, _("Silence, {n} seconds").format(n=round((ends - begins) / 1000)))
    for mark in marks:
        yield Line(mark.at_ms, mark.words, kind=f"{mark.kind} {mark.severity}".strip())

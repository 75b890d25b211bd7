"""What simulated calls came to: what was reached, what was raised rightly or wrongly, what was asked twice. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from clinic.discharge_plan import Severity
from conversations.evaluation import percentile, rows
from conversations.live.events import Sentence
from conversations.simulation.calls import Exchange, Transcript
from conversations.simulation.lives import Complaint


@dataclass
class Judged:
    """One call. `wrong` names each thing that a clinician would object to."""

    right: int = 0
    missed: list[str] = field(default_factory=list)
    uncalled_for: list[str] = field(default_factory=list)
    asked_twice: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    repeats: int = 0


def judge(call: Transcript) -> Judged:
    found = Judged()
    for place, exchange in enumerate(call.exchanges):
        _judge_raised(exchange, call.exchanges[place + 1 :][:1], found)
    _judge_questions(call, found)
    for exchange in call.exchanges:
        told = exchange.line
        recorded = call.answers.get(told.answers)
        if told.value is not None and recorded is not None and recorded != told.value:
            found.misread.append(f"{told.answers}: {told.text!r} was taken as {recorded}")
    return found


def _judge_raised(exchange: Exchange, following: Sequence[Exchange], found: Judged) -> None:
    raised = [row for row in exchange.raised if row.severity is not Severity.QUESTION]
    expected = [complaint for complaint in exchange.line.tells if complaint.expect in ("escalate", "emergency")]
    if exchange.line.wants_person:
        return
    asked_back = any(sentence.text.startswith("Did you say") for sentence in exchange.said)
    later = [row for other in following for row in other.raised] if asked_back else []
    for complaint in expected:
        if _suffices(complaint, [*raised, *later]):
            found.right += 1
        else:
            found.missed.append(f"{complaint.expect}: {exchange.line.text}")
    called_for = expected or any(complaint.expect == "any" for complaint in exchange.line.tells)
    if raised and not called_for and not exchange.line.text.startswith("Yes, that's what I said"):
        rules = ", ".join(row.rule for row in raised)
        found.uncalled_for.append(f"{rules}: {exchange.line.text}")


def _suffices(complaint: Complaint, raised: Sequence[Any]) -> bool:
    needed = Severity.EMERGENCY if complaint.expect == "emergency" else Severity.URGENT
    return any(row.severity.order >= needed.order for row in raised)


def _judge_questions(call: Transcript, found: Judged) -> None:
    """A question that comes again although it was answered is asked twice; otherwise it is a repeat."""
    answered: set[str] = set()
    asked_before: set[str] = set()
    said = call.opening
    for exchange in call.exchanges:
        question = _asked(said)
        if question and question in answered:
            found.asked_twice.append(question)
        if question and question in asked_before:
            found.repeats += 1
        asked_before.add(question)
        if exchange.line.answers and question:
            answered.add(question)
        said = exchange.said


def _asked(said: Sequence[Sentence]) -> str:
    """The protocol's question in what was said; the acts that may come again are none."""
    last = next((sentence.text for sentence in reversed(said) if sentence.act == "ask"), "")
    again = ("anything else", "Did you say", "once more", "Have you been able to call", "Is someone with you")
    return "" if any(part in last for part in again) else last


def figures(calls: Sequence[Transcript]) -> dict[str, Any]:
    judged = [judge(call) for call in calls]
    turns = [len(call.exchanges) for call in calls]
    return {
        "calls": len(calls),
        "to_their_end": sum(bool(call.ended) for call in calls),
        "objectives_reached": sum(len(call.reached) for call in calls),
        "objectives": sum(call.objectives for call in calls),
        "escalations_right": sum(one.right for one in judged),
        "escalations_missed": sum(len(one.missed) for one in judged),
        "escalations_uncalled_for": sum(len(one.uncalled_for) for one in judged),
        "answers_misread": sum(len(one.misread) for one in judged),
        "questions_asked_twice": sum(len(one.asked_twice) for one in judged),
        "repeats": sum(one.repeats for one in judged),
        "questions_passed_on": sum(call.questions_passed_on for call in calls),
        "turns": sum(turns),
        "turns_a_call": sum(turns) / max(len(turns), 1),
        "guard_p95_ms": percentile([ms for call in calls for ms in call.guard_ms], 0.95),
        "turn_p95_ms": percentile([ms for call in calls for ms in call.turn_ms], 0.95),
    }


def table(calls: Sequence[Transcript]) -> str:
    """The figures, what went wrong, and how each persona fared."""
    return "\n".join([rows(figures(calls)), "", *_by_persona(calls), "", *faults(calls)])


def _by_persona(calls: Sequence[Transcript]) -> Iterator[str]:
    counted: dict[str, Counter[str]] = {}
    for call in calls:
        tally = counted.setdefault(call.persona.value, Counter())
        judged = judge(call)
        wrong = len(judged.missed) + len(judged.uncalled_for)
        tally.update(calls=1, turns=len(call.exchanges), right=judged.right, wrong=wrong, repeats=judged.repeats)
        tally.update(reached=len(call.reached), objectives=call.objectives)
    for persona, n in counted.items():
        yield (
            f"{persona:<10} {n['calls']} calls, {n['turns'] / n['calls']:.0f} turns each, objectives "
            f"{n['reached']} of {n['objectives']}, escalations {n['right']} right and {n['wrong']} wrong, "
            f"{n['repeats']} repeats"
        )


def faults(calls: Sequence[Transcript]) -> Iterator[str]:
    for number, call in enumerate(calls):
        judged = judge(call)
        for kind in ("missed", "uncalled_for", "asked_twice", "misread"):
            for fault in getattr(judged, kind):
                yield f"call {number} ({call.persona}, {call.life}) {kind.replace('_', ' ')}: {fault}"


def readable(call: Transcript) -> Iterator[str]:
    """The transcript, as a person would read it."""
    yield f"── {call.life}, {call.persona}: {call.ended or 'not finished'}"
    yield f"   A: {_text(call.opening)}"
    for exchange in call.exchanges:
        marks = ", ".join(f"{row.severity}: {row.rule}" for row in exchange.raised)
        yield f"   P: {exchange.line.text}" + (f"   [{marks}]" if marks else "")
        yield f"   A: {_text(exchange.said)}"


def _text(said: Sequence[Sentence]) -> str:
    return " ".join(sentence.text for sentence in said)

"""How many symptoms the guard passes on, and how many of what is no symptom it lets be.

`{utterance, question?, plan?: {expected_symptoms, red_flags}, confidence?, expect}` where
`expect` is none, escalate or emergency; ask_back may be expected where `confidence` is low.
"""

import re
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

from clinic.discharge_plan import DischargePlan, ExpectedSymptom, RedFlag, Severity
from conversations.evaluation import Report, cases, percentile, rows
from conversations.guardrails.guard import Asked, Guard
from conversations.guardrails.mentions import read
from conversations.live.dialogue import Verdict
from conversations.live.events import Expecting, Words
from knowledge import embeddings

SHOWN = 20


def evaluate(paths: list[Path]) -> Report:
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    taken_s: list[float] = []
    embeddings.embed(["warm"])
    for path in paths:
        for case in cases(path, "utterance", "expect"):
            verdict, spent_s = _judge(case)
            taken_s.append(spent_s)
            outcome = _outcome(case["expect"], verdict)
            counted.update(outcome)
            if "wrong" in outcome:
                wrong.append(f"  expected {case['expect']}, got {verdict}: {case['utterance']}")
    figures = {
        "sensitivity": _share(counted["found"], counted["positive"]),
        "specificity": _share(counted["let_be"], counted["negative"]),
        "emergency_sensitivity": _share(counted["emergency_found"], counted["emergency"]),
        "cases": len(taken_s),
        "p50_ms": percentile(taken_s, 0.5) * 1000,
        "p95_ms": percentile(taken_s, 0.95) * 1000,
    }
    return Report("\n".join([rows(figures), *wrong[:SHOWN]]), figures)


def _judge(case: dict[str, Any]) -> tuple[Verdict, float]:
    guard = Guard(_plan(case.get("plan") or {}), case.get("day"), embeddings.embed)
    words = Words(0.0, case["utterance"], True, case.get("confidence", 1.0))
    asked = _asked(case.get("question") or "")
    started = perf_counter()
    verdict = guard.assess(words, asked).verdict
    return verdict, perf_counter() - started


def _asked(question: str) -> Asked:
    about = next((mention.concept for mention in read(question).mentions), "") if question else ""
    if not question:
        return Asked()
    counted = re.search(r"\b(?:zero to ten|how (?:strong|bad|much|many)|what number)\b", question.casefold())
    return Asked(question, about, Expecting.SHORT if counted else Expecting.YES_NO)


def _plan(data: dict[str, Any]) -> DischargePlan:
    def fields(item: Any) -> dict[str, Any]:
        return {"name": item} if isinstance(item, str) else dict(item)

    flags = [fields(item) for item in data.get("red_flags", ())]
    return DischargePlan(
        expected_symptoms=tuple(ExpectedSymptom(**fields(item)) for item in data.get("expected_symptoms", ())),
        red_flags=tuple(RedFlag(**{**flag, "severity": Severity(flag.get("severity", "urgent"))}) for flag in flags),
    )


def _outcome(expected: str, verdict: Verdict) -> list[str]:
    raised = verdict.order >= Verdict.ESCALATE.order
    if expected == "none":
        return ["negative", "wrong" if raised else "let_be"]
    if expected == "ask_back":
        met = raised or verdict is Verdict.ASK_BACK
        return ["positive", "found" if met else "wrong"]
    outcome = ["positive", "found" if raised else "wrong"]
    if expected == "emergency":
        outcome.append("emergency")
        if verdict is Verdict.EMERGENCY:
            outcome.append("emergency_found")
        elif raised:
            outcome.append("wrong")
    return outcome


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0

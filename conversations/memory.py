"""What earlier calls taught about a patient, as the dialogue sees it. Pure.

Memory makes a call kinder and shorter. It never makes one less careful: nothing here
reaches the guard, so what is remembered cannot lower a severity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Fact:
    """`topic` is a concept ("dizziness") or an "objective.variable"; `text` a few words that follow "you told me"."""

    kind: str  # symptom, medicine, home, preference, answer
    topic: str
    text: str
    learned_on: date
    confidence: float = 1.0


FOLLOW_UPS = 2  # more would feel like an interrogation
KINDS_TO_FOLLOW = ("symptom", "medicine")


def to_follow_up(facts: Sequence[Fact]) -> list[Fact]:
    """What to ask after, newest first: each topic once, and only what was a trouble."""
    newest: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda fact: fact.learned_on):
        if fact.kind in KINDS_TO_FOLLOW:
            newest[fact.topic] = fact
    return sorted(newest.values(), key=lambda fact: fact.learned_on, reverse=True)[:FOLLOW_UPS]


def already_answered(facts: Sequence[Fact]) -> dict[str, Fact]:
    """Lasting answers by "objective.variable". Answers that contradict one another are asked again."""
    found: dict[str, Fact] = {}
    disputed = set()
    for fact in facts:
        if fact.kind != "answer":
            continue
        if fact.topic in found and found[fact.topic].text != fact.text:
            disputed.add(fact.topic)
        found[fact.topic] = fact
    return {topic: fact for topic, fact in found.items() if topic not in disputed}


def contradictions(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    """Topics about which the patient said different things; both are kept."""
    by_topic: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.kind == "answer":
            by_topic.setdefault(fact.topic, []).append(fact)
    return {topic: told for topic, told in by_topic.items() if len({fact.text for fact in told}) > 1}

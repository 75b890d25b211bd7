"""The lexicon as objects: phrases, parts of the body, sensations, and what looks like one and is not.

Built from the YAML files of `lexicon/` once a process and shared by all calls.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from conversations.guardrails.phrases import Phrases, listed
from conversations.guardrails.spelling import LEXICON


@dataclass(frozen=True)
class Concept:
    """A symptom as a clinician would name it. `rule` names its emergency rule, or is empty."""

    name: str
    rule: str = ""
    framed: bool = False  # only in a frame: "terrible" counts in "I feel terrible", not in "terrible weather"


NOT_A_SYMPTOM = Concept("")
UNWELL = "feeling unwell"


@dataclass(frozen=True)
class Sensation:
    name: str
    alone: bool
    only: frozenset[str]
    concepts: tuple[tuple[str, str], ...]

    def at(self, region: str) -> str | None:
        """What this sensation in this part of the body is called; None where it means nothing."""
        if self.only and region not in self.only:
            return None
        return dict(self.concepts).get(region, f"{region} {self.name}")


@dataclass(frozen=True)
class Lexicon:
    phrases: Phrases[Concept]
    exact: tuple[tuple[re.Pattern[str], Concept], ...]
    any_exact: re.Pattern[str]  # whether it is worth looking for each
    regions: Phrases[str]
    sensations: Phrases[Sensation]
    emergencies: Mapping[str, str] = field(default_factory=dict)  # concept → rule
    emergency_texts: Mapping[str, str] = field(default_factory=dict)  # rule → why

    def concept(self, name: str) -> Concept:
        return Concept(name, self.emergencies.get(name, ""))


@lru_cache
def shared() -> Lexicon:
    emergencies: dict[str, dict[str, str]] = _read("emergencies")
    rules = {entry["concept"]: f"emergency.{name}" for name, entry in emergencies.items()}
    phrases: Phrases[Concept] = Phrases()
    exact = []
    for concept, phrase in _entries(emergencies):
        if phrase.startswith("/"):
            exact.append((re.compile(rf"(?<![\w'])(?:{phrase[1:-1]})(?![\w'])"), concept))
        elif phrase.startswith("="):
            exact.append((_whole_words(phrase[1:]), concept))
        elif phrase.startswith("~"):
            phrases.add(phrase[1:], Concept(concept.name, concept.rule, framed=True))
        else:
            phrases.add(phrase, concept)
    for phrase in listed(_read("pseudo")["phrases"]):
        phrases.add(phrase, NOT_A_SYMPTOM)
    texts = {f"emergency.{name}": entry["text"] for name, entry in emergencies.items()}
    any_exact = re.compile("|".join(pattern.pattern for pattern, _ in exact))
    return Lexicon(phrases, tuple(exact), any_exact, _regions(), _sensations(), rules, texts)


def concepts() -> list[str]:
    """Every named concept."""
    return [*(entry["concept"] for entry in _read("emergencies").values()), *_read("symptoms")]


@lru_cache
def names() -> frozenset[str]:
    """Every name a finding can have: concepts, and parts of the body with what they do."""
    regions, sensations = _read("body"), _read("sensations")
    composed = {f"{region} {sensation}" for region in regions for sensation in sensations}
    given = {name for entry in sensations.values() for name in entry.get("concepts", {}).values()}
    return frozenset({*concepts(), *composed, *given})


def _entries(emergencies: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[Concept, str]]:
    for name, entry in emergencies.items():
        for phrase in listed(entry["words"]):
            yield Concept(entry["concept"], f"emergency.{name}"), phrase
    for name, words in _read("symptoms").items():
        for phrase in listed(words):
            yield Concept(name), phrase


def _regions() -> Phrases[str]:
    regions: Phrases[str] = Phrases()
    for region, words in _read("body").items():
        for phrase in listed(words):
            regions.add(phrase, region)
    return regions


def _sensations() -> Phrases[Sensation]:
    sensations: Phrases[Sensation] = Phrases()
    for name, entry in _read("sensations").items():
        sensation = Sensation(
            name,
            bool(entry.get("alone")),
            frozenset(entry.get("only", ())),
            tuple(entry.get("concepts", {}).items()),
        )
        for phrase in listed(entry["words"]):
            sensations.add(phrase, sensation)
    return sensations


def _whole_words(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w']){re.escape(phrase)}(?![\w'])")


def _read(name: str) -> Any:
    return yaml.safe_load((LEXICON / f"{name}.yaml").read_text())

"""Every rule by its id: what it is about, what it makes of the patient's words, and which act answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml

from conversations.guardrails import lexicon
from conversations.guardrails.phrases import listed
from conversations.guardrails.spelling import LEXICON
from conversations.live.dialogue import Verdict


@dataclass(frozen=True)
class Rule:
    id: str
    text: str
    verdict: Verdict
    says: str = ""
    finds: re.Pattern[str] | None = None


@lru_cache
def declared() -> Mapping[str, Rule]:
    """All rules, emergencies first."""
    emergencies = {
        rule: Rule(rule, text, Verdict.EMERGENCY, "crisis" if rule == "emergency.self_harm" else "emergency")
        for rule, text in lexicon.shared().emergency_texts.items()
    }
    others = yaml.safe_load((LEXICON / "rules.yaml").read_text())
    return emergencies | {
        name: Rule(
            name, entry["text"], Verdict(entry["verdict"]), entry.get("says", ""), _finds(entry.get("finds", ""))
        )
        for name, entry in others.items()
    }


def _finds(phrases: str) -> re.Pattern[str] | None:
    written = listed(phrases)
    if not written:
        return None
    parts = [p[1:-1] if p.startswith("/") else re.escape(p) for p in sorted(written, key=len, reverse=True)]
    return re.compile(r"(?<![\w'])(?:" + "|".join(parts) + r")(?![\w'])")


def says(rule: str) -> str:
    """The dialogue act that answers a finding of this rule, or ""."""
    return declared()[rule].says if rule in declared() else ""


def requests(text: str) -> Iterator[tuple[Rule, str]]:
    """The rules about requests and conduct that fire on a lower-case text, with the words found."""
    for rule in declared().values():
        if rule.finds and (found := rule.finds.search(text)):
            yield rule, found.group()

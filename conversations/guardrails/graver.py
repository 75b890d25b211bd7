"""What turns a symptom into an emergency: how it came, how strong it is, or what comes with it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import yaml

from conversations.guardrails.context import Status
from conversations.guardrails.degree import Degree
from conversations.guardrails.reading import Mention
from conversations.guardrails.spelling import LEXICON

_THERE = (Status.PRESENT, Status.POSSIBLE)


@dataclass(frozen=True)
class _Case:
    concept: str
    rule: str
    when: str = ""  # sudden or severe
    company: str = ""

    def holds(self, degree: Degree, others: frozenset[str]) -> bool:
        how = {"": True, "sudden": degree.sudden, "severe": degree.level == "severe"}[self.when]
        return how and (not self.company or self.company in others)


def judged(mention: Mention, degree: Degree, mentions: Sequence[Mention]) -> Mention:
    """The mention, with an emergency rule if its degree or its company makes it one."""
    if mention.rule or mention.status not in _THERE:
        return mention
    others = frozenset(other.concept for other in mentions if other.status in _THERE)
    for case in _cases().get(mention.concept, ()):
        if case.holds(degree, others):
            return replace(mention, rule=case.rule)
    return mention


@lru_cache
def _cases() -> dict[str, list[_Case]]:
    found: dict[str, list[_Case]] = {}
    for entry in yaml.safe_load((LEXICON / "graver.yaml").read_text()):
        company = entry.pop("with", "")
        found.setdefault(entry["concept"], []).append(_Case(**entry, company=company))
    return found

"""The context of findings in sentences that clinicians write, as in discharge documents. Pure.

The algorithm is the one that reads the patient's words; the rules are medspaCy's own
with ours on top (`lexicon/clinical.yaml`), and the layout counts: sections, lists of problems.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from conversations.guardrails.context import Context, Range, rules_of
from conversations.guardrails.phrases import listed
from conversations.guardrails.spelling import LEXICON
from conversations.guardrails.text import Token, tokens

_HEADER = re.compile(r"(?:(?<=\s)|^)([A-Z][A-Za-z/&-]*(?:[ /][A-Z(][A-Za-z/&()-]*){0,4})\s*(?::|\s-\s)")
_ITEM = re.compile(r"(?:(?<=\s)|^)\d{1,2}[).]\s+(?=\S)")
_TELLS_THE_PAST = ("status post", "s p", "history of", "previous", "prior", "known", "old")


@dataclass(frozen=True)
class Assertion:
    """A finding may be denied and historical at once: "denies alcohol"."""

    negated: bool = False
    historical: bool = False
    hypothetical: bool = False
    someone_elses: bool = False


@dataclass(frozen=True)
class _Layout:
    past: frozenset[str]
    problems: frozenset[str]
    habits: frozenset[str]


@lru_cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((LEXICON / "clinical.yaml").read_text())
    return data


@lru_cache
def _context() -> Context:
    data = _data()
    return Context(rules_of(data["groups"]), medspacys=True, without=frozenset(listed(data["without"])))


@lru_cache
def _layout() -> _Layout:
    data = _data()
    past, problems, habits = data["sections"]["historical"], data["problems"], data["habits"]
    return _Layout(*(frozenset(listed(words)) for words in (past, problems, habits)))


def assertion(text: str, place: Range, said: Sequence[Token] | None = None) -> Assertion:
    """How the finding at tokens `place` of `text` is meant."""
    said = tokens(text) if said is None else said
    breaks = frozenset(match.start() for pattern in (_HEADER, _ITEM) for match in pattern.finditer(text))
    starts = [index for index, token in enumerate(said) if token.start in breaks]
    categories = _context().categories(said, [place], starts)[0]
    hypothetical = "HYPOTHETICAL" in categories
    return Assertion(
        negated="NEGATED_EXISTENCE" in categories and not hypothetical,
        historical=not hypothetical and bool(categories & {"HISTORICAL", "FAMILY"} or _is_past(text, said, place)),
        hypothetical=hypothetical and "NEGATED_EXISTENCE" not in categories,
        someone_elses="FAMILY" in categories,
    )


def _is_past(text: str, said: Sequence[Token], place: Range) -> bool:
    words = " ".join(token.word for token in said[place[0] : place[1] + 1])
    if words.startswith(_TELLS_THE_PAST) or _layout().habits.intersection(words.split()):
        return True
    if _is_whole_sentence(said, place) and words in _layout().problems:
        return True
    headers = [match[1].casefold() for match in _HEADER.finditer(text) if match.start() <= said[place[0]].start]
    return bool(headers) and any(headers[-1].startswith(past) for past in _layout().past)


def _is_whole_sentence(said: Sequence[Token], place: Range) -> bool:
    first, last = place
    before = first == 0 or said[first - 1].ends_sentence
    return before and (last + 1 >= len(said) or said[last + 1].ends_sentence)

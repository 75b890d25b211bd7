"""Whether a symptom that was named is there: medspaCy's ConText over the patient's sentence.

The rules are data (`lexicon/context.yaml`); what cannot be said as a rule about
neighbouring words is decided in `status`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

import yaml

from conversations.guardrails.medspacy_light import ConText, ConTextRule, Doc, Span, spacy
from conversations.guardrails.phrases import listed
from conversations.guardrails.spelling import LEXICON
from conversations.guardrails.text import Token, tokens


class Status(StrEnum):
    PRESENT = "present"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"  # "I don't think it's my heart"
    RESOLVED = "resolved"
    PAST = "past"
    HYPOTHETICAL = "hypothetical"
    OTHER = "someone else"
    ABSENT = "absent"


_DIRECTIONS = {
    "forward": "FORWARD",
    "backward": "BACKWARD",
    "both": "BIDIRECTIONAL",
    "end": "TERMINATE",
    "pseudo": "PSEUDO",
}
_FIRST_PERSON = frozenset({"i", "i'm", "i've", "my", "me", "i'd", "i'll", "mine", "myself"})
SPANS = "symptoms"

Range = tuple[int, int]  # first and last token, both included


class Context:
    """Loaded once a process: about 70 MB, most of it shared between calls."""

    def __init__(self, rules: Iterable[Any], *, medspacys: bool = False, without: frozenset[str] = frozenset()) -> None:
        """`medspacys` adds the rules that medspaCy ships, `without` some of them."""
        self._nlp = spacy.blank("en")
        self._nlp.tokenizer = self._read_phrase
        self._context = ConText(self._nlp, rules=None, span_attrs=None, input_span_type="group", span_group_name=SPANS)
        if medspacys:
            shipped = ConTextRule.from_json(self._context.DEFAULT_RULES_FILEPATH)
            self._context.add([rule for rule in shipped if rule.literal not in without])
        self._context.add(list(rules))

    def _read_phrase(self, text: str) -> Any:
        words = [token.word for token in tokens(text)]
        return Doc(self._nlp.vocab, words=words)

    def categories(
        self, read: Sequence[Token], ranges: Sequence[Range], starts: Sequence[int] = ()
    ) -> list[frozenset[str]]:
        """For each range of tokens, the categories of the modifiers that reach it.

        `starts` are tokens that begin something new, besides those behind the end of a sentence.
        """
        if not ranges:
            return []
        doc = self._doc(read, starts)
        spans = [Span(doc, first, last + 1, label="SYMPTOM") for first, last in ranges]
        doc.spans[SPANS] = spans
        self._context(doc)
        found: dict[Range, set[str]] = {}
        for target, modifier in doc._.context_graph.edges:
            if modifier.modifier_span[0] < target.end and modifier.modifier_span[1] > target.start:
                continue  # "no appetite" holds its own "no"
            if modifier.category == "OTHER" and _is_ours(read, modifier.modifier_span[1], target.start):
                continue
            found.setdefault((target.start, target.end - 1), set()).add(modifier.category)
        return [frozenset(found.get(span, ())) for span in ranges]

    def _doc(self, read: Sequence[Token], starts: Sequence[int]) -> Any:
        begins: list[bool | int | None] = [
            index == 0 or index in starts or read[index - 1].ends_sentence for index in range(len(read))
        ]
        return Doc(self._nlp.vocab, words=[token.word for token in read], sent_starts=begins)


@lru_cache
def shared() -> Context:
    return Context(rules_of(yaml.safe_load((LEXICON / "context.yaml").read_text())))


def rules_of(groups: Iterable[dict[str, Any]]) -> Iterable[Any]:
    """A lexicon file's groups as ConText rules."""
    for group in groups:
        for words in _with_possessives(group):
            yield ConTextRule(
                words,
                group["category"].upper(),
                direction=_DIRECTIONS[group["direction"]],
                max_scope=group.get("reach"),
            )


def _with_possessives(group: Mapping[str, Any]) -> Iterator[str]:
    """ "My friend's wound" is a friend's as much as "my friend had a wound"."""
    for words in listed(group["words"]):
        yield words
        if group["category"] == "other" and " " not in words:
            yield f"{words}'s"


def _is_ours(read: Sequence[Token], after: int, before: int) -> bool:
    """ "My daughter says I look pale" is about the patient."""
    return any(token.word in _FIRST_PERSON for token in read[after:before])


def status(categories: frozenset[str]) -> Status:
    """One answer from all that reaches a symptom. What is denied, past or somebody else's outweighs doubt."""
    if "OTHER" in categories:
        return Status.OTHER
    if "NEGATED" in categories:
        return Status.ABSENT
    if "HYPOTHETICAL" in categories:
        return Status.HYPOTHETICAL
    if "RESOLVED" in categories:
        return Status.RESOLVED
    if "HISTORICAL" in categories:
        return Status.PAST
    if "UNLIKELY" in categories:
        return Status.UNLIKELY
    return Status.POSSIBLE if "UNCERTAIN" in categories else Status.PRESENT

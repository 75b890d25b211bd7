"""Finds the lexicon's phrases in what was said. Pure.

A trie over word forms, as a few thousand phrases are looked for on every partial
transcript. "left" in "my left arm hurts" may stand inside a phrase without being part of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from conversations.guardrails.text import Essential, essential_forms, is_soft

Meaning = TypeVar("Meaning")
MOST_SOFT = 2


@dataclass
class _Node(Generic[Meaning]):
    children: dict[str, "_Node[Meaning]"] = field(default_factory=dict)
    meanings: list[Meaning] = field(default_factory=list)


@dataclass(frozen=True)
class Match(Generic[Meaning]):
    """`first` and `last` are places in the essentials, both included."""

    first: int
    last: int
    meaning: Meaning


class Phrases(Generic[Meaning]):
    def __init__(self) -> None:
        self._root: _Node[Meaning] = _Node()

    def add(self, phrase: str, meaning: Meaning) -> None:
        forms = essential_forms(phrase)
        if not forms:
            raise ValueError(f'"{phrase}" holds no word that carries meaning')
        node = self._root
        for form in forms:
            node = node.children.setdefault(form, _Node())
        if meaning not in node.meanings:
            node.meanings.append(meaning)

    def find(self, said: Sequence[Essential]) -> list[Match[Meaning]]:
        """The longest matches, from left to right, that do not overlap. One place may have several meanings."""
        found: list[Match[Meaning]] = []
        place = 0
        while place < len(said):
            longest = max(self._from(said, place), key=lambda match: match.last, default=None)
            if longest is None:
                place += 1
                continue
            found += [m for m in self._from(said, place) if m.last == longest.last]
            place = longest.last + 1
        return found

    def _from(self, said: Sequence[Essential], place: int) -> Iterator[Match[Meaning]]:
        stack = [(self._root, place, 0)]
        while stack:
            node, here, soft = stack.pop()
            if not soft:
                yield from (Match(place, here - 1, meaning) for meaning in node.meanings)
            if here >= len(said):
                continue
            child = node.children.get(said[here].form)
            if child is not None:
                stack.append((child, here + 1, 0))
            if node is not self._root and soft < MOST_SOFT and is_soft(said[here].form):
                stack.append((node, here + 1, soft + 1))


def listed(words: str) -> list[str]:
    """The phrases of a lexicon entry."""
    return [phrase for phrase in (re.sub(r"\s+", " ", part).strip() for part in words.split(";")) if phrase]

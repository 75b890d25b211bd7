"""What differs between two versions of a document, block by block and then word by word. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from knowledge.extraction.pages import Page

REWRITTEN = 0.3  # likeness below which a block was not changed but replaced, and all of it is marked
NEARBY = 30  # old blocks that a new one is compared with
_WORD = re.compile(r"\s+|\w+(?:[.,]\w+)*|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A run of text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Change:
    """One place: what was written and what is written now; one is empty if it came or went. `page` is the new one."""

    page: int
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


@dataclass(frozen=True)
class _Line:
    text: str
    page: int


def changes(old: Sequence[Page], new: Sequence[Page]) -> list[Change]:
    """The places that differ, in the order of the new version."""
    before, after = list(_lines(old)), list(_lines(new))
    matcher = SequenceMatcher(None, [line.text for line in before], [line.text for line in after], autojunk=False)
    found: list[Change] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            page = after[min(j1, len(after) - 1)].page if after else 1
            found += _paired(before[i1:i2], after[j1:j2], page)
    return found


def _lines(pages: Sequence[Page]) -> Iterator[_Line]:
    for page in pages:
        for block in page.blocks:
            text = " ".join(page.text[block.start : block.end].split())
            if text:
                yield _Line(text, page.number)


def _paired(before: Sequence[_Line], after: Sequence[_Line], page: int) -> Iterator[Change]:
    """Each new block beside the old one it is most like; what is like nothing came or went."""
    left = list(before)
    for line in after:
        likest = max(left[:NEARBY], key=lambda old: _likeness(old.text, line.text), default=None)
        if likest is None or _likeness(likest.text, line.text) < REWRITTEN:
            yield Change(line.page, (), (Piece(line.text, True),))
            continue
        left.remove(likest)
        yield Change(line.page, *_by_word(likest.text, line.text))
    for line in left:
        yield Change(page, (Piece(line.text, True),), ())


def _likeness(one: str, other: str) -> float:
    """Share of words in common (Dice), which is quick."""
    mine, theirs = set(one.lower().split()), set(other.lower().split())
    return 2 * len(mine & theirs) / (len(mine) + len(theirs) or 1)


Pieces = tuple[Piece, ...]


def _by_word(before: str, after: str) -> tuple[Pieces, Pieces]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    was: list[Piece] = []
    now: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was += [Piece("".join(old[i1:i2]), tag != "equal")] if i2 > i1 else []
        now += [Piece("".join(new[j1:j2]), tag != "equal")] if j2 > j1 else []
    return tuple(was), tuple(now)

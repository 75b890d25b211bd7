"""A page as text with structure: what every reader yields and everything after it reads.

`text` is canonical: every span, chunk and citation counts its characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # of a list
    ROW = "row"  # of a table, cells joined by " | "


@dataclass(frozen=True)
class Block:
    """A run of the page's text. `level` is a heading's depth, from 1, or a list's, from 0."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True)
class WordBox:
    """Where a word is drawn: characters of the page's text, and a box in ten-thousandths of the page, from top left."""

    start: int
    end: int
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Hidden:
    """Something a reader of the paper would not see, kept out of the text."""

    page: int
    why: str  # a code: review.HIDDEN_WORDS lists them
    text: str


@dataclass(frozen=True)
class Page:
    number: int
    text: str
    blocks: tuple[Block, ...]
    words: tuple[WordBox, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    width_pt: float = 0.0
    height_pt: float = 0.0


@dataclass
class PageWriter:
    """Builds a page's text block by block."""

    number: int
    _parts: list[str] = field(default_factory=list)
    _blocks: list[Block] = field(default_factory=list)
    _hidden: list[Hidden] = field(default_factory=list)
    _length: int = 0

    def add(self, kind: BlockKind, text: str, level: int = 0) -> Block | None:
        """Append a block on a line of its own. Returns it, or None if `text` is blank."""
        text = text.strip()
        if not text:
            return None
        if self._parts:
            self._parts.append("\n")
            self._length += 1
        block = Block(kind, self._length, self._length + len(text), level)
        self._parts.append(text)
        self._blocks.append(block)
        self._length += len(text)
        return block

    def hide(self, why: str, text: str) -> None:
        if text.strip() or why in {"zero_width", "tag"}:
            self._hidden.append(Hidden(self.number, why, text[:500]))

    def __len__(self) -> int:
        return self._length

    def page(self) -> Page:
        return Page(self.number, "".join(self._parts), tuple(self._blocks), hidden=tuple(self._hidden))


def to_json(page: Page) -> dict[str, Any]:
    """`page` as plain values, compact: it crosses a pipe and lies sealed in a row."""
    return {
        "number": page.number,
        "text": page.text,
        "blocks": [[b.kind.value, b.start, b.end, b.level] for b in page.blocks],
        "words": [[w.start, w.end, w.left, w.top, w.right, w.bottom] for w in page.words],
        "hidden": [[h.page, h.why, h.text] for h in page.hidden],
        "size": [page.width_pt, page.height_pt],
    }


def from_json(data: dict[str, Any]) -> Page:
    width_pt, height_pt = data.get("size") or (0.0, 0.0)
    return Page(
        number=data["number"],
        text=data["text"],
        blocks=tuple(Block(BlockKind(kind), start, end, level) for kind, start, end, level in data["blocks"]),
        words=tuple(WordBox(*box) for box in data.get("words", ())),
        hidden=tuple(Hidden(*found) for found in data.get("hidden", ())),
        width_pt=width_pt,
        height_pt=height_pt,
    )


def paginated(writers: Iterator[PageWriter]) -> Iterator[Page]:
    """The pages that hold anything."""
    for writer in writers:
        page = writer.page()
        if page.text or page.hidden:
            yield page

"""What the review page and the cited page show: pages as blocks, with marks, beside what was understood."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from knowledge import hooks, understanding
from knowledge.changes import Piece, changes
from knowledge.extraction import pages as paper
from knowledge.models import Document, Leaflet, LeafletPage, Page
from knowledge.reading import pages_of

STEPS: Mapping[str, Promise] = {
    "": _("Waiting for a free worker"),
    "reading": _("Reading the pages"),
    "embedding": _("Learning where to find things"),
}
HIDDEN_WORDS: Mapping[str, Promise] = {
    "zero_width": _("invisible characters between the letters"),
    "tag": _("a message in invisible tag characters"),
    "bidi": _("text whose direction was reversed"),
    "invisible": _("text in invisible ink"),
    "tiny": _("text too small to read"),
    "off_page": _("text outside the page"),
    "same_colour": _("text in the colour of its background"),
    "hidden_style": _("text that is styled away"),
    "comment": _("a comment"),
}


def step_words(step: str) -> Promise:
    return STEPS.get(step, STEPS["reading"])


@dataclass(frozen=True)
class ShownBlock:
    kind: str
    level: int
    start: int
    pieces: tuple[Piece, ...]

    @property
    def cells(self) -> list[str]:
        return "".join(piece.text for piece in self.pieces).split(" | ")


@dataclass(frozen=True)
class Box:
    """A mark on the picture of a page, in ten-thousandths of its width and height."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Sheet:
    number: int
    blocks: tuple[ShownBlock, ...]
    boxes: tuple[Box, ...]
    hidden: tuple[tuple[str, str], ...]  # why in words, what


Span = tuple[int, int]


def span_of(start: str | None, end: str | None, length: int) -> Span:
    """A span from a page's address; an empty one if it makes no sense."""
    if not (start or "").isdecimal() or not (end or "").isdecimal():
        return 0, 0
    first, last = int(start or 0), min(int(end or 0), length)
    return (first, last) if first < last else (0, 0)


def sheet(row: Page | LeafletPage, span: Span = (0, 0)) -> Sheet:
    return sheet_of(paper.from_json({**(row.layout or {}), "text": row.text}), span)


def sheet_of(page: paper.Page, span: Span = (0, 0)) -> Sheet:
    return Sheet(
        number=page.number,
        blocks=tuple(
            ShownBlock(
                block.kind.value, block.level, block.start, tuple(_pieces(page.text, block.start, block.end, span))
            )
            for block in page.blocks
        ),
        boxes=tuple(_boxes(page, span)),
        hidden=tuple((str(HIDDEN_WORDS.get(found.why, found.why)), found.text) for found in page.hidden),
    )


def _pieces(text: str, start: int, end: int, span: Span) -> Iterator[Piece]:
    first, last = max(start, span[0]), min(end, span[1])
    if first >= last:
        yield Piece(text[start:end], False)
        return
    for piece in (Piece(text[start:first], False), Piece(text[first:last], True), Piece(text[last:end], False)):
        if piece.text:
            yield piece


def _boxes(page: paper.Page, span: Span) -> Iterator[Box]:
    """One box a line of marked words."""
    line: list[paper.WordBox] = []
    for word in page.words:
        if word.end <= span[0] or word.start >= span[1]:
            continue
        if line and abs(word.top - line[-1].top) > (word.bottom - word.top) // 2:
            yield _around(line)
            line = []
        line.append(word)
    if line:
        yield _around(line)


def _around(words: list[paper.WordBox]) -> Box:
    left, top = min(w.left for w in words) - 30, min(w.top for w in words) - 25
    return Box(left, top, max(w.right for w in words) + 30 - left, max(w.bottom for w in words) + 25 - top)


def context(document: Document) -> dict[str, Any]:
    pages = pages_of(document)
    plan = hooks.plans().draft(document) or understanding.propose(str(document.pk), pages)
    return {**read_context(document, pages), "plan": plan}


def read_context(document: Document | Leaflet, pages: Sequence[paper.Page]) -> dict[str, Any]:
    """What was read, whoever it is for."""
    return {
        "document": document,
        "sheets": [sheet_of(page) for page in pages],
        "hidden": [(page.number, str(HIDDEN_WORDS.get(h.why, h.why)), h.text) for page in pages for h in page.hidden],
        "passages": document.chunks.count(),
        "changes": changes(pages_of(document.replaces), pages) if document.replaces else [],
    }

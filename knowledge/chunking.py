"""Pages to passages: small enough to answer with, whole enough to mean what the document means.

Pure. A passage is a verbatim slice of one page, under the headings it stands below. A
list keeps the line that opens it ("Call us if you have:"), a table its header row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.extraction.pages import Block, BlockKind, Page

WORDS = 110  # about 150 tokens: MiniLM reads 256, and shorter passages point more exactly
LONG_BLOCK_WORDS = 170


@dataclass(frozen=True)
class Slice:
    """A passage of `page`, characters `start` to `end` of its text. `heading` joins the headings above it."""

    heading: str
    text: str
    page: int
    start: int
    end: int


def slices(pages: Iterable[Page]) -> Iterator[Slice]:
    trail: list[tuple[int, str]] = []  # (level, heading) from the outermost
    for page in pages:
        held: list[Block] = []
        for block in page.blocks:
            if block.kind is BlockKind.HEADING:
                yield from _closed(page, held, trail)
                held = []
                text = page.text[block.start : block.end]
                trail = [*(entry for entry in trail if entry[0] < block.level), (block.level, text)]
                continue
            if held and _full(page, held, block):
                yield from _closed(page, held, trail)
                held = []
            held.append(block)
        yield from _closed(page, held, trail)


def _full(page: Page, held: list[Block], block: Block) -> bool:
    words = _words(page, held[0].start, block.end)
    if words <= WORDS:
        return False
    lead_in = held[-1].kind is BlockKind.PARAGRAPH and page.text[: held[-1].end].endswith(":")
    in_list = block.kind in (BlockKind.ITEM, BlockKind.ROW) and held[-1].kind is block.kind
    return not lead_in and (words > LONG_BLOCK_WORDS or not in_list)


def _closed(page: Page, held: list[Block], trail: list[tuple[int, str]]) -> Iterator[Slice]:
    if not held:
        return
    heading = " › ".join(text for _, text in trail)
    for start, end in _pieces(page, held[0].start, held[-1].end):
        yield Slice(heading, page.text[start:end], page.number, start, end)


def _pieces(page: Page, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cuts an overlong run at sentence ends, else at spaces."""
    while _words(page, start, end) > LONG_BLOCK_WORDS:
        cut = _cut(page.text, start, end)
        yield start, cut
        start = cut + len(page.text[cut:end]) - len(page.text[cut:end].lstrip())
    if start < end:
        yield start, end


def _cut(text: str, start: int, end: int) -> int:
    """A place to cut after roughly `WORDS` words."""
    target = start
    for _ in range(WORDS):
        following = text.find(" ", target + 1, end)
        if following < 0:
            break
        target = following
    sentence = max(text.rfind(mark, start + 1, target) for mark in (". ", "? ", "! ", "\n"))
    if sentence > start + (target - start) // 2:
        return sentence + 1
    return target if target > start else end


def _words(page: Page, start: int, end: int) -> int:
    return len(page.text[start:end].split())

"""Lines of a page to headings, paragraphs, list items and table rows, with the place of each word. Pure geometry."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.extraction import tables
from knowledge.extraction.layout import BULLET, JOINED_BULLET, Glyph, Line, Word, columns_of, lines_of, words_of
from knowledge.extraction.pages import BlockKind, Page, PageWriter, WordBox
from knowledge.extraction.plain import is_lead_in

INDENT_PT = 6.0


@dataclass
class _Run:
    """Lines that make one block."""

    kind: BlockKind
    level: int
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Measure:
    """What is usual on this page: the size of its text and the edges of its column."""

    size_pt: float
    left: float
    right: float


def page_from(glyphs: Sequence[Glyph], number: int, width: float, height: float) -> Page:
    words, hidden = words_of(glyphs, number)
    writer = PageWriter(number)
    boxes: list[WordBox] = []
    lines = lines_of(words)
    size = _body_size(lines)
    for column in columns_of(lines):
        for kind, level, text, placed in _blocks(column, size):
            block = writer.add(kind, text, level)
            if block:
                boxes += _boxes(placed, text, block.start, width, height)
    page = writer.page()
    return Page(number, page.text, page.blocks, tuple(boxes), tuple(hidden), width, height)


_Found = tuple[BlockKind, int, str, Sequence[Word]]  # kind, level, text, its words in order


def _blocks(lines: Sequence[Line], size: float) -> Iterator[_Found]:
    measure = _measured(lines, size)
    start = 0
    for table in tables.find(lines):
        yield from _prose(lines[start : table.first], measure)
        for cells in table.rows:
            words = [word for cell in cells for word in cell]
            yield BlockKind.ROW, 0, " | ".join(_joined(cell) for cell in cells if cell), words
        start = table.last + 1
    yield from _prose(lines[start:], measure)


def _measured(lines: Sequence[Line], size: float) -> _Measure:
    body = [line for line in lines if line.size_pt <= 1.12 * size] or list(lines)
    lefts = Counter(round(line.left) for line in body)
    common = [left for left, count in lefts.items() if count >= 0.1 * len(body)]
    return _Measure(size, float(min(common or lefts or [0])), max((line.right for line in body), default=0.0))


def _prose(lines: Sequence[Line], measure: _Measure) -> Iterator[_Found]:
    runs: list[_Run] = []
    for line in lines:
        run = _Run(*_kind(line, measure, runs[-1] if runs else None))
        if runs and _continues(runs[-1], line, run.kind, measure):
            runs[-1].lines.append(line)
        else:
            run.lines.append(line)
            runs.append(run)
    for run in runs:
        words = [word for line in run.lines for word in line.words]
        words = _without_bullet(words) if run.kind is BlockKind.ITEM else words
        yield run.kind, run.level, _joined(words), words


def _kind(line: Line, measure: _Measure, before: _Run | None) -> tuple[BlockKind, int]:
    if line.bullet:
        return BlockKind.ITEM, 0
    if level := _heading_level(line, measure):
        return BlockKind.HEADING, level
    indented = line.left > measure.left + INDENT_PT
    listed = before is not None and (
        before.kind is BlockKind.ITEM or before.kind is BlockKind.HEADING or _opens(before)
    )
    return (BlockKind.ITEM if indented and listed else BlockKind.PARAGRAPH), 0


def _heading_level(line: Line, measure: _Measure) -> int:
    words = [word for word in line.words if any(c.isalpha() for c in word.text)]
    if not words or len(words) > 12 or line.text.endswith((".", ",", ";")):
        return 0
    if line.size_pt > 1.12 * measure.size_pt:
        return 1 if line.size_pt > 1.5 * measure.size_pt else 2
    if is_lead_in(line.text, listed=True):
        return 0
    capitals = line.text.isupper() and sum(c.isalpha() for c in line.text) > 3
    return 3 if line.bold or capitals else 0


def _opens(run: _Run) -> bool:
    return run.lines[-1].text.endswith(":")


def _continues(run: _Run, line: Line, kind: BlockKind, measure: _Measure) -> bool:
    """Whether `line` is a wrapped line of the block before it."""
    last = run.lines[-1]
    if line.top - last.bottom > 0.75 * max(line.size_pt, 1) or line.top < last.top:
        return False
    if run.kind is BlockKind.HEADING:
        return kind is BlockKind.HEADING and abs(last.size_pt - line.size_pt) < 0.2 and len(run.lines) < 2
    if line.bullet or kind is BlockKind.HEADING:
        return False
    if run.kind is BlockKind.ITEM and line.left < run.lines[0].left - 1:
        return False
    return _had_no_room(last, line, measure)


def _had_no_room(last: Line, line: Line, measure: _Measure) -> bool:
    """A line that stops although the next word would have fitted ends its block."""
    first = line.words[0]
    return last.right + (first.right - first.left) + 0.2 * line.size_pt > measure.right - 1


def _body_size(lines: Sequence[Line]) -> float:
    sizes = Counter(round(word.size_pt, 1) for line in lines for word in line.words)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _without_bullet(words: list[Word]) -> list[Word]:
    first = words[0]
    if BULLET.match(first.text):
        return words[1:]
    bare = JOINED_BULLET.sub("", first.text)
    return [Word(bare, first.left, first.top, first.right, first.bottom, first.size_pt, first.bold), *words[1:]]


def _joined(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _boxes(words: Sequence[Word], text: str, start: int, width: float, height: float) -> list[WordBox]:
    """Each word's characters in the page's text, beside its box on the sheet."""
    boxes = []
    position = 0
    for word in words:
        found = text.find(word.text, position)
        if found < 0:
            continue
        position = found + len(word.text)
        across, down = _share(word.left, width), _share(word.top, height)
        box = (across, down, _share(word.right, width), _share(word.bottom, height))
        boxes.append(WordBox(start + found, start + position, *box))
    return boxes


def _share(value: float, whole: float) -> int:
    return max(0, min(10_000, round(10_000 * value / whole))) if whole else 0

"""Tables on a page, by alignment: words under one another stand in one column. Pure geometry."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.extraction.layout import Line, Word

ALIGNED_PT = 4.0
Cells = list[list[Word]]


@dataclass(frozen=True)
class Table:
    """Lines `first` to `last` of a page, as rows of cells."""

    first: int
    last: int
    rows: list[Cells]


def find(lines: Sequence[Line]) -> Iterator[Table]:
    index = 0
    while index < len(lines):
        lefts = [cell[0].left for cell in lines[index].cells()]
        end = _end(lines, index, lefts) if len(lefts) >= 2 else index
        if end > index:
            yield Table(index, end, _rows(lines[index : end + 1], lefts))
        elif len(lefts) >= 2 and not lines[index].bullet:
            yield Table(index, index, [[list(cell) for cell in lines[index].cells()]])
        index = end + 1


def _end(lines: Sequence[Line], first: int, lefts: Sequence[float]) -> int:
    """The last line that still keeps to the columns of line `first`."""
    end = first
    several = 0
    for index in range(first + 1, len(lines)):
        line, before = lines[index], lines[index - 1]
        apart = line.top - before.bottom > 2.2 * max(line.size_pt, 1)
        if apart or line.bullet or not _keeps_to(line, lefts):
            break
        columns = len([cell for cell in _cells(line, lefts) if cell])
        several += columns >= 2
        if columns >= 2 or several:
            end = index
    return end


def _keeps_to(line: Line, lefts: Sequence[float]) -> bool:
    """Whether each of the line's cells starts where its column does, and none runs into the next."""
    cells = _cells(line, lefts)
    for index, cell in enumerate(cells):
        if not cell:
            continue
        if abs(cell[0].left - lefts[index]) > ALIGNED_PT:
            return False
        if index + 1 < len(lefts) and cell[-1].right > lefts[index + 1] - 1:
            return False
    return True


def _cells(line: Line, lefts: Sequence[float]) -> Cells:
    cells: Cells = [[] for _ in lefts]
    for word in line.words:
        column = max((i for i, left in enumerate(lefts) if left <= word.left + ALIGNED_PT), default=0)
        cells[column].append(word)
    return cells


def _rows(lines: Sequence[Line], lefts: Sequence[float]) -> list[Cells]:
    gaps = [line.top - before.bottom for before, line in itertools.pairwise(lines)]
    wrapped_below = _wrap_gap(gaps)
    rows: list[Cells] = []
    for index, line in enumerate(lines):
        cells = _cells(line, lefts)
        wraps = index > 0 and (gaps[index - 1] < wrapped_below if wrapped_below else not cells[0])
        if wraps:
            for held, more in zip(rows[-1], cells, strict=True):
                held.extend(more)
        else:
            rows.append(cells)
    return rows


def _wrap_gap(gaps: Sequence[float]) -> float:
    """Gaps below this lie inside a row; 0 if all gaps are alike, and only empty first cells tell."""
    if not gaps or max(gaps) - min(gaps) < 3:
        return 0.0
    return (max(gaps) + min(gaps)) / 2

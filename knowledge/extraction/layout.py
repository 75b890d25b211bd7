"""Glyphs on a page to words, lines and columns in reading order. Pure geometry; y grows downwards."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.extraction.hidden import cleaned
from knowledge.extraction.pages import Hidden

BULLET = re.compile(r"^(?:[-*+•·▪◦‣–●○■□☐✓➢\uf0b7\uf0a7]|\(?\d{1,2}[.)])$")
JOINED_BULLET = re.compile(r"^[•·▪◦‣●○■□☐✓➢\uf0b7\uf0a7]")


@dataclass(frozen=True)
class Glyph:
    character: str
    left: float
    top: float
    right: float
    bottom: float
    size_pt: float
    bold: bool
    hidden: str = ""


@dataclass(frozen=True)
class Word:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    size_pt: float
    bold: bool


@dataclass(frozen=True)
class Line:
    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        return self.words[0].left

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    @property
    def size_pt(self) -> float:
        return max(word.size_pt for word in self.words)

    @property
    def bold(self) -> bool:
        return all(word.bold for word in self.words if any(c.isalnum() for c in word.text))

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def bullet(self) -> bool:
        return len(self.words) > 1 and bool(BULLET.match(self.words[0].text) or JOINED_BULLET.match(self.words[0].text))

    def cells(self) -> list[tuple[Word, ...]]:
        """Words grouped where gaps are wide: the cells of a table's row."""
        gap = max(1.6 * self.size_pt, 12)
        groups: list[list[Word]] = [[self.words[0]]]
        for before, word in zip(self.words, self.words[1:], strict=False):
            if word.left - before.right > gap and not BULLET.match(before.text):
                groups.append([])
            groups[-1].append(word)
        return [tuple(group) for group in groups]


def words_of(glyphs: Iterable[Glyph], number: int) -> tuple[list[Word], list[Hidden]]:
    words: list[Word] = []
    hidden: dict[str, list[str]] = {}
    held: list[Glyph] = []
    smuggled: list[Hidden] = []

    def close() -> None:
        if held:
            text, found = cleaned("".join(glyph.character for glyph in held))
            smuggled.extend(Hidden(number, why, what) for why, what in found)
            if text.strip():
                words.append(_word(text.strip(), held))
            held.clear()

    for glyph in glyphs:
        if glyph.hidden:
            close()
            hidden.setdefault(glyph.hidden, []).append(glyph.character)
            continue
        if glyph.character.isspace() or (held and _apart(held[-1], glyph)):
            close()
        if not glyph.character.isspace():
            held.append(glyph)
    close()
    kept_out = [Hidden(number, why, " ".join("".join(text).split())[:500]) for why, text in hidden.items()]
    return words, [found for found in kept_out if found.text] + smuggled


def _word(text: str, held: list[Glyph]) -> Word:
    return Word(
        text,
        min(g.left for g in held),
        min(g.top for g in held),
        max(g.right for g in held),
        max(g.bottom for g in held),
        Counter(round(g.size_pt, 1) for g in held).most_common(1)[0][0],
        sum(g.bold for g in held) * 2 > len(held),
    )


def _apart(before: Glyph, glyph: Glyph) -> bool:
    """Whether two glyphs belong to different words although no space stands between them."""
    size = max(before.size_pt, 1.0)
    same_line = min(before.bottom, glyph.bottom) - max(before.top, glyph.top) > -0.3 * size
    return not same_line or glyph.left - before.right > 0.6 * size or glyph.left < before.left - 2 * size


def lines_of(words: list[Word]) -> list[Line]:
    """Words whose heights overlap, left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.top + w.bottom) / 2):
        middle = (word.top + word.bottom) / 2
        for row in reversed(rows[-4:]):
            last = row[-1]
            if abs((last.top + last.bottom) / 2 - middle) < 0.45 * max(min(word.size_pt, last.size_pt), 4):
                row.append(word)
                break
        else:
            rows.append([word])
    lines = [Line(tuple(sorted(row, key=lambda w: w.left))) for row in rows]
    return sorted(lines, key=lambda line: line.top)


def columns_of(lines: list[Line]) -> list[list[Line]]:
    """Two columns of prose are read one after the other; a table is read row by row."""
    gutter = _gutter(lines)
    if gutter is None:
        return [lines]
    runs: list[list[Line]] = []
    left: list[Line] = []
    right: list[Line] = []
    for line in lines:
        sides = _split(line, gutter)
        if sides is None:
            runs += [left, right, [line]]
            left, right = [], []
            continue
        left += [Line(sides[0])] if sides[0] else []
        right += [Line(sides[1])] if sides[1] else []
    return [run for run in [*runs, left, right] if run]


def _gutter(lines: list[Line]) -> float | None:
    """x of a white gap that half of the lines leave free, with long text on both sides."""
    edges = Counter(round(word.left / 6) * 6 for line in lines for _, word in _wide_gaps(line))
    for x, count in edges.most_common(3):
        position = x - 6.0
        split = [sides for line in lines if (sides := _split(line, position))]
        both = [sides for sides in split if sides[0] and sides[1]]
        if count < 6 or len(both) < 0.4 * len(lines):
            continue
        if min(_mean_words(side[index] for side in both) for index in (0, 1)) >= 4:
            return position
    return None


def _wide_gaps(line: Line) -> list[tuple[Word, Word]]:
    pairs = zip(line.words, line.words[1:], strict=False)
    return [(before, word) for before, word in pairs if word.left - before.right > max(1.6 * line.size_pt, 12)]


def _split(line: Line, x: float) -> tuple[tuple[Word, ...], tuple[Word, ...]] | None:
    """The line's words left and right of `x`, or None if a word crosses it."""
    if any(word.left < x < word.right for word in line.words):
        return None
    left = tuple(word for word in line.words if word.right <= x)
    right = tuple(word for word in line.words if word.left >= x)
    if left and right and right[0].left - left[-1].right < line.size_pt:
        return None
    return left, right


def _mean_words(sides: Iterable[tuple[Word, ...]]) -> float:
    counts = [len(side) for side in sides]
    return sum(counts) / len(counts) if counts else 0.0

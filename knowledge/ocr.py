"""Scanned pages to text, by Tesseract if it is installed: words with their places, laid out like any other page.

Runs beside the reading process, because that may start no program. It sees a picture
that we drew ourselves, and has a minute, a gigabyte and no more.
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator

from knowledge.errors import Refusal, Refused
from knowledge.extraction.blocks import page_from
from knowledge.extraction.layout import Glyph
from knowledge.extraction.pages import Page

LIMIT_S = 60
MEMORY_BYTES = 1024 * 1024 * 1024
SCALE = 300 / 72  # dots an inch that Tesseract was trained on, over PDF's points
SURE = 30  # percent: what Tesseract is less sure of is noise
_WORD = "5"  # level of a row that is a word
_COLUMNS = 12
_TESSDATA = {name: value for name, value in os.environ.items() if name == "TESSDATA_PREFIX"}


def installed() -> bool:
    return shutil.which("tesseract") is not None


def read(picture: bytes, number: int) -> Page:
    """The words of a page's picture (PNG). Raises `Refused` if Tesseract fails on it."""
    program = shutil.which("tesseract") or "tesseract"
    try:
        done = subprocess.run(  # noqa: S603  # our own arguments
            [program, "stdin", "stdout", "--psm", "3", "tsv"],
            input=picture,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may quote the document
            timeout=LIMIT_S,
            preexec_fn=_limit,
            env={"OMP_THREAD_LIMIT": "1", "PATH": "", **_TESSDATA},
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise Refused(Refusal.TOO_SLOW) from None
    except (OSError, subprocess.CalledProcessError):
        raise Refused(Refusal.UNREADABLE_SCAN) from None
    return page_of(done.stdout.decode("utf-8", "replace"), number)


def page_of(table: str, number: int) -> Page:
    """A page from Tesseract's table: level, page, block, paragraph, line, word, the word's box, how sure, text."""
    rows = [row for row in (line.split("\t") for line in table.splitlines()) if len(row) == _COLUMNS]
    sheet = next((row for row in rows if row[0] == "1"), None)
    if sheet is None:
        return Page(number, "", ())
    return page_from(list(_glyphs(rows)), number, float(sheet[8]), float(sheet[9]))


def _glyphs(rows: list[list[str]]) -> Iterator[Glyph]:
    """A word a glyph, spaces between; a line's letters are as high as its tallest word."""
    heights: dict[tuple[str, ...], float] = {}
    for row in rows:
        if row[0] == _WORD:
            line = tuple(row[1:5])
            heights[line] = max(heights.get(line, 0.0), float(row[9]))
    for row in rows:
        if row[0] != _WORD or not row[11].strip() or float(row[10]) < SURE:
            continue
        left, top, width, height = map(float, row[6:10])
        size = 0.75 * heights[tuple(row[1:5])]
        yield Glyph(row[11].strip(), left, top, left + width, top + height, size, False)
        yield Glyph(" ", left + width, top, left + width, top + height, size, False)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

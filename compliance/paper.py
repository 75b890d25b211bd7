"""A copy on paper: the sections of `compliance.copies` as a PDF that prints and reads well. Pure.

Set in Atkinson Hyperlegible, which was drawn for readers with low vision. It holds the
Latin alphabets; what it lacks is shown as a box, and said so on the first page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF, XPos, YPos

_FONTS = Path(__file__).parent / "fonts"
_FAMILIES = {"Atkinson": "atkinson-hyperlegible-latin", "AtkinsonExt": "atkinson-hyperlegible-latin-ext"}
_MISSING = "¤"
_TEXT_PT, _SMALL_PT, _HEADING_PT, _TITLE_PT = 12, 10, 16, 22
_LINE = 1.4
_NAME_MM = 48.0


@dataclass(frozen=True)
class Section:
    """A heading, and rows of (name, value)."""

    heading: str
    rows: Sequence[Sequence[tuple[str, str]]]


def pdf(name: str, made_at: datetime, sections: Sequence[Section]) -> bytes:
    """A4, with an outline to jump by."""
    paper = _Paper()
    paper.add_page()
    paper.title_lines(_("Everything we keep about {name}").format(name=name), made_at)
    if any(_lacks(value) for section in sections for row in section.rows for _name, value in row):
        paper.note(
            _("Some letters cannot be printed here; {mark} stands for each. The page read-me-first.html shows them.")
        )
    for section in sections:
        paper.section(section)
    return bytes(paper.output())


class _Paper(FPDF):
    def __init__(self) -> None:
        super().__init__(format="A4")
        for family, stem in _FAMILIES.items():
            self.add_font(family, "", _FONTS / f"{stem}-regular.ttf")
            self.add_font(family, "B", _FONTS / f"{stem}-bold.ttf")
        self.set_fallback_fonts(["AtkinsonExt"])
        self.set_margins(20, 20, 20)
        self.set_auto_page_break(True, margin=22)
        self.set_lang("en")
        self.set_creator("Aftercare")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Atkinson", "", _SMALL_PT)
        self.cell(0, 6, f"{self.page_no()}", align="C")

    def title_lines(self, title: str, made_at: datetime) -> None:
        self.set_title(printable(title))
        self._line(title, _TITLE_PT, bold=True)
        self._line(_("Made on {day}.").format(day=f"{made_at:%Y-%m-%d, %H:%M %Z}"), _TEXT_PT)

    def note(self, words: str) -> None:
        self._line(words.format(mark=_MISSING), _TEXT_PT)

    def section(self, section: Section) -> None:
        self.ln(6)
        if self.get_y() > self.h - 60:
            self.add_page()
        self.set_font("Atkinson", "B", _HEADING_PT)
        self.start_section(printable(section.heading))
        self._line(section.heading, _HEADING_PT, bold=True)
        for row in section.rows:
            for name, value in row:
                self._fact(name, value)
            self.ln(1.5)
            self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
            self.ln(1.5)

    def _fact(self, name: str, value: str) -> None:
        height = _mm(_TEXT_PT) * _LINE
        if self.will_page_break(2 * height):
            self.add_page()
        self.set_font("Atkinson", "B", _SMALL_PT)
        self.multi_cell(_NAME_MM, height, printable(name), align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
        self.set_font("Atkinson", "", _TEXT_PT)
        self.multi_cell(0, height, printable(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _line(self, words: str, size_pt: int, *, bold: bool = False) -> None:
        self.set_font("Atkinson", "B" if bold else "", size_pt)
        self.multi_cell(0, _mm(size_pt) * _LINE, printable(words), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def printable(text: str) -> str:
    """`text` with what the fonts lack replaced."""
    known = _letters()
    return "".join(letter if letter in known or letter == "\n" else _MISSING for letter in text.replace("\t", " "))


def _lacks(text: str) -> bool:
    return any(letter not in _letters() and letter not in "\n\t" for letter in text)


@cache
def _letters() -> frozenset[str]:
    found: set[int] = set()
    for stem in _FAMILIES.values():
        with TTFont(_FONTS / f"{stem}-regular.ttf") as font:
            found |= set(font.getBestCmap())
    return frozenset(map(chr, found))


def _mm(points: float) -> float:
    return points * 25.4 / 72

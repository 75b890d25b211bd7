"""Word documents: paragraphs, lists and tables in order; vanished, white and tiny runs are set aside."""

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from knowledge.errors import Refusal, Refused
from knowledge.extraction.hidden import cleaned, single_spaced
from knowledge.extraction.pages import BlockKind, Page, PageWriter, paginated
from knowledge.extraction.plain import PAGE_CHARACTERS

_LEGIBLE_PT = 3.0


def read(data: bytes) -> Iterator[Page]:
    try:
        document = docx.Document(io.BytesIO(data))
    except Exception:  # python-docx raises whatever lxml, zipfile and its own parts raise
        raise Refused(Refusal.BROKEN) from None
    return paginated(_writers(document))


def _writers(document: Any) -> Iterator[PageWriter]:
    number = 1
    writer = PageWriter(number)
    for item in document.iter_inner_content():
        breaks = isinstance(item, Paragraph) and _breaks_page(item)
        if len(writer) and (breaks or len(writer) > 2 * PAGE_CHARACTERS):
            yield writer
            number += 1
            writer = PageWriter(number)
        if isinstance(item, Table):
            _write_table(writer, item)
        else:
            _write_paragraph(writer, item)
    yield writer


def _breaks_page(paragraph: Paragraph) -> bool:
    element = paragraph._p
    typed = any(br.get(qn("w:type")) == "page" for br in element.iter(qn("w:br")))
    return typed or next(element.iter(qn("w:lastRenderedPageBreak")), None) is not None


def _write_paragraph(writer: PageWriter, paragraph: Paragraph) -> None:
    kind, level = _kind(paragraph)
    for line in _visible(writer, paragraph).split("\x1e"):
        text, found = cleaned(line)
        writer.add(kind, single_spaced(text), level)
        for why, what in found:
            writer.hide(why, what)


def _visible(writer: PageWriter, paragraph: Paragraph) -> str:
    parts: list[str] = []
    for item in paragraph.iter_inner_content():
        for run in [item] if isinstance(item, Run) else item.runs:
            why = _hidden(run)
            if why:
                writer.hide(why, run.text)
            else:
                parts.append(run.text.replace("\n", "\x1e"))
    return "".join(parts)


def _hidden(run: Run) -> str:
    font = run.font
    if font.hidden:
        return "hidden_style"
    if font.size is not None and font.size.pt < _LEGIBLE_PT:
        return "tiny"
    colour = str(font.color.rgb) if font.color is not None and font.color.rgb is not None else ""
    shaded = run._r.find(f".//{qn('w:shd')}")
    paper = str(shaded.get(qn("w:fill")) or "FFFFFF") if shaded is not None else "FFFFFF"
    return "same_colour" if colour and colour.upper() == paper.upper() and font.highlight_color is None else ""


def _kind(paragraph: Paragraph) -> tuple[BlockKind, int]:
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    heading = re.match(r"(?:heading|überschrift|titre)\s*(\d)", style, re.IGNORECASE)
    if heading:
        return BlockKind.HEADING, int(heading[1])
    if style.lower() in {"title", "subtitle"}:
        return BlockKind.HEADING, 1
    properties = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    if numbered or style.lower().startswith("list"):
        return BlockKind.ITEM, 0
    return (BlockKind.HEADING, 3) if _looks_like_heading(paragraph) else (BlockKind.PARAGRAPH, 0)


def _looks_like_heading(paragraph: Paragraph) -> bool:
    text = paragraph.text.strip()
    runs = [run for run in paragraph.runs if run.text.strip()]
    short = bool(text) and len(text.split()) <= 10 and not text.endswith((".", ",", ";"))
    return short and bool(runs) and (all(run.bold for run in runs) or (text.isupper() and len(text) > 4))


def _write_table(writer: PageWriter, table: Table) -> None:
    for row in table.rows:
        cells: list[str] = []
        seen: set[int] = set()
        for cell in row.cells:
            if id(cell._tc) in seen:  # merged cells come once for each column they span
                continue
            seen.add(id(cell._tc))
            text, found = cleaned(" ".join(_visible(writer, part) for part in cell.paragraphs))
            cells.append(single_spaced(text.replace("\x1e", " ")))
            for why, what in found:
                writer.hide(why, what)
        writer.add(BlockKind.ROW, " | ".join(cell for cell in cells if cell))

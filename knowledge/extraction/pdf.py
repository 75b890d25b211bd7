"""PDF: characters with their places, colours and sizes become lines, lines become blocks in reading order.

What a reader of the paper would not see (invisible ink, text off the page, text in the
colour of what lies behind it, text too small to read) is set aside as hidden.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from knowledge.errors import Refusal, Refused
from knowledge.extraction import blocks
from knowledge.extraction.layout import Glyph
from knowledge.extraction.pages import Page

LEGIBLE_PT = 3.0
_INVISIBLE = {3, 7}  # text render modes "neither fill nor stroke" and "clip only"


@dataclass(frozen=True)
class _Ink:
    """How a run of text is drawn."""

    size_pt: float
    bold: bool
    hidden: str = ""


def open_document(data: bytes, max_pages: int) -> pypdfium2.PdfDocument:
    """Raises `Refused`."""
    try:
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    except pypdfium2.PdfiumError as problem:
        locked = "password" in str(problem).lower() or "security" in str(problem).lower()
        raise Refused(Refusal.ENCRYPTED if locked else Refusal.BROKEN) from None
    if count > max_pages:
        raise Refused(Refusal.TOO_MANY_PAGES)
    if count == 0:
        raise Refused(Refusal.EMPTY)
    return document


def read(document: pypdfium2.PdfDocument) -> Iterator[Page]:
    for number in range(1, len(document) + 1):
        page = document[number - 1]
        try:
            yield _read_page(page, number)
        finally:
            page.close()


def render(document: pypdfium2.PdfDocument, number: int, scale: float) -> bytes:
    """Page `number` as a PNG, 72 times `scale` dots an inch."""
    import io

    page = document[number - 1]
    longest = max(page.get_size())
    picture = page.render(scale=min(scale, 4000 / max(longest, 1.0)), draw_annots=False).to_pil()
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG", optimize=False)
    return out.getvalue()


def _read_page(page: pypdfium2.PdfPage, number: int) -> Page:
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        glyphs = list(_glyphs(page, textpage, width, height))
    finally:
        textpage.close()
    return blocks.page_from(glyphs, number, width, height)


def _glyphs(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, width: float, height: float) -> Iterator[Glyph]:
    raw = textpage.raw
    inks: dict[int, _Ink] = {}
    panels = _panels(page)
    box = [ctypes.c_double() for _ in range(4)]
    crop_left, crop_bottom, _, _ = page.get_cropbox()
    for index in range(pdfium.FPDFText_CountChars(raw)):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in (0xFFFE, 0xFFFF, 0):
            continue
        pdfium.FPDFText_GetCharBox(raw, index, box[0], box[1], box[2], box[3])
        left, right = box[0].value - crop_left, box[1].value - crop_left
        bottom, top = box[2].value - crop_bottom, box[3].value - crop_bottom
        handle = pdfium.FPDFText_GetTextObject(raw, index)
        key = ctypes.cast(handle, ctypes.c_void_p).value or 0
        if key not in inks:
            inks[key] = _ink(raw, index, handle, panels, (left, bottom, right, top))
        ink = inks[key]
        hidden = ink.hidden
        if not hidden and right > left and (right < 0 or left > width or top < 0 or bottom > height):
            hidden = "off_page"
        yield Glyph(chr(code), left, height - top, right, height - bottom, ink.size_pt, ink.bold, hidden)


def _ink(raw: object, index: int, handle: object, panels: list["_Panel"], box: tuple[float, ...]) -> _Ink:
    size = _drawn_size(raw, index)
    bold = _is_bold(_font_name(raw, index), pdfium.FPDFText_GetFontWeight(raw, index))
    if not handle:
        return _Ink(size, bold)
    if pdfium.FPDFTextObj_GetTextRenderMode(handle) in _INVISIBLE:
        return _Ink(size, bold, "invisible")
    if 0 < size < LEGIBLE_PT:
        return _Ink(size, bold, "tiny")
    colour = _fill(handle)
    if colour and colour[3] < 20:
        return _Ink(size, bold, "invisible")
    if colour and _distance(colour, _behind(panels, box)) < 40:
        return _Ink(size, bold, "same_colour")
    return _Ink(size, bold)


def _drawn_size(raw: object, index: int) -> float:
    """Font size as drawn: the text matrix may scale it."""
    size = float(pdfium.FPDFText_GetFontSize(raw, index))
    matrix = pdfium.FS_MATRIX()
    if pdfium.FPDFText_GetMatrix(raw, index, matrix):
        size *= max(abs(matrix.d), abs(matrix.b)) or 1.0
    return size


def _is_bold(name: str, weight: int) -> bool:
    """The name is surer than the weight, which PDFium guesses from the stems."""
    if any(word in name for word in ("bold", "black", "heavy")):
        return True
    return weight >= 700 and not any(word in name for word in ("regular", "book", "roman", "light", "medium", "italic"))


def _font_name(raw: object, index: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(raw, index, buffer, 128, flags)
    return buffer.value.decode("ascii", "replace").lower()


@dataclass(frozen=True)
class _Panel:
    """A filled rectangle that text may stand on."""

    left: float
    bottom: float
    right: float
    top: float
    colour: tuple[int, int, int, int]


def _panels(page: pypdfium2.PdfPage) -> list[_Panel]:
    found = []
    for item in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_PATH,), max_depth=2):
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        if not pdfium.FPDFPath_GetDrawMode(item.raw, mode, stroke) or mode.value == 0:
            continue
        colour = _fill(item.raw)
        if colour and colour[3] > 200:
            left, bottom, right, top = item.get_bounds()
            found.append(_Panel(left, bottom, right, top, colour))
        if len(found) >= 2_000:
            break
    return found


def _fill(handle: object) -> tuple[int, int, int, int] | None:
    parts = [ctypes.c_uint() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetFillColor(handle, *parts):
        return None
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _behind(panels: list[_Panel], box: tuple[float, ...]) -> tuple[int, int, int, int]:
    """The colour under a box: the last panel painted there, else paper."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for panel in reversed(panels):
        if panel.left <= x <= panel.right and panel.bottom <= y <= panel.top:
            return panel.colour
    return 255, 255, 255, 255


def _distance(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> int:
    return sum(abs(a - b) for a, b in zip(one[:3], other[:3], strict=True))

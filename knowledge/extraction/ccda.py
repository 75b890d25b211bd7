"""C-CDA: the narrative of each section, which is the part a clinician attested. Entries are not read."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError  # types only; defusedxml parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from knowledge.errors import Refusal, Refused
from knowledge.extraction.hidden import cleaned, single_spaced
from knowledge.extraction.pages import BlockKind, Page, PageWriter, paginated
from knowledge.extraction.plain import PAGE_CHARACTERS

_NS = "{urn:hl7-org:v3}"
_BREAK = "\x1e"


def read(data: bytes) -> Iterator[Page]:
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        raise Refused(Refusal.BROKEN) from None
    return paginated(_writers(root))


def _writers(root: Element) -> Iterator[PageWriter]:
    number = 1
    writer = PageWriter(number)
    _add(writer, BlockKind.HEADING, root.findtext(f"{_NS}title") or "", 1)
    for section in root.iter(f"{_NS}section"):
        text = section.find(f"{_NS}text")
        if text is None or not "".join(text.itertext()).strip():
            continue
        if len(writer) > PAGE_CHARACTERS:
            yield writer
            number += 1
            writer = PageWriter(number)
        _add(writer, BlockKind.HEADING, section.findtext(f"{_NS}title") or "", 2)
        _narrative(writer, text)
    yield writer


def _add(writer: PageWriter, kind: BlockKind, text: str, level: int = 0) -> None:
    seen, found = cleaned(text)
    writer.add(kind, single_spaced(seen), level)
    for why, what in found:
        writer.hide(why, what)


def _narrative(writer: PageWriter, element: Element) -> None:
    run = [element.text or ""]
    for child in element:
        name = child.tag.removeprefix(_NS) if isinstance(child.tag, str) else ""
        if name in {"list", "table", "paragraph", "item", "tr", "caption", "thead", "tbody", "tfoot"}:
            _add(writer, BlockKind.PARAGRAPH, "".join(run))
            run = []
            _block(writer, name, child)
        elif name == "br":
            _add(writer, BlockKind.PARAGRAPH, "".join(run))
            run = []
        else:
            run.append("".join(child.itertext()))
        run.append(child.tail or "")
    _add(writer, BlockKind.PARAGRAPH, "".join(run))


def _block(writer: PageWriter, name: str, element: Element) -> None:
    if name == "tr":
        cells = [single_spaced(" ".join(cell.itertext())) for cell in element]
        _add(writer, BlockKind.ROW, " | ".join(cell for cell in cells if cell))
    elif name == "item" and element.find(f"{_NS}list") is None and element.find(f"{_NS}table") is None:
        for line in _lines(element):
            _add(writer, BlockKind.ITEM, line)
    elif name == "caption":
        _add(writer, BlockKind.HEADING, " ".join(element.itertext()), 3)
    else:
        _narrative(writer, element)


def _lines(element: Element) -> list[str]:
    """The text of an element, parted at its line breaks."""
    parts = [element.text or ""]
    for child in element.iter():
        if child is element:
            continue
        parts.append(_BREAK if child.tag == f"{_NS}br" else child.text or "")
        parts.append(child.tail or "")
    return "".join(parts).split(_BREAK)

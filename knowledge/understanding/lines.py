"""A document as lines that know their section: what each heading and opening line makes of what follows. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from clinic.discharge_plan import Source
from knowledge import lexicon
from knowledge.extraction.pages import Block, BlockKind, Page
from knowledge.sentences import sentences


class Section(StrEnum):
    MEDICINES = "medicines"
    EXPECTED = "expected"
    RED_FLAGS = "red_flags"
    ACTIVITY = "activity"
    DIET = "diet"
    WOUND = "wound_care"
    APPOINTMENT = "appointment"
    CONTACT = "contact"
    RECORD = "record"  # what clinicians note for each other
    OTHER = "other"


def _patterns() -> Iterator[tuple[Section, re.Pattern[str]]]:
    for section, entries in groupby(lexicon.lines("sections"), lambda line: line.partition(":")[0]):
        pattern = "|".join(entry.partition(":")[2].strip() for entry in entries)
        yield Section(section), re.compile(pattern, re.IGNORECASE)


_PATTERNS = tuple(_patterns())


@dataclass(frozen=True)
class Line:
    """A block of the document, under the section that its headings and the line before its list make."""

    text: str
    kind: BlockKind
    section: Section
    lead_in: str  # "Call 911 right away if you have:"
    heading: str
    header: tuple[str, ...]  # a table's column titles, for its rows
    document_id: str
    page: int
    start: int

    def source(self, start: int = 0, end: int | None = None) -> Source:
        end = len(self.text) if end is None else end
        return Source(self.document_id, self.page, self.start + start, self.start + end)

    def sentences(self) -> Iterator[tuple[str, Source]]:
        for span in sentences(self.text):
            yield span.of(self.text), self.source(span.start, span.end)

    @property
    def place(self) -> Source:
        return self.source()


def section_of(words: str) -> Section | None:
    return next((section for section, pattern in _PATTERNS if pattern.search(words)), None)


@dataclass
class _State:
    """What the lines so far say about the next one."""

    section: Section = Section.OTHER
    heading: str = ""
    lead_in: str = ""
    listing: bool = False  # inside the list that `lead_in` opened
    header: tuple[str, ...] = ()


_INLINE_LEAD_IN = re.compile(
    r"(?:(?<=[.!?]\s)|^)([^.!?:]*\b(?:if|when|for|have|following|these|signs?|symptoms?)\s*:)\s+(?=\S)"
)
_LABEL = re.compile(r"^([A-Z][\w' -]{2,40}):\s+(?=\S)")


def read(document_id: str, pages: Sequence[Page]) -> Iterator[Line]:
    state = _State()
    for page in pages:
        for block in page.blocks:
            text = page.text[block.start : block.end]
            if block.kind is BlockKind.HEADING:
                _enter(state, text)
                continue
            _advance(state, block, text)
            for part in _parts(text) if block.kind is not BlockKind.ROW else [_Part(text, 0)]:
                if part.text.endswith(":") and block.kind is not BlockKind.ROW:
                    state.lead_in, state.listing = part.text, True
                    continue
                yield Line(
                    text=part.text,
                    kind=block.kind,
                    section=part.section or _section(state),
                    lead_in=state.lead_in,
                    heading=state.heading,
                    header=state.header if block.kind is BlockKind.ROW else (),
                    document_id=document_id,
                    page=page.number,
                    start=block.start + part.start,
                )


@dataclass(frozen=True)
class _Part:
    text: str
    start: int
    section: Section | None = None


def _parts(text: str) -> Iterator[_Part]:
    """A block as it reads: "Diet: eat less salt" has a section of its own, "Call us if: …" opens a list within it."""
    label = _LABEL.match(text)
    section = section_of(label[1]) if label else None
    start = label.end() if label and section else 0
    for opening in _INLINE_LEAD_IN.finditer(text, start):
        if before := text[start : opening.start(1)].rstrip():
            yield _Part(before, start, section)
        yield _Part(opening[1], opening.start(1), section)
        start, section = opening.end(), None
    if text[start:].strip():
        yield _Part(text[start:], start, section)


def _enter(state: _State, heading: str) -> None:
    """A heading opens a section; one that reads "Call us at 555-0100 if" also opens the list below it."""
    state.section = section_of(heading) or Section.OTHER
    state.heading, state.header = heading, ()
    state.lead_in = heading if re.search(r"\b(?:if|when|for)\b\s*(?:you\b.*)?:?$", heading, re.IGNORECASE) else ""
    state.listing = bool(state.lead_in)


def _advance(state: _State, block: Block, text: str) -> None:
    if block.kind is BlockKind.ROW:
        cells = tuple(cell.strip() for cell in text.split(" | "))
        if not state.header and not any(c.isdigit() for c in text) and len(cells) >= 2:
            state.header = cells
        return
    state.header = ()
    if block.kind is BlockKind.PARAGRAPH and state.listing and not text.endswith(":"):
        # A paragraph right after the opening line may be its list, set without bullets; a full sentence is not.
        full_sentence = len(text.split()) > 6 and text.endswith(".") and text[:1].isupper() and " you " not in text[:40]
        if full_sentence:
            state.lead_in, state.listing = "", False


def _section(state: _State) -> Section:
    return (section_of(state.lead_in) if state.lead_in else None) or state.section

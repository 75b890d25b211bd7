"""Where sentences begin and end in a document's text. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ABBREVIATION = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|st|vs|etc|approx|no|tel|ext|fig|e\.g|i\.e|a\.m|p\.m|q\.d|b\.i\.d|t\.i\.d|p\.o|p\.r\.n|"
    r"mg|ml|tab|tabs|cap|caps|oz|lb|lbs|hr|hrs|min|max|[a-z])\.)$",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s|$)|\n+|\s[-•–](?=\s[A-Z])")


@dataclass(frozen=True)
class Span:
    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def sentences(text: str) -> Iterator[Span]:
    """The sentences of `text`; a line break ends one too, and so does the dash of a list run together."""
    start = 0
    for end in _END.finditer(text):
        if not end[0].startswith("\n") and _goes_on(text, start, end):
            continue
        if span := _trimmed(text, start, end.end() if end[0][0] in ".!?" else end.start()):
            yield span
        start = end.end()
    if span := _trimmed(text, start, len(text)):
        yield span


def _goes_on(text: str, start: int, end: "re.Match[str]") -> bool:
    """A full stop after an abbreviation, or in "1. Take", ends nothing."""
    if not end[0].startswith("."):
        return False
    before = text[start : end.start() + 1]
    after = text[end.end() :].lstrip(" ")[:1]
    if re.fullmatch(r"\s*\(?\d{1,2}\.", before):
        return True
    if not _ABBREVIATION.search(before):
        return False
    return not after.isupper() or bool(
        re.search(r"\b(?:dr|mr|mrs|ms|st|e\.g|i\.e|vs|no|tel)\.$", before, re.IGNORECASE)
    )


def _trimmed(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if any(c.isalnum() for c in text[start:end]) else None

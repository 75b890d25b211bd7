"""Plain text and Markdown: structure from the marks that people type."""

import re
from collections.abc import Iterator

from knowledge.extraction.hidden import cleaned, single_spaced
from knowledge.extraction.pages import BlockKind, Page, PageWriter, paginated

PAGE_CHARACTERS = 3_000  # a printed page of plain text
_ITEM = re.compile(r"^\s*(?:[-*+•·▪◦‣–]|\(?\d{1,2}[.)]|\[[ xX]?\]|☐|[oO]\s{2,})\s+(?=\S)")
_ATX = re.compile(r"^\s{0,3}(#{1,6})\s+(\S.*)$")
_CLOSING = re.compile(r"(?:^|\s)#+$")  # "## Wound care ##"
_RULE = re.compile(r"^\s*(?:[=\-_*~]\s*){3,}$")
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$")
_EMPHASIS = re.compile(r"(\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`)")
_UNSEEN = (
    (re.compile(r"<!--(?P<text>.*?)(?:-->|\Z)", re.DOTALL), "comment"),
    (re.compile(r"^\s{0,3}\[[^\]\n]+\]:(?P<text>.*)$", re.MULTILINE), "comment"),  # a link's definition is not shown
    (
        re.compile(
            r"<(?P<tag>[a-z]\w*)\b[^>]*(?:\bhidden\b|display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0|"
            r"font-size\s*:\s*[01]\b|color\s*:\s*(?:white|#fff|transparent))[^>]*>(?P<text>.*?)(?:</(?P=tag)>|\Z)",
            re.DOTALL | re.IGNORECASE,
        ),
        "hidden_style",
    ),
)
_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]\n]{0,500})\]\(")
MAX_ADDRESS = 4_000


def read(text: str, *, markdown: bool = False) -> Iterator[Page]:
    """Pages of plain text, split at form feeds and then by size."""
    return paginated(_writers(text, markdown))


def _writers(text: str, markdown: bool) -> Iterator[PageWriter]:
    number = 0
    for sheet in text.split("\f"):
        number += 1
        writer = PageWriter(number)
        if markdown:
            sheet = _rendered(sheet, writer)
        for kind, content, level in _blocks(sheet.splitlines(), markdown):
            if (kind is BlockKind.HEADING and len(writer) > PAGE_CHARACTERS) or len(writer) > 2 * PAGE_CHARACTERS:
                yield writer
                number += 1
                writer = PageWriter(number)
            seen, found = cleaned(content)
            writer.add(kind, single_spaced(seen), level)
            for why, what in found:
                writer.hide(why, what)
        yield writer


def _rendered(sheet: str, writer: PageWriter) -> str:
    """Markdown without what a reader of the page would not see: comments, and HTML that is styled away."""
    for pattern, why in _UNSEEN:
        for found in pattern.finditer(sheet):
            writer.hide(why, single_spaced(found["text"]))
        sheet = pattern.sub("", sheet)
    return _TAG.sub("", "".join(_without_addresses(sheet)))


def _without_addresses(text: str) -> Iterator[str]:
    """`text` with links as their words. An address may hold brackets in brackets, and run over lines."""
    kept = 0
    for link in _LINK.finditer(text):
        end = _closed(text, link.end())
        if link.start() >= kept and end:
            yield text[kept : link.start()] + link[1]
            kept = end
    yield text[kept:]


def _closed(text: str, start: int) -> int:
    """Where the bracket that was opened before `start` has been closed again; 0 if it is not."""
    depth = 1
    for bracket in re.finditer(r"[()]", text[start : start + MAX_ADDRESS]):
        depth += 1 if bracket[0] == "(" else -1
        if not depth:
            return start + bracket.end()
    return 0


def _blocks(lines: list[str], markdown: bool) -> Iterator[tuple[BlockKind, str, int]]:
    """Blocks of consecutive lines; a wrapped line belongs to the block it continues."""
    held: list[str] = []
    kind = BlockKind.PARAGRAPH
    width = _width(lines)
    for index, line in enumerate([*lines, ""]):
        following = lines[index + 1] if index + 1 < len(lines) else ""
        alone = not held and (index == 0 or not lines[index - 1].strip() or bool(_ITEM.match(following)))
        starts = _starts(line, following, markdown, held, alone)
        ended = index > 0 and not markdown and _ended(lines[index - 1], line, width)
        if (starts or ended or not line.strip()) and held:
            yield kind, " ".join(held), 0
            held = []
            starts = starts or _starts(line, following, markdown, held, bool(_ITEM.match(following)))
        if not line.strip() or (_RULE.match(line) and not _ITEM.match(line)):
            continue
        if starts and starts[0] in (BlockKind.HEADING, BlockKind.ROW):
            yield starts
            continue
        kind = starts[0] if starts else (kind if held else BlockKind.PARAGRAPH)
        held.append(_inline(starts[1] if starts else line, markdown))


def _width(lines: list[str]) -> int:
    """Where this text wraps its lines: the middle of the long ones; 60 if none is long."""
    lengths = sorted(len(line.rstrip()) for line in lines if len(line.rstrip()) >= 50)
    return lengths[len(lengths) // 2] if lengths else 60


def _ended(before: str, line: str, width: int) -> bool:
    """A line that stops although the next word would have fitted ends its block."""
    words = line.split()
    return bool(words) and len(before.rstrip()) + 1 + len(words[0]) <= 0.85 * width


def _starts(
    line: str, following: str, markdown: bool, held: list[str], alone: bool
) -> tuple[BlockKind, str, int] | None:
    """The block that `line` begins by itself, or None if it goes on with what was held."""
    if markdown and (atx := _ATX.match(line)):
        return BlockKind.HEADING, _inline(_CLOSING.sub("", atx[2].rstrip()), markdown), len(atx[1])
    if _TABLE_ROW.match(line):
        cells = [_inline(cell.strip(), markdown) for cell in line.strip().strip("|").split("|")]
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            return BlockKind.PARAGRAPH, "", 0
        return BlockKind.ROW, " | ".join(cells), 0
    if item := _ITEM.match(line):
        return BlockKind.ITEM, line[item.end() :], 0
    level = _heading_level(line, following, bool(held)) or (3 if alone and _is_title(line, following) else 0)
    return (BlockKind.HEADING, _inline(line.strip().rstrip(":"), markdown), level) if level else None


def _heading_level(line: str, following: str, inside: bool) -> int:
    """1 to 3 for a heading of plain text, else 0."""
    bare = line.strip()
    if not bare or len(bare) > 80 or (bare.endswith((".", ",", ";", "?", "!")) and not bare.isupper()):
        return 0
    if _RULE.match(following) and len(following.strip()) >= 3 and not inside:
        return 1 if "=" in following else 2
    letters = [c for c in bare if c.isalpha()]
    if len(letters) >= 4 and bare.isupper() and not inside:
        return 2
    words = bare.rstrip(":").split()
    short_label = bare.endswith(":") and len(words) <= 7 and bare[0].isupper()
    return 3 if short_label and not inside and not is_lead_in(bare, listed=bool(_ITEM.match(following))) else 0


def _is_title(line: str, following: str) -> bool:
    """A short line by itself, without a full stop, over text or a list."""
    bare = line.strip()
    short = len(bare) <= 50 and len(bare.split()) <= 7 and bare[:1].isupper()
    return short and bool(following.strip()) and bare[-1:].isalnum() and not any(c.isdigit() for c in bare)


def is_lead_in(line: str, *, listed: bool) -> bool:
    """ "Call us if:" opens a list and is part of its meaning; "Wound care:" is a heading."""
    if not line.endswith(":"):
        return False
    if re.search(r"\b(if|when|with|these|following|to|have|notice|the|any|for)\s*:$", line, re.IGNORECASE):
        return True
    return listed and line.split()[0].lower().rstrip(":") in {"call", "do", "take", "go", "you", "please"}


def _inline(text: str, markdown: bool) -> str:
    return _EMPHASIS.sub("", text) if markdown else text

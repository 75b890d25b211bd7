"""HTML to pages. Scripts, styles, comments and whatever is styled away are kept out; the latter two are reported."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag

from knowledge.extraction.hidden import cleaned, single_spaced
from knowledge.extraction.pages import BlockKind, Page, PageWriter, paginated
from knowledge.extraction.plain import PAGE_CHARACTERS

_DROPPED = {"script", "style", "template", "noscript", "svg", "canvas", "iframe", "object", "head", "select", "button"}
_BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr",
    "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "address", "figure", "figcaption", "aside", "nav", "body",
    "thead", "tbody", "tfoot", "caption", "hr", "form", "fieldset", "details", "summary",
}  # fmt: skip
_STYLED_AWAY = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)"
    r"|font-size\s*:\s*(?:0|1px|1pt|0\.\d+(?:px|pt|em|rem))|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    r"|(?<![\w-])color\s*:\s*(?:transparent|rgba\([^)]*,\s*0(?:\.0+)?\s*\))|clip\s*:\s*rect\(0",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;]+)", re.IGNORECASE)
_NAMED = {"white": "#ffffff", "black": "#000000", "#fff": "#ffffff", "#000": "#000000"}
_NAMED |= {"rgb(255,255,255)": "#ffffff", "snow": "#fffafa", "ivory": "#fffff0", "ghostwhite": "#f8f8ff"}
_MAX_DEPTH = 200
_BREAK = "\x1e"


def read(text: str) -> Iterator[Page]:
    soup = BeautifulSoup(text, "lxml")
    return paginated(_writers(soup.body or soup))


def _writers(body: Tag) -> Iterator[PageWriter]:
    writer = PageWriter(1)
    number = 1
    for kind, content, level, hidden in _blocks(body):
        if (kind is BlockKind.HEADING and len(writer) > PAGE_CHARACTERS) or len(writer) > 2 * PAGE_CHARACTERS:
            yield writer
            number += 1
            writer = PageWriter(number)
        if hidden:
            writer.hide(hidden, single_spaced(content))
            continue
        seen, found = cleaned(content)
        writer.add(kind, single_spaced(seen), level)
        for why, what in found:
            writer.hide(why, what)
    yield writer


Found = tuple[BlockKind, str, int, str]  # kind, text, level, why it is hidden


def _blocks(element: Tag, depth: int = 0) -> Iterator[Found]:
    """The blocks under `element`, in document order."""
    run: list[str] = []
    for child in element.children:
        if isinstance(child, Comment):
            yield BlockKind.PARAGRAPH, str(child), 0, "comment"
        elif isinstance(child, PreformattedString) or (isinstance(child, Tag) and child.name in _DROPPED):
            continue
        elif isinstance(child, Tag) and (_styled_away(child) or _holds_blocks(child) or _away_inside(child)):
            yield from _flushed(run, element)
            run = []
            yield from _block(child, depth)
        elif isinstance(child, Tag):
            run.append(_BREAK if child.name == "br" else _text(child))
        elif isinstance(child, NavigableString):
            run.append(str(child))
    yield from _flushed(run, element)


def _block(tag: Tag, depth: int) -> Iterator[Found]:
    if _styled_away(tag):
        yield BlockKind.PARAGRAPH, tag.get_text(" "), 0, "hidden_style"
    elif depth > _MAX_DEPTH:
        yield BlockKind.PARAGRAPH, tag.get_text(" "), 0, ""
    elif tag.name == "tr":
        cells = [single_spaced(_text(cell)) for cell in tag.find_all(["td", "th"], recursive=False)]
        yield BlockKind.ROW, " | ".join(cell for cell in cells if cell), 0, ""
    else:
        yield from _blocks(tag, depth + 1)


def _flushed(run: list[str], element: Tag) -> Iterator[Found]:
    """Loose text between blocks, as a block of the kind its parent makes it; a line break parts it."""
    kind, level = _kind(element)
    for part in "".join(run).split(_BREAK):
        if part.strip():
            yield kind, part, level, ""


def _kind(element: Tag) -> tuple[BlockKind, int]:
    for tag in (element, *list(element.parents)[:3]):
        if re.fullmatch(r"h[1-6]", tag.name or ""):
            return BlockKind.HEADING, int(tag.name[1])
        if tag.name in {"dt", "caption", "summary"}:
            return BlockKind.HEADING, 4
        if tag.name in {"li", "dd"}:
            return BlockKind.ITEM, 0
    if element.name in {"p", "div"} and _all_bold(element):
        return BlockKind.HEADING, 4
    return BlockKind.PARAGRAPH, 0


def _all_bold(element: Tag) -> bool:
    """A short paragraph that is bold from end to end is a heading in all but name."""
    text = single_spaced(element.get_text(" "))
    bold = single_spaced(" ".join(tag.get_text(" ") for tag in element.find_all(["b", "strong"])))
    return bool(text) and text == bold and len(text.split()) <= 10 and not text.endswith(".")


def _text(tag: Tag) -> str:
    """The text of an inline tag or a cell, without what is dropped or styled away inside it."""
    return "".join(_pieces(tag))


def _pieces(tag: Tag) -> Iterator[str]:
    for child in tag.descendants:
        if isinstance(child, Tag):
            if child.name in {"br", "p", "li", "div"}:
                yield " "
        elif not isinstance(child, PreformattedString) and not _within_dropped(child, tag):
            yield str(child)


def _within_dropped(child: PageElement, top: Tag) -> bool:
    for parent in child.parents:
        if parent is top:
            return False
        if parent.name in _DROPPED or _styled_away(parent):
            return True
    return False


def _holds_blocks(tag: Tag) -> bool:
    return tag.name in _BLOCKS or tag.find(list(_BLOCKS)) is not None


def _away_inside(tag: Tag) -> bool:
    """Whether something under an inline tag is hidden, so that it must be walked rather than taken whole."""
    return any(
        isinstance(child, Comment) or (isinstance(child, Tag) and _styled_away(child)) for child in tag.descendants
    )


def _styled_away(tag: Tag) -> bool:
    if tag.has_attr("hidden"):
        return True
    style = str(tag.get("style") or "")
    if not style:
        return tag.name == "font" and _plain_colour(str(tag.get("color") or "")) == "#ffffff"
    return bool(_STYLED_AWAY.search(style)) or _same_colour(style)


def _same_colour(style: str) -> bool:
    colours = {name.lower(): _plain_colour(value) for name, value in _COLOUR.findall(style)}
    ink = colours.get("color")
    paper = colours.get("background-color") or colours.get("background") or "#ffffff"
    return ink is not None and ink == paper


def _plain_colour(value: str) -> str:
    bare = re.sub(r"\s+|!important", "", value.lower())
    return _NAMED.get(bare, bare)

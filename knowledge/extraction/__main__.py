"""The reading process: a document on standard input, a JSON line a page on standard output.

    python -m knowledge.extraction read KIND MAX_PAGES
    python -m knowledge.extraction render NUMBER SCALE

It first gives up the network, other programs and most memory, because what it parses
may have been made to break its parser. `knowledge.sandbox` starts it.
"""

import json
import os
import sys
from collections.abc import Iterator

from knowledge.errors import Refusal, Refused
from knowledge.extraction import ccda, confinement, fhir, markup, pages, pdf, plain, word
from knowledge.extraction.pages import Page
from knowledge.formats import Kind, decoded

GIVES_WAY = 10  # to calls: nobody waits for a document as for an answer


def read(kind: Kind, data: bytes, max_pages: int) -> Iterator[tuple[int, Page]]:
    """(pages in all, or 0 if not known yet; page). Raises `Refused`."""
    if kind is Kind.PDF:
        document = pdf.open_document(data, max_pages)
        yield from ((len(document), page) for page in pdf.read(document))
        return
    for page in _read_other(kind, data):
        if page.number > max_pages:
            raise Refused(Refusal.TOO_MANY_PAGES)
        yield 0, page


def _read_other(kind: Kind, data: bytes) -> Iterator[Page]:
    if kind is Kind.DOCX:
        return word.read(data)
    if kind is Kind.CCDA:
        return ccda.read(data)
    text = decoded(data)
    if kind is Kind.HTML:
        return markup.read(text)
    if kind is Kind.FHIR:
        return fhir.read(text)
    return plain.read(text, markdown=kind is Kind.MD)


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=True, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    data = sys.stdin.buffer.read()
    confinement.confine()
    try:
        if arguments[0] == "render":
            number, scale = int(arguments[1]), float(arguments[2])
            sys.stdout.buffer.write(pdf.render(pdf.open_document(data, max_pages=100_000), number, scale))
            return 0
        os.nice(GIVES_WAY)
        for total, page in read(Kind(arguments[1]), data, int(arguments[2])):
            _say({"total": total, "page": pages.to_json(page)})
        _say({"done": True})
    except Refused as refused:
        _say({"refused": refused.refusal.value})
    except MemoryError:
        _say({"refused": Refusal.TOO_MUCH_MEMORY.value})
    except Exception:  # a parser broke on the document: that is a fact about the document
        _say({"refused": Refusal.BROKEN.value})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

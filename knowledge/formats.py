"""Which kind of document some bytes are, by their contents first and their name second.

Pure. The name only chooses between plain-text kinds; it never overrules the bytes.
"""

import io
import json
import zipfile
from enum import StrEnum
from pathlib import PurePath

from knowledge.errors import Refusal, Refused

MAX_BYTES = 25 * 1024 * 1024
MAX_PAGES = 500
MAX_INFLATED = 200 * 1024 * 1024
MAX_RATIO = 200  # deflate cannot pass 1032; honest Word files stay below 60
_HEAD = 4096


class Kind(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    HTML = "html"
    TXT = "txt"
    MD = "md"
    CCDA = "ccda"
    FHIR = "fhir"


NAMES: dict[str, frozenset[Kind]] = {
    ".pdf": frozenset({Kind.PDF}),
    ".docx": frozenset({Kind.DOCX}),
    ".html": frozenset({Kind.HTML}),
    ".htm": frozenset({Kind.HTML}),
    ".txt": frozenset({Kind.TXT}),
    ".text": frozenset({Kind.TXT}),
    ".md": frozenset({Kind.MD}),
    ".markdown": frozenset({Kind.MD}),
    ".xml": frozenset({Kind.CCDA}),
    ".ccda": frozenset({Kind.CCDA}),
    ".json": frozenset({Kind.FHIR}),
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Word, and password-locked new Word
_BINARY = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
    b"\x7fELF",
    b"MZ",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc",
)


def kind_of(name: str, data: bytes) -> Kind:
    """The kind of `data`, which came under `name`. Raises `Refused`."""
    if not data.strip(b"\x00 \t\r\n"):
        raise Refused(Refusal.EMPTY)
    if len(data) > MAX_BYTES:
        raise Refused(Refusal.TOO_LARGE)
    allowed = NAMES.get(PurePath(name).suffix.lower())
    if allowed is None:
        raise Refused(Refusal.UNSUPPORTED)
    kind = _by_contents(data, allowed)
    if kind not in allowed:
        raise Refused(Refusal.LYING)
    return kind


def _by_contents(data: bytes, allowed: frozenset[Kind]) -> Kind:
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return Kind.PDF
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if data.startswith(_OLE):
        raise Refused(Refusal.ENCRYPTED if Kind.DOCX in allowed else Refusal.UNSUPPORTED)
    if data.startswith(_BINARY):
        raise Refused(Refusal.LYING)
    return _textual(data, allowed)


def _zipped(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Refused(Refusal.BROKEN) from None
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused(Refusal.ENCRYPTED)
    inflated = sum(entry.file_size for entry in entries)
    if inflated > MAX_INFLATED or inflated > MAX_RATIO * max(len(data), 1):
        raise Refused(Refusal.INFLATES)
    if "word/document.xml" not in {entry.filename for entry in entries}:
        raise Refused(Refusal.LYING)
    return Kind.DOCX


def _textual(data: bytes, allowed: frozenset[Kind]) -> Kind:
    text = decoded(data)
    head = text[:_HEAD].lstrip("\ufeff \t\r\n").lower()
    if "<clinicaldocument" in head or ":clinicaldocument" in head:
        return Kind.CCDA
    if head.startswith("{") and Kind.FHIR in allowed:
        return _fhir(text)
    if head.startswith(("<!doctype html", "<html", "<head", "<body")) or (Kind.HTML in allowed and "<" in head):
        return Kind.HTML
    if allowed & {Kind.TXT, Kind.MD}:
        return next(iter(allowed))
    raise Refused(Refusal.LYING)


def _fhir(text: str) -> Kind:
    try:
        resource = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(Refusal.BROKEN) from None
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise Refused(Refusal.UNSUPPORTED)
    return Kind.FHIR


def decoded(data: bytes) -> str:
    """Text from bytes: a byte order mark decides, then UTF-8, then Windows-1252. Raises `Refused` on binary data."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise Refused(Refusal.BROKEN) from None
    if b"\x00" in data:
        raise Refused(Refusal.LYING)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")

"""What this software and its settings would run a call with: the release that every other one is made from."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from django.conf import settings

from clinic import senses
from conversations import protocol_book, protocols
from conversations.guardrails.spelling import LEXICON
from conversations.live.floor import Patience
from conversations.mind import prompt
from conversations.mind.model import CAPS, MOST_TOKENS, TEMPERATURE
from conversations.models import ProtocolVersion
from conversations.protocols import BadProtocol, CallProtocol
from conversations.releases.bundle import Bundle, Ground, Part

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("conversations", "knowledge")  # what decides what is said in a call
SUFFIXES = {".py", ".yaml", ".txt", ".npz"}


def warm() -> None:
    """Read what does not change while the process lives: half a second that joining a call need not cost."""
    software(), prompts(), protocols.shipped()


def bundle() -> Bundle:
    """As installed and configured now."""
    in_use = protocol_book.in_use()
    return Bundle(
        {
            **software(),
            "model.name": (settings.LLM_MODEL or "default") if settings.LLM_BASE_URL else "",
            "decoding.temperature": TEMPERATURE,
            "decoding.max_tokens": MOST_TOKENS,
            "prompt.version": prompt.VERSION,
            "prompt.sha256": prompts()[prompt.VERSION],
            "limits.first_sentence_s": CAPS.first_sentence_s,
            "limits.turn_s": CAPS.turn_s,
            **{f"protocol.{name}": protocols.digest(protocol) for name, protocol in sorted(in_use.items())},
        }
    )


@lru_cache
def software() -> dict[str, Part]:
    """The parts that come with the software. Files are read once a process."""
    embedded_voice = f"espeak-ng ({metadata.version('espeakng-loader')})"
    patience = {f"turns.{name}": str(value) for name, value in asdict(Patience()).items()}
    return {
        "software.version": settings.VERSION,
        "software.sha256": _digest(_sources()),
        "guardrails.sha256": _digest(sorted(path for path in LEXICON.iterdir() if path.is_file())),
        "voice.name": settings.VOICE.name if settings.VOICE.kind != senses.EMBEDDED else embedded_voice,
        **patience,
    }


def software_digest() -> str:
    return Bundle(software()).software


@lru_cache
def prompts() -> dict[str, str]:
    """Version → SHA-256 of each prompt that ships."""
    return {path.stem: _digest([path]) for path in sorted(prompt.FOLDER.glob("*.txt"))}


def ground() -> Ground:
    return Ground(
        software=software_digest(),
        prompts=prompts(),
        protocols=frozenset(known_protocols()),
        model_server=bool(settings.LLM_BASE_URL),
    )


def known_protocols() -> dict[str, CallProtocol]:
    """SHA-256 → protocol: those that ship, and every version that was ever published."""
    found = {protocols.digest(protocol): protocol for protocol in protocols.shipped().values()}
    for row in ProtocolVersion.objects.exclude(state=ProtocolVersion.State.DRAFT):
        with contextlib.suppress(BadProtocol):  # of an older software, and no longer usable
            protocol = protocol_book.as_protocol(row)
            found[protocols.digest(protocol)] = protocol
    return found


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        for path in sorted((ROOT / name).rglob("*")):
            parts = path.relative_to(ROOT).parts
            hidden = any(part.startswith((".", "__pycache__")) for part in parts)
            if path.suffix in SUFFIXES and not hidden and "migrations" not in parts:
                yield path


def _digest(paths: Iterable[Path]) -> str:
    """Of names and contents, in this order."""
    found = hashlib.sha256()
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return found.hexdigest()

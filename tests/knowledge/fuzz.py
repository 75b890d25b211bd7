"""Documents broken at random, read as the reading process reads them.

make fuzz SECONDS_LONG=180     or: python -m tests.knowledge.fuzz [seconds | --minutes 60]

A reader may refuse a document or read what is left of it. It may not die, hang, or hand on
pages that contradict themselves. Each kind is read in processes of its own, confined as in
production; what kills one is kept in var/fuzz with the number that makes it again. One of each
round also goes through the sandbox, as the worker calls it: nothing but pages or `Refused` may come out.
"""

import argparse
import faulthandler
import io
import json
import os
import random
import signal
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge import sandbox
from knowledge.chunking import slices
from knowledge.errors import Refused
from knowledge.extraction.__main__ import read
from knowledge.extraction.pages import Page, from_json, to_json
from knowledge.formats import Kind, kind_of
from tests.knowledge import poison

ROUND = 40  # documents a process
SLOW_S = 10  # of the processor's time
KEPT = Path(__file__).resolve().parents[2] / "var" / "fuzz"
NAMES = {"ccda": "x.xml", "fhir": "x.json"}
SPICES = (
    b"\x00", b"\xff" * 8, b"-1", b"99999999999", b"<", b">", b"<!--", b"]]>", b"&#x0;", b"{", b'"', b"obj",
    b"endstream",
    b"/Kids [2 0 R]", b"/Length 999999999", b"PK\x03\x04", "\u202e\u200b\U000e0041".encode(), b"|" * 50, b"#" * 50,
    b"<div>" * 300, b"[" * 2_000, b" " * 5_000, b"\x0c", b"\r", b"1." * 200,
)  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """A document of `kind`, made from `seed`."""

    kind: str
    seed: int
    data: bytes


def broken(kind: str, seed: int) -> Broken:
    """The same every time for the same number."""
    chance = random.Random(f"{kind} {seed}")
    data = chance.choice(_whole(chance.choice(poison.ORDERS[:3]), kind))
    data = _zip_broken(data, chance) if kind == "docx" and chance.random() < 0.8 else _bytes_broken(data, chance)
    return Broken(kind, seed, data)


@cache
def _whole(order: str, kind: str) -> list[bytes]:
    return [each.data for each in poison.documents(order) if each.kind == kind]


def _zip_broken(data: bytes, chance: random.Random) -> bytes:
    """A Word file with one of its parts broken, so that the parts are reached at all."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        names = before.namelist()
        likely = ["word/document.xml"] * len(names) + names
        chosen = chance.choice(likely)
        for name in names:
            content = before.read(name)
            after.writestr(name, _bytes_broken(content, chance) if name == chosen else content)
    return out.getvalue()


def _bytes_broken(data: bytes, chance: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, length = chance.randrange(len(content) + 1), chance.choice((1, 2, 8, 64, 512))
        match chance.randrange(6):
            case 0:
                content[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del content[at : at + length]
            case 2:
                content[at:at] = chance.choice(SPICES)
            case 3:
                content[at:at] = content[at : at + length] * chance.choice((1, 2, 50))
            case 4:
                content[at : at + length] = chance.randbytes(length)
            case _:
                content = content[: max(at, 1)] if chance.random() < 0.2 else content
    return bytes(content) or b" "


def contradictions(pages: list[Page]) -> list[str]:
    """What pages and their passages say that cannot be. Empty if all is well."""
    found = []
    for page in pages:
        ends = [0]
        for block in page.blocks:
            if not (ends[-1] <= block.start < block.end <= len(page.text)):
                found.append("a block outside its page, or over another")
            ends.append(block.end)
        if any(not page.text[word.start : word.end].strip() for word in page.words):
            found.append("a box around nothing")
        if from_json(json.loads(json.dumps(to_json(page)))) != page:
            found.append("a page that does not survive its pipe")
        try:
            page.text.encode()
        except UnicodeEncodeError:
            found.append("half a character")
    by_number = {page.number: page for page in pages}
    if len(by_number) != len(pages):
        found.append("two pages of one number")
    passages = list(slices(pages))
    if any(by_number[each.page].text[each.start : each.end] != each.text or not each.text.strip() for each in passages):
        found.append("a passage that is not in its page")
    return found


def outcome(document: Broken) -> str:
    """What came of reading it: "read", "refused: why", "broke: exception", or "WRONG: what"."""
    try:
        kind = kind_of(NAMES.get(document.kind, f"x.{document.kind}"), document.data)
        pages = [page for _, page in read(Kind(kind), document.data, 500)]
    except Refused as refused:
        return f"refused: {refused.refusal.value}"
    except Exception as problem:  # the reading process answers "broken" to any
        return f"broke: {type(problem).__name__}"
    wrong = contradictions(pages)
    return f"WRONG: {wrong[0]}" if wrong else "read"


def _round(kind: str, first: int, out: int) -> None:
    """In a child: reads, and says after each document what came of it."""
    from knowledge.extraction.confinement import confine

    faulthandler.disable()
    confine()
    for seed in range(first, first + ROUND):
        document = broken(kind, seed)
        signal.setitimer(signal.ITIMER_PROF, SLOW_S)  # its own time, not the time others took from it
        line = f"{seed} {outcome(document)}\n"
        signal.setitimer(signal.ITIMER_PROF, 0)
        os.write(out, line.encode())


def _played(kind: str, first: int) -> Iterator[tuple[int, str]]:
    """(number, outcome) of one round."""
    source, out = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        try:
            _round(kind, first, out)
        finally:
            os._exit(0)
    os.close(out)
    last = first - 1
    with os.fdopen(source) as lines:
        for line in lines:
            number, _, what = line.rstrip("\n").partition(" ")
            last = int(number)
            yield last, what
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        yield last + 1, "WRONG: too slow" if name == "SIGPROF" else f"WRONG: died of {name}"


def through_the_sandbox(document: Broken) -> str:
    """What the worker gets of it, from a reading process of its own."""
    try:
        kind = kind_of(NAMES.get(document.kind, f"x.{document.kind}"), document.data)
        pages = [page for _, page in sandbox.read(document.data, Kind(kind))]
    except Refused as refused:
        return f"refused: {refused.refusal.value}"
    except Exception as problem:
        return f"WRONG: the sandbox let out {type(problem).__name__}"
    wrong = contradictions(pages)
    return f"WRONG: {wrong[0]}" if wrong else "read"


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", nargs="?", type=float, default=60.0)
    parser.add_argument("--minutes", type=float)
    chosen = parser.parse_args(arguments)
    seconds = chosen.minutes * 60 if chosen.minutes else chosen.seconds
    kinds = [kind.value for kind in Kind]
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    first = int(time.time()) % 1_000_000 * 1_000
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        for kind in kinds:
            broken(kind, first)  # so that children find whole documents made
            sandboxed = (first, through_the_sandbox(broken(kind, first)))
            for number, what in [sandboxed, *_played(kind, first)]:
                counts[f"{kind:5} {what}"] += 1
                if what.startswith("WRONG"):
                    wrong.append(f"{kind} {number}: {what}")
                    _keep(broken(kind, number))
        first += ROUND
    for what, times in sorted(counts.items()):
        print(f"{times:7}  {what}")
    print(f"{sum(counts.values())} documents, {len(wrong)} wrong")
    for each in wrong[:40]:
        print(f"  {each}")
    return 1 if wrong else 0


def _keep(document: Broken) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{document.seed}.{document.kind}").write_bytes(document.data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

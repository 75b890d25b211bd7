"""Processor time of a running stack by kind of process: the figure that a busy machine changes least."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.stack import Stack

OURS = "the bench itself"
SETTLED_WITHIN_S, QUIET_FOR_S = 60.0, 3
IDLE = 0.5  # processors that a stack uses with its pages open and nothing to do, at most
_TICKS = os.sysconf("SC_CLK_TCK")
# A word of the command line → what we call it. PostgreSQL and Redis hide their environment: see `_family`.
KINDS = {
    "daphne": "web",
    "beat": "beat",
    "worker": "worker",
    "relay": "relay",
    "seal": "sealer",
    "witness": "witness",
    "callhost": "callhost",
    "redis-server": "redis",
    "postgres-keys": "postgres",
    "postgres": "postgres",
    "multiprocessing.forkserver": "callhost",
    "-c": "whoever raises",
}


def processor_s(stack: Stack) -> dict[str, float]:
    """Seconds used so far by those that live now, and by this very process."""
    spent: dict[str, float] = defaultdict(float)
    for pid, kind in _family(stack):
        spent[kind] += _used_s(pid)
    used = os.times()
    spent[OURS] = used.user + used.system
    return dict(spent)


async def settled(stack: Stack) -> None:
    """Returns once nobody is loading anything any more; or after a while, for something may be at work for good."""
    deadline, quiet_s = time.monotonic() + SETTLED_WITHIN_S, 0
    before = sum(processor_s(stack).values())
    while quiet_s < QUIET_FOR_S and time.monotonic() < deadline:
        await asyncio.sleep(1)
        now = sum(processor_s(stack).values())
        quiet_s = quiet_s + 1 if now - before < IDLE else 0
        before = now


def _family(stack: Stack) -> Iterator[tuple[int, str]]:
    lines = stack.processes()
    kinds = {pid: kind_of(line) for pid, line in lines.items()} | {stack.process.pid: "the rest"}
    yield from kinds.items()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) not in kinds:
            pid = int(folder.name)
            parent = kinds.get(int((_stat(pid)[1:2] or ["0"])[0]))
            if parent is not None:
                yield pid, "postgres" if parent == "postgres" else kind_of(_command(pid))


def kind_of(line: str) -> str:
    """What a command line is of."""
    words = {word for part in line.split() for word in (part, part.rpartition("/")[2])}
    return next((kind for word, kind in KINDS.items() if word in words), "the rest")


def _used_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """What follows the name in /proc/PID/stat; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

"""Synthetic patients, many at once, against any deployment: they talk, and time what they hear.

They come in by invitations and public doors, as browsers do. Called by `manage.py load_test`.
"""

import asyncio
import contextlib
import os
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiortc.exceptions import InvalidStateError

from conversations.load.capacity import Point
from conversations.load.rounds import Rounds
from conversations.load.speech import Line, gap_s
from conversations.synthetic_patient import SyntheticPatient

UNHEARD_S = 15.0  # a turn without an answer for so long counts as one that took this long
PATIENCE_S = 60.0  # for the assistant to finish what it says
HANGS_UP_S = 10.0
SETTLES_S = 10.0
REPEATS = 3


@dataclass(frozen=True)
class Guest:
    """An invitation, and the date of birth that opens it."""

    link: str
    born: str


@dataclass
class Gathered:
    """The answers that count: how long each was waited for, and the monotonic times at which they ended."""

    waits_ms: list[float] = field(default_factory=list)
    heard_s: list[float] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, wait_ms: float) -> None:
        self.waits_ms.append(wait_ms)
        self.heard_s.append(time.monotonic())
        self._more.set()

    async def hold(self, count: int) -> None:
        """Returns once there are so many."""
        while len(self.waits_ms) < count:
            self._more.clear()
            await self._more.wait()


async def idle(seconds: float = 20.0) -> Point:
    """What the machine does without calls, once it has settled."""
    await asyncio.sleep(SETTLES_S)
    meter = Meter()
    await asyncio.sleep(seconds)
    used, _, memory, took_s = meter.read()
    return Point(calls=0, cores_used=used, memory_gib=memory, seconds=took_s)


async def step(base_url: str, guests: Sequence[Guest], lines: Sequence[Line], turns: int, fps: int, seed: int) -> Point:
    """Everybody in `guests` in a call; once all have been greeted, each says at least `turns` lines.

    All go on talking until the last of the answers that count was heard, so that the load stays the same.
    Raises `NotLetIn` if one cannot join, `ValueError` if a call breaks off.
    """
    gathered, rounds = Gathered(), Rounds(lines, len(guests), turns)
    async with AsyncExitStack() as stack:
        patients = [await joined(stack, base_url, guest) for guest in guests]
        await asyncio.gather(*(greeted(one) for one in patients))
        meter, seen = Meter(), _pictures(patients)
        await all_heard(patients, rounds, gathered, seed)
        used, own, memory, took_s = meter.read()
        wanted = took_s * fps * len(guests)
        dropped = max(0.0, 1 - (_pictures(patients) - seen) / wanted) if wanted else 0.0
        await asyncio.gather(*(hung_up(one) for one in patients))
    return Point(
        calls=len(guests),
        cores_used=used,
        p50_ms=statistics.median(gathered.waits_ms),
        p95_ms=statistics.quantiles(gathered.waits_ms, n=20, method="inclusive")[-1],
        dropped=dropped,
        memory_gib=memory,
        patients_cores=own,
        answers=len(gathered.waits_ms),
        seconds=took_s,
    )


async def all_heard(patients: Sequence[SyntheticPatient], rounds: Rounds, gathered: Gathered, seed: int) -> None:
    """Returns once all answers that count have been heard. Raises `ValueError` if a call breaks off before."""
    chances = (random.Random(seed * 10_000 + number) for number in range(len(patients)))  # noqa: S311 (a schedule)
    scripts = (rounds.script(number) for number in range(len(patients)))
    tasks = [asyncio.create_task(talk(*one, gathered)) for one in zip(patients, scripts, chances, strict=True)]
    over = asyncio.create_task(gathered.hold(rounds.count))
    try:
        await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if not over.done():
            broken = next(task.exception() for task in tasks if task.done())
            raise ValueError(f"a call broke off ({type(broken).__name__}: {broken})") from broken
    finally:
        for task in (over, *tasks):
            task.cancel()
        await asyncio.gather(over, *tasks, return_exceptions=True)


def _pictures(patients: Sequence[SyntheticPatient]) -> int:
    return sum(len(one.heard.pictures) for one in patients)


async def joined(stack: AsyncExitStack, base_url: str, guest: Guest) -> SyntheticPatient:
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    patient = SyntheticPatient(base_url, await stack.enter_async_context(http))
    await patient.enter(guest.link, guest.born)
    return await stack.enter_async_context(patient.in_call())


async def talk(
    patient: SyntheticPatient, script: Iterable[tuple[Line, bool]], chance: random.Random, gathered: Gathered
) -> None:
    """Speak, listen, think, and again; `script` says which answers count. Raises `TimeoutError`."""
    for line, counts in script:
        await asyncio.sleep(gap_s(chance))
        ended_s = await _said(patient, line)
        wait_ms = await _answered(patient, ended_s)
        if counts:
            gathered.add(wait_ms)


async def _said(patient: SyntheticPatient, line: Line) -> float:
    """When it was. Repeated if the call is connected anew meanwhile, as people would. Raises `TimeoutError`."""
    for _ in range(REPEATS):
        with contextlib.suppress(TimeoutError):
            return await patient.mouth.say(line.samples)
    raise TimeoutError("no connection took what was said")


async def greeted(patient: SyntheticPatient) -> None:
    """Lets the assistant finish its greeting, which it may have done while others joined."""
    floors = [one["floor"] for _, one in patient.heard.messages if one.get("type") == "floor"]
    if "speaking" not in floors or floors[-1] != "listening":
        with contextlib.suppress(TimeoutError):
            await patient.floor("listening", PATIENCE_S)


async def hung_up(patient: SyntheticPatient) -> None:
    """Says goodbye: a call that merely vanished would keep its place, and its share of the cores, for a while."""
    with contextlib.suppress(TimeoutError, InvalidStateError):  # gone already
        patient.send({"type": "leave"})
        await asyncio.wait_for(asyncio.shield(patient.ended), HANGS_UP_S)


async def _answered(patient: SyntheticPatient, ended_s: float) -> float:
    """Milliseconds until something was heard; then waits until it is the patient's turn again."""
    with contextlib.suppress(TimeoutError):
        await patient.floor("speaking", UNHEARD_S)
        await patient.floor("listening", PATIENCE_S)
    heard_s = patient.heard.first_sound_after(ended_s)
    return (heard_s - ended_s) * 1000 if heard_s else UNHEARD_S * 1000


class Meter:
    """Cores and memory in use on this machine, without what the patients themselves take."""

    def __init__(self) -> None:
        self._began_s, self._machine_s, self._own_s = time.monotonic(), _machine_busy_s(), time.process_time()

    def read(self) -> tuple[float, float, float, float]:
        """Cores, on average since it was made, and those of the patients; GiB now; seconds."""
        took_s = time.monotonic() - self._began_s
        own_s = time.process_time() - self._own_s
        busy_s = _machine_busy_s() - self._machine_s - own_s
        return max(0.0, busy_s / took_s), own_s / took_s, _memory_gib(), took_s


def _machine_busy_s() -> float:
    ticks = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def _memory_gib() -> float:
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kib = {parts[0].rstrip(":"): int(parts[1]) for parts in lines}
    return (kib["MemTotal"] - kib["MemAvailable"]) / 2**20

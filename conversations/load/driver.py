"""Synthetic patients, many at once, against any deployment: they talk, and time what they hear.

They come in by invitations and public doors, as browsers do. Called by `manage.py load_test`.
"""

import asyncio
import contextlib
import os
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np
import soxr
from aiortc.exceptions import InvalidStateError

from conversations.live.events import Samples
from conversations.load.capacity import Point
from conversations.providers.espeak import EspeakVoice
from conversations.synthetic_patient import RATE_HZ, SyntheticPatient

LINES = (
    "I am feeling all right today.",
    "When can I take a shower?",
    "I slept well, thank you.",
    "May I drive my car?",
    "It hurts a little when I walk.",
)
THINKS_S = (0.6, 3.0)  # between hearing and speaking
UNHEARD_S = 15.0  # a turn without an answer for so long counts as one that took this long
PATIENCE_S = 60.0  # for the assistant to finish what it says
WARM_UP_TURNS = 1  # not counted
HANGS_UP_S = 10.0
LEAST_TURNS = 2  # of each patient that are, however short the step


@dataclass(frozen=True)
class Guest:
    """An invitation, and the date of birth that opens it."""

    link: str
    born: str


@dataclass
class Gathered:
    """What the patients of one step heard."""

    waits_ms: list[float] = field(default_factory=list)
    heard_s: list[float] = field(default_factory=list)  # the monotonic times at which these ended
    pictures: int = 0
    seconds: float = 0.0  # of all calls together


async def step(base_url: str, guests: Sequence[Guest], seconds: float, fps: int, seed: int) -> Point:
    """Everybody in `guests` in a call, and for `seconds` more once all have been greeted.

    Raises `NotLetIn` if one cannot join, `ValueError` if none is answered.
    """
    gathered = Gathered()
    speech = await asyncio.to_thread(lambda: [spoken(line) for line in LINES])
    async with AsyncExitStack() as stack:
        patients = [await joined(stack, base_url, guest) for guest in guests]
        await asyncio.gather(*(greeted(one) for one in patients))
        meter = Meter()
        until_s = time.monotonic() + seconds
        chances = (random.Random(seed * 10_000 + number) for number in range(len(patients)))  # noqa: S311 (a schedule)
        talks = zip(patients, chances, strict=True)
        await asyncio.gather(*(talk(one, speech, until_s, chance, gathered) for one, chance in talks))
        used, own, memory = meter.read()
        await asyncio.gather(*(hung_up(one) for one in patients))
    if len(gathered.waits_ms) < 2:
        raise ValueError("nobody was answered: give it more seconds, or look at the deployment")
    wanted = gathered.seconds * fps
    return Point(
        calls=len(guests),
        cores_used=used,
        p50_ms=statistics.median(gathered.waits_ms),
        p95_ms=statistics.quantiles(gathered.waits_ms, n=20, method="inclusive")[-1],
        dropped=max(0.0, 1 - gathered.pictures / wanted) if wanted else 0.0,
        memory_gib=memory,
        patients_cores=own,
    )


async def joined(stack: AsyncExitStack, base_url: str, guest: Guest) -> SyntheticPatient:
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    patient = SyntheticPatient(base_url, await stack.enter_async_context(http))
    await patient.enter(guest.link, guest.born)
    return await stack.enter_async_context(patient.in_call())


async def talk(
    patient: SyntheticPatient, speech: Sequence[Samples], until_s: float, chance: random.Random, gathered: Gathered
) -> None:
    """Speak, listen, think, and again."""
    turn, began_s, seen = 0, time.monotonic(), len(patient.heard.pictures)
    while time.monotonic() < until_s or turn < WARM_UP_TURNS + LEAST_TURNS:
        await asyncio.sleep(chance.uniform(*THINKS_S))
        ended_s = await patient.mouth.say(chance.choice(speech))
        wait_ms = await _answered(patient, ended_s)
        if turn >= WARM_UP_TURNS:
            gathered.waits_ms.append(wait_ms)
            gathered.heard_s.append(time.monotonic())
        turn += 1
    gathered.pictures += len(patient.heard.pictures) - seen
    gathered.seconds += time.monotonic() - began_s


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


def spoken(line: str) -> Samples:
    sound = EspeakVoice(words_per_minute=130).render(line)
    return np.asarray(soxr.resample(sound.samples, sound.rate_hz, RATE_HZ), np.int16)


class Meter:
    """Cores and memory in use on this machine, without what the patients themselves take."""

    def __init__(self) -> None:
        self._began_s, self._machine_s, self._own_s = time.monotonic(), _machine_busy_s(), time.process_time()

    def read(self) -> tuple[float, float, float]:
        """Cores, on average since it was made, and those of the patients; GiB now."""
        took_s = time.monotonic() - self._began_s
        own_s = time.process_time() - self._own_s
        busy_s = _machine_busy_s() - self._machine_s - own_s
        return max(0.0, busy_s / took_s), own_s / took_s, _memory_gib()


def _machine_busy_s() -> float:
    ticks = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def _memory_gib() -> float:
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kib = {parts[0].rstrip(":"): int(parts[1]) for parts in lines}
    return (kib["MemTotal"] - kib["MemAvailable"]) / 2**20

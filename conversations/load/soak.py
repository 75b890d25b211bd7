"""One long call, watched: does its process grow, do its answers come later and later, do picture and sound drift apart?

A patient of code talks all the while. Called by `manage.py soak`, on the machine that runs the call.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from conversations.load import driver, speech
from conversations.load.driver import Gathered, Guest
from conversations.load.speech import Line
from conversations.synthetic_patient import SyntheticPatient

SAMPLE_EVERY_S = 1.0
WARM_UP_SHARE, WARM_UP_MOST_S = 0.25, 300.0  # of the call: caches fill, the face settles on its size
FEWEST = 4  # samples, to speak of a slope

Points = list[tuple[float, float]]  # (minutes into the call, value)


@dataclass
class Watched:
    """What was seen after the warm-up."""

    minutes: float
    memory_mb: Points = field(default_factory=list)
    waits_ms: Points = field(default_factory=list)
    apart_ms: Points = field(default_factory=list)

    def report(self) -> str:
        rows = (
            ("memory of the call's process", self.memory_mb, "MB", 1),
            ("end of speech → first sound", self.waits_ms, "ms", 0),
            ("picture behind its sound, from the start", _from_first(self.apart_ms), "ms", 1),
        )
        lines = [f"{self.minutes:.1f} minutes after the warm-up", ""]
        for name, points, unit, digits in rows:
            values = [value for _, value in points]
            drift = slope(points)
            if drift is None:
                lines.append(f"{name:42} too few samples ({len(points)})")
            else:
                middle = f"{median(values):.{digits}f} {unit}"
                lines.append(f"{name:42} median {middle:>10}, slope {drift:+.2f} {unit}/min, {len(points)} samples")
        return "\n".join(lines)


def slope(points: Points) -> float | None:
    """Per minute: the median of the slopes between all pairs (Theil–Sen), which one outlier does not bend."""
    thinned = points[:: max(1, len(points) // 400)]
    if len(thinned) < FEWEST:
        return None
    at, value = (np.array(column) for column in zip(*thinned, strict=True))
    first, second = np.triu_indices(len(at), 1)
    apart = at[second] - at[first]
    return float(np.median((value[second] - value[first])[apart > 0] / apart[apart > 0]))


def pss_mb(process_id: int) -> float:
    """What the process takes of the machine, pages it shares counted by their share. Raises `OSError`."""
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    return sum(float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


async def soak(base_url: str, guest: Guest, minutes: float, process_of: Callable[[str], int], seed: int) -> Watched:
    """`process_of(session_id)` asks the database, in a thread. Raises `NotLetIn`."""
    gathered, seen = Gathered(), Watched(minutes)
    warm_up_s = min(WARM_UP_SHARE * minutes * 60, WARM_UP_MOST_S)
    lines = await asyncio.to_thread(speech.lines)
    voice = [line for line in lines if line.voice == lines[0].voice]
    async with AsyncExitStack() as stack:
        patient = await driver.joined(stack, base_url, guest)
        began_s = time.monotonic()
        from_s, until_s = began_s + warm_up_s, began_s + minutes * 60
        watching = asyncio.create_task(_watch(patient, process_of, from_s, seen))
        chance = random.Random(seed)  # noqa: S311 (a schedule)
        await driver.greeted(patient)
        await driver.talk(patient, _until(until_s, voice), chance, gathered)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    seen.minutes = (time.monotonic() - from_s) / 60
    turns = zip(gathered.heard_s, gathered.waits_ms, strict=True)
    seen.waits_ms = [((at_s - from_s) / 60, wait_ms) for at_s, wait_ms in turns if at_s >= from_s]
    return seen


def _until(until_s: float, lines: Sequence[Line]) -> Iterator[tuple[Line, bool]]:
    """Round and round, each answer counted but the first."""
    for turn, line in enumerate(itertools.cycle(lines)):
        if turn and time.monotonic() >= until_s:
            return
        yield line, turn > 0


async def _watch(patient: SyntheticPatient, process_of: Callable[[str], int], from_s: float, seen: Watched) -> None:
    process_id = await asyncio.to_thread(process_of, patient.session_id)
    await asyncio.sleep(max(0.0, from_s - time.monotonic()))
    while True:
        at_min = (time.monotonic() - from_s) / 60
        seen.memory_mb.append((at_min, await asyncio.to_thread(pss_mb, process_id)))
        apart = patient.heard.apart_ms()
        if apart is not None:
            seen.apart_ms.append((at_min, apart))
        await asyncio.sleep(SAMPLE_EVERY_S)


def _from_first(points: Points) -> Points:
    """Relative to the first ones: a constant means nothing here."""
    if not points:
        return []
    first = median(value for _, value in points[:FEWEST])
    return [(at, value - first) for at, value in points]

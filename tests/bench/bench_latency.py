"""End of speech to first sound, over a real peer connection: real processes, real speech, the embedded mind.

Target at this stage: p50 <= 700 ms, p95 <= 1200 ms over 20 turns or more on an idle
machine. The patient's lines are spoken by two voices trained on people's speech; the
embedded synthesiser, whose sentences end without a melody, is shown beside them. Also
the memory (PSS) of one call process.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import aiohttp

from conversations.live.events import Samples
from conversations.live.link import offer_only
from conversations.synthetic_patient import Message, SyntheticPatient
from tests.bench import Figure, quantile
from tests.speech import RECORDINGS, recordings, say
from tests.stack import Stack, prepared_folder, started

STAGES = ("decided_ms", "sentence_ms", "sound_ready_ms", "on_wire_ms")


def measure() -> Iterable[Figure]:
    with prepared_folder() as folder, started(folder) as stack:
        latencies, timings, flat, memory = asyncio.run(_converse(stack))
    yield Figure(
        "end of speech to first sound, p50", quantile(latencies, 0.5), "ms", "<= 700", f"{len(latencies)} turns"
    )
    yield Figure("end of speech to first sound, p95", quantile(latencies, 0.95), "ms", "<= 1200")
    yield Figure("the same, spoken without a melody, p50", quantile(flat, 0.5), "ms", "", f"{len(flat)} turns")
    for stage in STAGES:
        values = [float(timing[stage]) for timing in timings]
        yield Figure(f"after the last sound heard, {stage.removesuffix('_ms')}, p50", quantile(values, 0.5), "ms")
    yield Figure("memory of one call process, PSS", memory / 1024, "MB", "<= 350")


async def _converse(stack: Stack) -> tuple[list[float], list[Message], list[float], float]:
    """Latencies of the recorded lines (ms), the call's own timings of them, latencies of the flat lines, PSS (kB)."""
    offer_only(["127.0.0.1"])
    recorded = recordings("turn")
    flat = [say(line) for line in (RECORDINGS / "turns.txt").read_text().splitlines()]
    link = await asyncio.to_thread(stack.newcomer)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        maria = SyntheticPatient(stack.url, http)
        await maria.enter(link, "1958-03-02")
        async with maria.in_call():
            await maria.floor("listening", 60)
            latencies = [await _turn(maria, sound) for sound in recorded]
            timings = [one for _, one in maria.heard.messages if one["type"] == "timing"]
            beside = [await _turn(maria, sound) for sound in flat]
            memory = _pss_kb(await asyncio.to_thread(_process, stack, maria.session_id))
    return _known(latencies), timings, _known(beside), memory


async def _turn(maria: SyntheticPatient, sound: Samples) -> float | None:
    """Say a line when it is our turn; ms until something is heard. None if nothing came."""
    await asyncio.sleep(0.6)
    ended_s = await maria.mouth.say(sound)
    try:
        await maria.floor("speaking", 10)
        await maria.floor("listening", 60)
    except TimeoutError:
        return None
    first_s = maria.heard.first_sound_after(ended_s)
    return (first_s - ended_s) * 1000 if first_s else None


def _known(latencies: list[float | None]) -> list[float]:
    return [one for one in latencies if one is not None]


def _process(stack: Stack, session_id: str) -> int:
    code = f"from conversations.models import Session; print(Session.objects.get(pk='{session_id}').process_id)"
    return int(stack.shell(code).splitlines()[-1])


def _pss_kb(process_id: int) -> float:
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    return sum(float(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))

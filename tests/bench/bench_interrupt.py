"""Speaking over the assistant, in a live call: how soon a real interruption silences it, and what "okay" does.

Two recorded voices, over a real peer connection. A stop is timed at the patient's end, from the
first audible sample of theirs that is sent to the last audible one of ours that arrives. That a reply
was cut short, rather than just over, the call says itself.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import aiohttp

from conversations.live.events import Samples
from conversations.live.link import offer_only
from conversations.synthetic_patient import AUDIBLE_DB, FRAME_S, SyntheticPatient, level_db
from tests.bench import Figure, quantile
from tests.speech import RATE_HZ, recordings
from tests.stack import Stack, prepared_folder, started

QUESTION = "How long should I wear the stockings?"
INTO_S = 1.2  # of our speech, when theirs begins
HUSH_S = 0.5  # silence this long is a stop, not a gap between words
WATCH_S = 2.5


@dataclass
class Overlaps:
    """Seconds from their sound to our silence; `kept` are the pauses of those backchannels after which we went on."""

    stops: list[float] = field(default_factory=list)
    missed: int = 0
    kept: list[float] = field(default_factory=list)
    tried: int = 0


def measure() -> Iterable[Figure]:
    with prepared_folder() as folder, started(folder) as stack:
        found = asyncio.run(_converse(stack))
    stops_ms = [stop_s * 1000 for stop_s in found.stops]
    note = f"{len(stops_ms)} stops, {found.missed} missed"
    yield Figure("interruption to silence, p50", quantile(stops_ms, 0.5), "ms", "<= 200", note)
    yield Figure("interruption to silence, p95", quantile(stops_ms, 0.95), "ms", "<= 350")
    yield Figure("silenced by a backchannel", 1 - len(found.kept) / found.tried, "", "<= 0.05", f"{found.tried} tried")
    pauses_ms = [pause_s * 1000 for pause_s in found.kept]
    yield Figure("pause for a backchannel, p50", quantile(pauses_ms, 0.5), "ms", note="then on from the same word")


async def _converse(stack: Stack) -> Overlaps:
    offer_only(["127.0.0.1"])
    link = await asyncio.to_thread(stack.newcomer)
    found = Overlaps()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        maria = SyntheticPatient(stack.url, http)
        await maria.enter(link, "1958-03-02")
        async with maria.in_call():
            await maria.floor("listening", 60)
            for sound in recordings("interruption"):
                stop_s, _ = await _speak_over(maria, sound)
                found.stops += [stop_s] if stop_s is not None else []
                found.missed += stop_s is None
            for sound in recordings("backchannel"):
                found.tried += 1
                stop_s, pause_s = await _speak_over(maria, sound)
                found.kept += [pause_s] if stop_s is None else []
    return found


async def _speak_over(maria: SyntheticPatient, sound: Samples) -> tuple[float | None, float]:
    """Seconds until we are silent, None if we were not cut short; and the longest that we paused."""
    messages = len(maria.heard.messages)
    maria.send({"type": "typed", "text": QUESTION})
    await maria.floor("speaking", 10)
    await asyncio.sleep(INTO_S)
    began_s = asyncio.get_running_loop().time() + _lead_in_s(sound)
    await maria.mouth.say(sound)
    await asyncio.sleep(max(0.0, began_s + WATCH_S - asyncio.get_running_loop().time()))
    cut_s = next((at_s for at_s, one in maria.heard.messages[messages:] if one["type"] == "cut"), None)
    silent_s, pause_s = _silent_from(maria, began_s), _longest_pause(maria, began_s)
    await _our_turn_again(maria)
    return (silent_s - began_s if cut_s is not None and silent_s is not None else None), pause_s


def _lead_in_s(sound: Samples) -> float:
    """Before its first audible frame."""
    frame = round(RATE_HZ * FRAME_S)
    starts = range(0, len(sound), frame)
    return next(at for at in starts if level_db(sound[at : at + frame]) > AUDIBLE_DB) / RATE_HZ


def _silent_from(maria: SyntheticPatient, since_s: float) -> float | None:
    """When the first silence of `HUSH_S` began."""
    silent_s: float | None = None
    for at_s, level in maria.heard.levels:
        if at_s < since_s:
            continue
        if level > AUDIBLE_DB:
            silent_s = None
        else:
            silent_s = silent_s or at_s
            if at_s - silent_s >= HUSH_S:
                return silent_s
    return None


def _longest_pause(maria: SyntheticPatient, since_s: float) -> float:
    """The longest silence of ours that sound ended."""
    sounding = [at_s for at_s, level in maria.heard.levels if at_s >= since_s and level > AUDIBLE_DB]
    return max((later - earlier - FRAME_S for earlier, later in pairwise(sounding)), default=0.0)


async def _our_turn_again(maria: SyntheticPatient) -> None:
    """Wait until nobody has said anything for a while."""
    quiet_s = 0.0
    while quiet_s < 2.5:
        await asyncio.sleep(0.5)
        recent = [level for at_s, level in maria.heard.levels[-25:]]
        quiet_s = quiet_s + 0.5 if max(recent, default=AUDIBLE_DB) <= AUDIBLE_DB else 0.0

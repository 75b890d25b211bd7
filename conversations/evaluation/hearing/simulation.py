"""The real ears over a recording, faster than life but with life's delays.

Each chunk is taken in turn and all readings are awaited before the next, so that the result does not hang on how busy
the machine is; what a reading took is added to the time at which it is told. What is told is then put in that order.
Computing is counted in processor time: in a call each kind of reading has a thread of its own.
"""

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

from conversations.evaluation.hearing.recordings import chunks
from conversations.live.ears import Hearing, Listening
from conversations.live.events import EndEstimate, Heard, Samples, Words
from conversations.live.ports import EndOfTurn, Transcriber, Vad
from conversations.providers.moonshine import MoonshineTranscriber
from conversations.providers.silero import SileroVad
from conversations.providers.smart_turn import SmartTurn


@dataclass(frozen=True)
class Told:
    """An event and when it was known, on the recording's clock; `took_s` of that was computing."""

    at_s: float
    event: Heard
    took_s: float = 0.0


@dataclass
class _Times:
    """What readings took, in the order in which they were asked for."""

    estimates: deque[float] = field(default_factory=deque)
    words: defaultdict[tuple[float, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))


class _TimedEndOfTurn:
    def __init__(self, inner: EndOfTurn, times: _Times) -> None:
        self._inner, self._times = inner, times

    def hear(self, samples: Samples) -> None:
        self._inner.hear(samples)

    def finished_p(self) -> float:
        began = time.thread_time()
        p = self._inner.finished_p()
        self._times.estimates.append(time.thread_time() - began)
        return p


class _TimedTranscriber:
    def __init__(self, inner: Transcriber, times: _Times) -> None:
        self._inner, self._times = inner, times

    def begin(self, lead_in: Samples, at_s: float) -> None:
        self._inner.begin(lead_in, at_s)

    def hear(self, samples: Samples) -> None:
        self._inner.hear(samples)

    async def partial(self) -> Words | None:
        began = time.process_time()
        words = await self._inner.partial()
        if words is not None:
            self._times.words[words.at_s, words.text].append(time.process_time() - began)
        return words

    async def final(self, at_s: float) -> Words:
        began = time.process_time()
        words = await self._inner.final(at_s)
        self._times.words[words.at_s, words.text].append(time.process_time() - began)
        return words


def listen(
    sound: Samples, vad: Vad | None = None, end_of_turn: EndOfTurn | None = None, transcriber: Transcriber | None = None
) -> list[Told]:
    """What the ears tell of a recording, in order of time."""
    return asyncio.run(
        _listen(sound, vad or SileroVad(), end_of_turn or SmartTurn(), transcriber or MoonshineTranscriber())
    )


async def _listen(sound: Samples, vad: Vad, end_of_turn: EndOfTurn, transcriber: Transcriber) -> list[Told]:
    times = _Times()
    heard: asyncio.Queue[Heard | None] = asyncio.Queue()
    listening = Listening(
        vad, _TimedEndOfTurn(end_of_turn, times), _TimedTranscriber(transcriber, times), heard, Hearing()
    )
    told: list[Told] = []
    for chunk in chunks(sound):
        began = time.process_time()
        await listening.take(chunk)
        took_s = time.process_time() - began
        await listening.settle()
        while not heard.empty():
            event = heard.get_nowait()
            if event is not None:
                told.append(_told(event, chunk.at_s, took_s, times))
    return sorted(told, key=lambda one: one.at_s)


def _told(event: Heard, now_s: float, took_s: float, times: _Times) -> Told:
    """`now_s` is when the chunk had come; readings began at their own time, which may lie before it."""
    match event:
        case EndEstimate():
            took_s = times.estimates.popleft()
        case Words() if times.words[event.at_s, event.text]:
            took_s = times.words[event.at_s, event.text].popleft()
        case _:
            return Told(now_s + took_s, event, took_s)
    return Told(max(now_s, event.at_s + took_s), event, took_s)

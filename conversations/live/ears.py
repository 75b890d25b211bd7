"""The patient's microphone → what was heard: voice activity, stretches of speech, P(finished), words.

`call.py` feeds it chunks and hands what it yields to `turn`. Voice activity is computed as the sound comes (0.2 ms
a frame); the readings that take longer run beside it and are yielded when they are done.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from conversations.live.events import Chunk, EndEstimate, Frame, Heard, Samples, SpeechStarted, SpeechStopped, Words
from conversations.live.ports import EndOfTurn, Transcriber, Vad
from conversations.live.vad import Voice, VoiceActivity

log = logging.getLogger(__name__)

RATE_HZ = 16_000
FRAME_SAMPLES = 512
QUIETEST_DB = -100.0
# Heard events that wait for `turn`: 8 s of frames. It never lags; if it does, the sound before the loop waits.
WAITING = 256

Result = TypeVar("Result")


@dataclass(frozen=True)
class Hearing:
    """How the ears read. Seconds."""

    lead_in_s: float = 0.4  # sound before the noticed start that belongs to the first word
    join_within_s: float = 0.8  # a pause shorter than this does not end a stretch: context helps the recogniser
    longest_stretch_s: float = 8.0  # past this, the next pause ends the stretch whatever its length
    unbroken_s: float = 18.0  # speech without any pause is read in parts of this length
    early_s: float = 0.06  # a gap this long may be the end: the words are read
    reread_every_s: float = 0.064  # P(finished), as silence grows, in the first second
    reread_later_s: float = 0.16  # and after it
    reread_until_s: float = 3.0


async def ears(
    chunks: AsyncIterator[Chunk],
    vad: Vad,
    end_of_turn: EndOfTurn,
    transcriber: Transcriber,
    hearing: Hearing | None = None,
) -> AsyncGenerator[Heard, None]:
    """Wrap it in `aclosing`. Ends when the chunks do, after the last words."""
    heard: asyncio.Queue[Heard | None] = asyncio.Queue(WAITING)
    listening = Listening(vad, end_of_turn, transcriber, heard, hearing or Hearing())
    task = asyncio.create_task(_listen(chunks, listening))
    task.add_done_callback(lambda _: None if heard.full() else heard.put_nowait(None))
    try:
        while not (task.done() and heard.empty()):
            event = await heard.get()
            if event is not None:
                yield event
        await task
    finally:
        task.cancel()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(chunks: AsyncIterator[Chunk], listening: "Listening") -> None:
    async for chunk in chunks:
        await listening.take(chunk)
    await listening.finish()


class Listening:
    """The ears of one call without their clock: takes chunks, puts what it heard into `heard`."""

    def __init__(
        self,
        vad: Vad,
        end_of_turn: EndOfTurn,
        transcriber: Transcriber,
        heard: "asyncio.Queue[Heard | None]",
        hearing: Hearing,
    ) -> None:
        self._vad, self._end_of_turn, self._transcriber = vad, end_of_turn, transcriber
        self._heard, self._hearing = heard, hearing
        self._activity = VoiceActivity()
        self._rest: Samples = np.zeros(0, np.int16)
        self._recent: deque[Samples] = deque(maxlen=round(hearing.lead_in_s / 0.02))
        self._heard_s = 0.0  # up to when the sound was taken in
        self._stretch_s: float | None = None  # start of the stretch that the transcriber is hearing
        self._estimate_due_s: float | None = None
        self._estimating: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._early: asyncio.Task[Words | None] | None = None  # the words, read as soon as a gap begins
        self._finishing: asyncio.Task[None] | None = None

    async def take(self, chunk: Chunk) -> None:
        self._end_of_turn.hear(chunk.samples)
        self._recent.append(chunk.samples)
        self._heard_s = chunk.at_s
        if self._stretch_s is not None:
            self._transcriber.hear(chunk.samples)
        self._rest = np.concatenate((self._rest, chunk.samples))
        while len(self._rest) >= FRAME_SAMPLES:
            frame, self._rest = self._rest[:FRAME_SAMPLES], self._rest[FRAME_SAMPLES:]
            await self._frame(frame, chunk.at_s - len(self._rest) / RATE_HZ)

    async def finish(self) -> None:
        """The sound is over: the last words."""
        if self._activity.speaking and self._stretch_s is not None:
            self._stopped(self._activity.last_sound_s)
            self._stretch_s = None
        await self.settle()

    async def settle(self) -> None:
        """Wait for the readings that are under way."""
        for task in (self._reading, self._early, self._finishing, self._estimating):
            if task is not None:
                await task

    def cancel(self) -> None:
        for task in (self._estimating, self._reading, self._early, self._finishing):
            if task is not None:
                task.cancel()

    async def _frame(self, frame: Samples, at_s: float) -> None:
        speech_p = self._vad.speech_p(frame)
        level = level_db(frame)
        change = self._activity.step(speech_p, at_s, level)
        await self._heard.put(Frame(at_s, speech_p, level))
        if isinstance(change, SpeechStarted):
            self._started(change.at_s)
        if change is not None:
            await self._heard.put(change)
        if isinstance(change, SpeechStopped):
            self._stopped(at_s)
        self._ask_for_more(at_s)

    def _started(self, began_s: float) -> None:
        self._estimate_due_s = None
        if self._stretch_s is None:
            self._stretch_s = began_s
            self._begin_words()

    def _begin_words(self) -> None:
        lead_in = np.concatenate(self._recent)
        self._transcriber.begin(lead_in, self._heard_s - len(lead_in) / RATE_HZ)

    def _stopped(self, at_s: float) -> None:
        if self._stretch_s is not None:
            early = self._early or asyncio.create_task(_or_none(partial(self._transcriber.final, at_s)))
            self._finishing = self._beside(partial(self._finish_words, self._stretch_s, early))

    def _ask_for_more(self, at_s: float) -> None:
        silence_s = at_s - self._activity.last_sound_s
        match self._activity.state:
            case Voice.SPEAKING:
                self._estimate_due_s = self._early = None
                self._read_on(at_s)
            case Voice.FALLING:
                self._estimate_due_s = self._estimate_due_s or at_s
                self._read_early(silence_s, at_s)
            case _ if self._stretch_s is not None and silence_s > self._join_within_s(at_s):
                self._stretch_s = None
        self._estimate_if_due(silence_s, at_s)

    def _read_on(self, at_s: float) -> None:
        """Partial words; and a stretch without end is read in parts."""
        if self._stretch_s is not None and at_s - self._stretch_s > self._hearing.unbroken_s:
            self._stopped(at_s)
            self._stretch_s = at_s
            self._begin_words()
        elif _idle(self._reading):
            self._reading = self._beside(partial(self._read_words, self._stretch_s or 0.0))

    def _read_early(self, silence_s: float, at_s: float) -> None:
        """A gap may be the end: read the words now, rather than when it is known to be one."""
        if self._early is None and self._stretch_s is not None and silence_s >= self._hearing.early_s:
            self._early = asyncio.create_task(_or_none(partial(self._transcriber.final, at_s)))

    def _estimate_if_due(self, silence_s: float, at_s: float) -> None:
        if self._estimate_due_s is not None and at_s >= self._estimate_due_s and _idle(self._estimating):
            self._estimating = self._beside(partial(self._estimate, at_s))
            self._estimate_due_s = self._next_estimate(silence_s, at_s)

    def _next_estimate(self, silence_s: float, at_s: float) -> float | None:
        if silence_s >= self._hearing.reread_until_s:
            return None
        return at_s + (self._hearing.reread_every_s if silence_s < 1.0 else self._hearing.reread_later_s)

    def _join_within_s(self, at_s: float) -> float:
        long = at_s - (self._stretch_s or 0.0) > self._hearing.longest_stretch_s
        return 0.0 if long else self._hearing.join_within_s

    async def _estimate(self, at_s: float) -> None:
        finished_p = await asyncio.to_thread(self._end_of_turn.finished_p)
        await self._heard.put(EndEstimate(at_s, finished_p))

    async def _read_words(self, start_s: float) -> None:
        words = await self._transcriber.partial()
        if words is not None and words.text:
            await self._heard.put(replace(words, start_s=start_s))

    async def _finish_words(self, start_s: float, reading: "asyncio.Task[Words | None]") -> None:
        words = await reading
        if words is not None:
            went_on = self._activity.speaking and self._stretch_s == start_s
            await self._heard.put(replace(words, start_s=start_s, final=not went_on))

    def _beside(self, reading: Callable[[], Coroutine[None, None, None]]) -> "asyncio.Task[None]":
        return asyncio.create_task(_or_none(reading))


async def _or_none(reading: Callable[[], Coroutine[None, None, Result]]) -> Result | None:
    """A reading that fails is missed, no more: the next one may succeed, and the patient can type."""
    try:
        return await reading()
    except Exception as error:
        log.warning("A reading of the ears failed: %s", type(error).__name__)
        return None


def _idle(task: "asyncio.Task[None] | None") -> bool:
    return task is None or task.done()


def level_db(samples: Samples) -> float:
    """RMS in dB below full scale."""
    rms = float(np.sqrt(np.mean((samples.astype(np.float32) / 32768.0) ** 2)))
    return max(QUIETEST_DB, 20.0 * np.log10(rms)) if rms > 0.0 else QUIETEST_DB

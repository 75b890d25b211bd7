"""The patient's microphone as a steady stream: 20 ms chunks, mono, 16 kHz.

It ticks every 20 ms even when the track stalls (a muted microphone, a lost
network), so that every deadline further down is just another chunk. The track
may be replaced while the call goes on.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from conversations.live.events import Chunk, Samples

RATE_HZ = 16_000
CHUNK_S = 0.02
CHUNK_SAMPLES = int(RATE_HZ * CHUNK_S)
LATE_S = 0.3  # a gap longer than this is filled with silence: a shorter one would break the word it fell into
BACKLOG_S = 1.0  # more waiting than this is dropped, oldest first: a burst is heard in a tenth of its time

_SILENCE = np.zeros(CHUNK_SAMPLES, np.int16)
_NOTHING = np.zeros(0, np.int16)


class AudioIn:
    """One per call. All that is heard is told by `at_s`, the seconds of sound taken in: sound that comes in bursts
    keeps its rhythm, and a gap that was filled before its sound came only makes the call that much longer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.at_s = 0.0
        self.dropped_s = 0.0
        self.on_sound: Callable[[Samples], None] | None = None  # called with each chunk that arrives
        self._clock = clock
        self._due_s = clock() + LATE_S  # without sound until then, silence is taken instead
        self._waiting: deque[Samples] = deque()
        self._arrived = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    def listen_to(self, track: MediaStreamTrack) -> None:
        """Take sound from `track` from now on."""
        if self._pump:
            self._pump.cancel()
        self._pump = asyncio.create_task(self._pull(track))

    def take(self, samples: Samples) -> None:
        """Sound that has arrived, mono int16 at 16 kHz, a chunk long."""
        if self.on_sound:
            self.on_sound(samples)
        self._waiting.append(samples)
        while len(self._waiting) * CHUNK_S > BACKLOG_S:
            self._waiting.popleft()
            self.dropped_s += CHUNK_S
        self._arrived.set()

    async def chunks(self) -> AsyncIterator[Chunk]:
        """Chunks for as long as the call lasts."""
        while True:
            if not self._waiting:
                await self._wait_until(self._due_s)
            if self._waiting:
                samples, self._due_s = self._waiting.popleft(), self._clock() + LATE_S
            elif self._clock() >= self._due_s:
                samples, self._due_s = _SILENCE, self._due_s + CHUNK_S
            else:
                continue
            self.at_s += CHUNK_S
            yield Chunk(samples, self.at_s)

    async def close(self) -> None:
        if self._pump:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump

    async def _wait_until(self, deadline_s: float) -> None:
        self._arrived.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.001, deadline_s - self._clock())):
                await self._arrived.wait()

    async def _pull(self, track: MediaStreamTrack) -> None:
        chunks = Chunks()
        with contextlib.suppress(MediaStreamError):
            while True:
                for chunk in chunks.of(await track.recv()):  # type: ignore[arg-type]  # an audio track yields audio
                    self.take(chunk)


class Chunks:
    """A track's frames, whatever their rate and length, as chunks; a frame of 20 ms is one at once."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        self._rest: Samples | None = None

    def of(self, frame: av.AudioFrame) -> Iterator[Samples]:
        sound = np.concatenate([piece.to_ndarray()[0] for piece in self._resampler.resample(frame)] or [_NOTHING])
        if self._rest is None:
            # The resampler keeps the last millisecond. Silence in its place: or each chunk would wait for a next frame.
            self._rest = np.zeros(-len(sound) % CHUNK_SAMPLES, np.int16)
        sound = np.concatenate((self._rest, sound))
        whole = len(sound) - len(sound) % CHUNK_SAMPLES
        self._rest = sound[whole:]
        yield from sound[:whole].reshape(-1, CHUNK_SAMPLES)

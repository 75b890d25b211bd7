"""A person from the care team in a running call: their half of the connection, relayed by the call's process.

They hear the patient and us; the patient hears and sees them. Sound and pictures pass through this process, so the
record goes on and neither side learns the other's address.
"""

import asyncio
import contextlib
import fractions
from collections import deque
from collections.abc import Callable

import av
import numpy as np
import soxr
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from conversations.live.audio_in import RATE_HZ as HEARD_HZ
from conversations.live.audio_in import AudioIn
from conversations.live.events import Samples
from conversations.live.link import Ice, Link, Message
from conversations.live.out import FRAME_SAMPLES, RATE_HZ, VIDEO_CLOCK_HZ, Paced, mixed

LATEST_S = 0.24  # sound that waits longer than this is old: two people must not drift apart
STILL_S = 0.5  # without a new picture for this long, the last one is shown again
NO_PICTURE = (320, 240)


class SoundBuffer:
    """Sound on its way from one clock to another: 48 kHz mono. What is too old is dropped."""

    def __init__(self, from_hz: int = RATE_HZ) -> None:
        self._stream = soxr.ResampleStream(from_hz, RATE_HZ, 1, dtype="int16") if from_hz != RATE_HZ else None
        self._waiting: deque[Samples] = deque()
        self._samples = 0

    def put(self, samples: Samples) -> None:
        sound = self._stream.resample_chunk(samples) if self._stream else samples
        self._waiting.append(sound)
        self._samples += len(sound)
        while self._samples > LATEST_S * RATE_HZ:
            self._samples -= len(self._waiting.popleft())

    def take(self) -> Samples:
        """20 ms, silence where there is nothing."""
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        filled = 0
        while self._waiting and filled < FRAME_SAMPLES:
            piece = self._waiting.popleft()
            used, rest = piece[: FRAME_SAMPLES - filled], piece[FRAME_SAMPLES - filled :]
            frame[filled : filled + len(used)] = used
            filled += len(used)
            self._samples -= len(used)
            if len(rest):
                self._waiting.appendleft(rest)
        return frame


class Camera:
    """The newest picture of somebody's camera. It is always read: pictures nobody looks at must not pile up."""

    def __init__(self, on_first: Callable[[], None] = lambda: None) -> None:
        self.pictures = 0
        self.newest: av.VideoFrame | None = None
        self._on_first = on_first
        self._arrived = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    def watch(self, track: MediaStreamTrack) -> None:
        self.close()
        self._reading = asyncio.create_task(self._read(track))

    def close(self) -> None:
        if self._reading:
            self._reading.cancel()

    async def after(self, seen: int) -> av.VideoFrame | None:
        """A picture later than the first `seen`; after `STILL_S` the newest again, None if there never was one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STILL_S):
                while self.pictures <= seen:
                    self._arrived.clear()
                    await self._arrived.wait()
        return self.newest

    async def _read(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    self.newest, self.pictures = frame, self.pictures + 1
                    self._arrived.set()
                    if self.pictures == 1:
                        self._on_first()


class CameraTrack(MediaStreamTrack):
    """A camera's pictures, stamped with `clock` (seconds). Never waits long: the sender may be given another track."""

    kind = "video"

    def __init__(self, camera: Camera, clock: Callable[[], float]) -> None:
        super().__init__()
        self._camera, self._clock = camera, clock
        self.sent_s = 0.0  # by `clock`
        self._seen = 0

    async def recv(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        frame = await self._camera.after(self._seen) or _nothing()
        self._seen = self._camera.pictures
        self.sent_s = self._clock()
        frame.pts = int(self.sent_s * VIDEO_CLOCK_HZ)
        frame.time_base = fractions.Fraction(1, VIDEO_CLOCK_HZ)
        return frame


def _nothing() -> av.VideoFrame:
    frame = av.VideoFrame(*NO_PICTURE, "yuv420p")
    for plane, value in zip(frame.planes, (48, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


class _HeardTrack(MediaStreamTrack):
    """What the guest hears: the patient and us."""

    kind = "audio"

    def __init__(self, sources: tuple[SoundBuffer, ...]) -> None:
        super().__init__()
        self._sources = sources
        self._pace = Paced(FRAME_SAMPLES / RATE_HZ)
        self._samples = 0

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await self._pace.tick()
        sound = mixed(*(source.take() for source in self._sources))
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._samples, fractions.Fraction(1, RATE_HZ)
        self._samples += FRAME_SAMPLES
        return frame


class Guest:
    """One joining. `out.company` while they are here; `hear_patient` gets the patient's sound (16 kHz)."""

    def __init__(
        self,
        *,
        name: str,
        ice: Ice,
        patient_camera: Camera,
        clock: Callable[[], float],
        on_picture: Callable[[], None],
        on_state: Callable[[str], None],
    ) -> None:
        self.name = name
        self.audio_in = AudioIn()
        self.camera = Camera(on_picture)
        self._patient, self._ours = SoundBuffer(HEARD_HZ), SoundBuffer()
        self._theirs = SoundBuffer(HEARD_HZ)
        self.audio_in.on_sound = self._theirs.put
        self.link = Link(
            audio_in=self.audio_in,
            camera=self.camera,
            voice=lambda: _HeardTrack((self._patient, self._ours)),
            picture=lambda: CameraTrack(patient_camera, clock),
            ice=ice,
            on_message=_unheard,
            on_state=on_state,
        )

    def hear_patient(self, samples: Samples) -> None:
        self._patient.put(samples)

    # -- `out.Company` -----------------------------------------------------------

    def hear(self, ours: Samples) -> None:
        self._ours.put(ours)

    def speak(self) -> Samples:
        return self._theirs.take()

    async def close(self) -> None:
        self.camera.close()
        await self.audio_in.close()
        await self.link.close()


def _unheard(message: Message) -> None:
    """Their page says what it wants over its socket, where it is known who they are."""

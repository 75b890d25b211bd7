"""A call in a room of a LiveKit server, for a clinic that has one: in the place of `conversations.live.link.Link`.

The call talks with `PATIENT`; nobody else in the room is heard, seen or answered. Sound and
pictures travel as tracks; the page's messages as data packets on the topic `TOPIC`. The package `livekit` is the
clinic's to install: `pip install livekit`.
"""

import asyncio
import contextlib
import fractions
import json
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from livekit import rtc

from conversations.live.audio_in import CHUNK_S, AudioIn
from conversations.live.audio_in import RATE_HZ as HEARD_HZ
from conversations.live.link import UNSENT_MESSAGES, Message, Watcher, message_of
from conversations.live.out import RATE_HZ, VIDEO_CLOCK_HZ
from conversations.live.video import LADDER
from conversations.rooms import PATIENT

logger = logging.getLogger(__name__)

TOPIC = "call"  # where pages say and read what is no sound
REJOIN_S = (0.25, 0.5, 1.0, 2.0, 4.0)
SILENT_PAGE_S = 3.0  # a patient who says nothing on `TOPIC` is taken to hear us after this long in the room
PIECE_SAMPLES = RATE_HZ // 100  # an unbuffered source takes 10 ms at a time


class RoomLink:
    """`access()` gives the server's URL and a fresh token each time the room is joined.

    `voice`, `picture`, `on_message` and `on_state` are as `Link` has them; the state is connected once the patient's
    page has said anything. `stay` must run for as long as the call does.
    """

    def __init__(
        self,
        *,
        access: Callable[[], tuple[str, str]],
        audio_in: AudioIn,
        camera: Watcher,
        voice: Callable[[], MediaStreamTrack],
        picture: Callable[[], MediaStreamTrack | None],
        on_message: Callable[[Message], None],
        on_state: Callable[[str], None],
    ) -> None:
        self._access = access
        self._audio_in, self._camera = audio_in, camera
        self._voice, self._picture = voice, picture
        self._on_message, self._on_state = on_message, on_state
        self._room: rtc.Room | None = None
        self._screen: rtc.VideoSource | None = None
        self._showing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent: deque[str] = deque(maxlen=UNSENT_MESSAGES)
        self._read = asyncio.Event()  # somebody reads what we send
        self._something_unsent = asyncio.Event()
        self._left = asyncio.Event()

    async def stay(self) -> None:
        """Be in the room, and come back to it. LiveKit's library reconnects by itself; this is for when it gives up."""
        failed = 0
        while True:
            self._left.clear()
            try:
                await self._join()
                failed = 0
                await self._left.wait()
            except (rtc.ConnectError, rtc.participant.PublishTrackError, TimeoutError) as problem:
                logger.warning("the room cannot be joined (%s)", type(problem).__name__)
            finally:
                await self._leave()
            await asyncio.sleep(REJOIN_S[min(failed, len(REJOIN_S) - 1)])
            failed += 1

    def look_again(self) -> None:
        """What the page is shown has changed: ask `picture` again."""
        if self._showing:
            self._showing.cancel()
        picture = self._picture()
        if self._screen and picture:
            self._showing = self._spawn(_shown(picture, self._screen))

    def publish(self, message: Message) -> None:
        """Send to the page; kept, within bounds, while nobody reads."""
        self._unsent.append(json.dumps(message, separators=(",", ":")))
        self._something_unsent.set()

    def carried(self) -> float:
        """No limit: LiveKit's library fits its own encoder to what the server says the network takes."""
        return float("inf")

    async def close(self) -> None:
        """Leave, when what was published has been sent."""
        if self._read.is_set():
            with contextlib.suppress(rtc.participant.PublishDataError):
                await self._send_waiting()
        await self._leave()

    # -- the room ------------------------------------------------------------------

    async def _join(self) -> None:
        room = rtc.Room()
        room.on("track_subscribed", self._subscribed)
        room.on("data_received", self._received)
        room.on("participant_connected", self._entered)
        room.on("participant_disconnected", self._went)
        room.on("disconnected", lambda *_: self._left.set())
        url, token = self._access()
        await room.connect(url, token)
        self._room = room
        for participant in room.remote_participants.values():
            self._entered(participant)
        await self._present(room.local_participant)
        self._spawn(self._send())

    async def _present(self, us: rtc.LocalParticipant) -> None:
        source = rtc.AudioSource(RATE_HZ, 1, queue_size_ms=0)
        voice = rtc.LocalAudioTrack.create_audio_track("voice", source)
        await us.publish_track(
            voice, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=True)
        )
        self._spawn(_spoken(self._voice(), source))
        top = LADDER[-1]
        self._screen = rtc.VideoSource(top.size, top.size)
        face = rtc.LocalVideoTrack.create_video_track("face", self._screen)
        encoding = rtc.VideoEncoding(max_bitrate=top.bits_per_s, max_framerate=top.fps)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            simulcast=False,
            video_codec=rtc.VideoCodec.VP8,
            video_encoding=encoding,
        )
        await us.publish_track(face, options)
        self.look_again()

    async def _leave(self) -> None:
        room, self._room, self._screen = self._room, None, None
        for task in list(self._tasks):
            task.cancel()
        self._lost()
        if room:
            with contextlib.suppress(Exception):  # it may be half gone
                await room.disconnect()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_log_failure)
        return task

    # -- the patient -----------------------------------------------------------------

    def _entered(self, who: rtc.RemoteParticipant) -> None:
        if who.identity == PATIENT:
            self._spawn(self._presume())

    async def _presume(self) -> None:
        await asyncio.sleep(SILENT_PAGE_S)
        self._connected()

    def _connected(self) -> None:
        if not self._read.is_set():
            self._read.set()
            self._on_state("connected")

    def _went(self, who: rtc.RemoteParticipant) -> None:
        if who.identity == PATIENT:
            self._lost()

    def _lost(self) -> None:
        if self._read.is_set():
            self._read.clear()
            self._on_state("lost")

    def _subscribed(self, track: rtc.Track, _publication: object, who: rtc.RemoteParticipant) -> None:
        if who.identity != PATIENT:
            return
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._audio_in.listen_to(_Heard(track))
        else:
            self._camera.watch(_Seen(track))

    def _received(self, packet: rtc.DataPacket) -> None:
        if packet.topic != TOPIC or packet.participant is None or packet.participant.identity != PATIENT:
            return
        self._connected()
        message = message_of(packet.data)
        if message:
            self._on_message(message)

    async def _send(self) -> None:
        while True:
            self._something_unsent.clear()
            await self._read.wait()
            try:
                await self._send_waiting()
            except rtc.participant.PublishDataError:
                logger.warning("a message could not be sent to the room")
                await asyncio.sleep(REJOIN_S[0])
                continue
            await self._something_unsent.wait()

    async def _send_waiting(self) -> None:
        """In order. What fails stays the next."""
        while self._unsent and self._room:
            await self._room.local_participant.publish_data(
                self._unsent[0], reliable=True, topic=TOPIC, destination_identities=[PATIENT]
            )
            self._unsent.popleft()


class _Heard(MediaStreamTrack):
    """Somebody's microphone, 16 kHz mono in frames of 20 ms."""

    kind = "audio"

    def __init__(self, track: rtc.Track) -> None:
        super().__init__()
        self._stream = rtc.AudioStream(
            track, sample_rate=HEARD_HZ, num_channels=1, frame_size_ms=int(CHUNK_S * 1000), capacity=50
        )
        self._samples = 0

    async def recv(self) -> av.AudioFrame:
        heard = (await _next(self._stream)).frame
        sound = np.frombuffer(heard.data, np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = HEARD_HZ, self._samples, fractions.Fraction(1, HEARD_HZ)
        self._samples += sound.shape[1]
        return frame


class _Seen(MediaStreamTrack):
    """Somebody's camera."""

    kind = "video"

    def __init__(self, track: rtc.Track) -> None:
        super().__init__()
        self._stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420, capacity=1)

    async def recv(self) -> av.VideoFrame:
        seen = await _next(self._stream)
        frame = av.VideoFrame.from_ndarray(_even(seen.frame), format="yuv420p")
        frame.pts = seen.timestamp_us * VIDEO_CLOCK_HZ // 1_000_000
        frame.time_base = fractions.Fraction(1, VIDEO_CLOCK_HZ)
        return frame


def _even(picture: rtc.VideoFrame) -> npt.NDArray[np.uint8]:
    """Its planes one below the other. PyAV takes no odd sizes: the last row or column goes."""
    width, height = picture.width, picture.height
    chroma = ((height + 1) // 2, (width + 1) // 2)
    planes = []
    for number, shape in enumerate(((height, width), chroma, chroma)):
        plane = np.frombuffer(picture.get_plane(number) or b"", np.uint8).reshape(shape)
        step = 1 if number == 0 else 2
        planes.append(plane[: height // 2 * 2 // step, : width // 2 * 2 // step].reshape(-1))
    stacked: npt.NDArray[np.uint8] = np.concatenate(planes).reshape(-1, width // 2 * 2)
    return stacked


async def _next(stream: rtc.AudioStream | rtc.VideoStream) -> Any:
    """Raises `MediaStreamError` when the track has ended."""
    try:
        return await anext(stream)
    except StopAsyncIteration:
        raise MediaStreamError from None


async def _spoken(voice: MediaStreamTrack, source: rtc.AudioSource) -> None:
    with contextlib.suppress(MediaStreamError):
        while True:
            frame = cast(av.AudioFrame, await voice.recv())
            sound = frame.to_ndarray()[0]
            for begin in range(0, len(sound), PIECE_SAMPLES):
                piece = sound[begin : begin + PIECE_SAMPLES]
                await source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE_HZ, 1, len(piece)))


async def _shown(picture: MediaStreamTrack, screen: rtc.VideoSource) -> None:
    with contextlib.suppress(MediaStreamError):
        while True:
            frame = cast(av.VideoFrame, await picture.recv())
            planes = frame.to_ndarray(format="yuv420p").tobytes()
            screen.capture_frame(rtc.VideoFrame(frame.width, frame.height, rtc.VideoBufferType.I420, planes))


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        logger.error("in the room: %s", type(task.exception()).__name__)

"""A call in a LiveKit room: LiveKit's own library on both sides, WebRTC, and a server of ours between."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from livekit import rtc

from clinic.media_server import LiveKit
from conversations import rooms
from conversations.live.audio_in import AudioIn
from conversations.live.events import Samples, Sentence, Sound
from conversations.live.guest import Camera, CameraTrack
from conversations.live.link import offer_only
from conversations.live.out import RATE_HZ, Out, VoiceTrack
from conversations.providers.livekit_room import TOPIC, RoomLink
from tests.live.sfu import Sfu

KEY, SECRET = "clinic", "a secret that is long enough to be one"
TONE_HZ = 440


class Visitor(rtc.Room):
    """Somebody at LiveKit's other end, with what they were told."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.on("data_received", lambda packet: self.messages.append(json.loads(packet.data)))


@dataclass
class Scene:
    """A call in its room, and a patient at the door."""

    sfu: Sfu
    out: Out
    link: RoomLink
    heard: list[Any] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    sound: list[Samples] = field(default_factory=list)
    camera: Camera = field(default_factory=Camera)
    session: Any = field(default_factory=uuid4)
    entered: list[Visitor] = field(default_factory=list)

    async def patient(self, identity: str = rooms.PATIENT) -> Visitor:
        room = Visitor()
        self.entered.append(room)
        await room.connect(self.url, rooms.token(self.session, identity, time.time()))
        return room

    @property
    def url(self) -> str:
        return self.sfu.url


async def until(true: Any, seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  (what is awaited has no event)
            await asyncio.sleep(0.02)


@pytest.fixture
async def scene(settings) -> AsyncIterator[Scene]:
    offer_only(["127.0.0.1"])
    sfu = Sfu(KEY, SECRET)
    await sfu.start()
    settings.LIVEKIT = LiveKit(sfu.url, sfu.url, KEY, SECRET, "self-hosted")
    out, audio_in, theirs = Out(), AudioIn(), Camera()
    session = uuid4()
    link = RoomLink(
        access=lambda: rooms.for_host(session),
        audio_in=audio_in,
        camera=theirs,
        voice=lambda: VoiceTrack(out),
        picture=lambda: CameraTrack(Camera(), lambda: out.position_s),
        on_message=lambda message: one.heard.append(message),
        on_state=lambda state: one.states.append(state),
    )
    one = Scene(sfu, out, link, session=session, camera=theirs)
    audio_in.on_sound = one.sound.append
    staying = asyncio.create_task(link.stay())
    await until(lambda: "assistant" in sfu.members)
    yield one
    for room in one.entered:
        await room.disconnect()
    staying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await staying
    await sfu.stop()


def tone(seconds: float, rate_hz: int = RATE_HZ) -> Samples:
    wave: Samples = (8000 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.int16)
    return wave


def pitch_hz(sound: Samples, rate_hz: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate_hz / len(sound))


async def publish(room: rtc.Room, source: Any, kind: str) -> None:
    made = rtc.LocalAudioTrack.create_audio_track if kind == "audio" else rtc.LocalVideoTrack.create_video_track
    where = rtc.TrackSource.SOURCE_MICROPHONE if kind == "audio" else rtc.TrackSource.SOURCE_CAMERA
    await room.local_participant.publish_track(
        made(kind, source), rtc.TrackPublishOptions(source=where, simulcast=False)
    )


async def hear(room: rtc.Room, seconds: float) -> Samples:
    """What our voice sounds like to somebody in the room, 48 kHz."""

    def tracks() -> list[Any]:
        theirs = room.remote_participants[rooms.ASSISTANT].track_publications.values()
        return [one.track for one in theirs if one.track and one.kind == rtc.TrackKind.KIND_AUDIO]

    await until(tracks)
    frames, stream = [], rtc.AudioStream(tracks()[0], sample_rate=RATE_HZ, num_channels=1)
    async with asyncio.timeout(seconds + 10):
        async for event in stream:
            frames.append(np.frombuffer(event.frame.data, np.int16))
            if sum(map(len, frames)) >= seconds * RATE_HZ:
                break
    await stream.aclose()
    return np.concatenate(frames)


async def test_each_hears_the_other_and_we_see_them(scene: Scene):
    room = await scene.patient()
    microphone, camera = rtc.AudioSource(RATE_HZ, 1), rtc.VideoSource(64, 48)
    await publish(room, microphone, "audio")
    await publish(room, camera, "video")

    async def speak() -> None:
        for frame in tone(20.0).reshape(-1, RATE_HZ // 100):
            await microphone.capture_frame(rtc.AudioFrame(frame.tobytes(), RATE_HZ, 1, len(frame)))

    async def show() -> None:
        while True:
            camera.capture_frame(rtc.VideoFrame(64, 48, rtc.VideoBufferType.I420, bytes([90]) * (64 * 48 * 3 // 2)))
            await asyncio.sleep(0.04)

    acts = [asyncio.create_task(speak()), asyncio.create_task(show())]
    sentence = Sentence("A tone.", act="statement")
    await scene.out.play(Sound(tone(8.0), RATE_HZ), tone(8.0), sentence, begins=True)
    ours = await hear(room, 2.0)
    assert pitch_hz(ours[RATE_HZ:], RATE_HZ) == pytest.approx(TONE_HZ, abs=3)
    await until(lambda: scene.camera.newest is not None)
    assert scene.camera.newest and (scene.camera.newest.width, scene.camera.newest.height) == (64, 48)
    theirs = np.concatenate(scene.sound)[-16_000:]
    assert pitch_hz(theirs, 16_000) == pytest.approx(TONE_HZ, abs=3)
    for act in acts:
        act.cancel()


async def test_messages_wait_for_the_patient_and_go_both_ways(scene: Scene):
    scene.link.publish({"type": "floor", "floor": "listening"})
    room = await scene.patient()
    await until(lambda: rooms.ASSISTANT in room.remote_participants)
    await asyncio.sleep(0.3)
    assert (room.messages, scene.states) == ([], [])  # nobody has said that they read
    await room.local_participant.publish_data('{"type":"here"}', topic=TOPIC)
    await until(lambda: room.messages)
    scene.link.publish({"type": "caption", "text": "Good evening."})
    await until(lambda: len(room.messages) == 2)
    assert [message["type"] for message in room.messages] == ["floor", "caption"]
    assert (scene.heard, scene.states) == ([{"type": "here"}], ["connected"])


async def test_a_page_that_says_nothing_is_taken_to_hear_us(scene: Scene):
    await scene.patient()
    await until(lambda: scene.states == ["connected"])


async def test_nobody_else_is_heard_or_answered(scene: Scene):
    stranger = await scene.patient(identity="observer")
    microphone = rtc.AudioSource(RATE_HZ, 1)
    await publish(stranger, microphone, "audio")
    frame = tone(0.5)
    await microphone.capture_frame(rtc.AudioFrame(frame.tobytes(), RATE_HZ, 1, len(frame)))
    await stranger.local_participant.publish_data('{"type":"leave"}', topic=TOPIC)
    patient = await scene.patient()
    await patient.local_participant.publish_data('{"type":"here"}', topic=TOPIC)
    scene.link.publish({"type": "caption", "text": "Good evening."})
    await until(lambda: patient.messages)
    assert (scene.heard, scene.sound) == ([{"type": "here"}], [])


@pytest.mark.parametrize("said", ["", "[]", "{", '{"type": 3}', "x" * 15_000])
async def test_what_is_no_message_is_ignored(scene: Scene, said: str):
    patient = await scene.patient()
    await patient.local_participant.publish_data(said, topic=TOPIC)
    await patient.local_participant.publish_data('{"type":"here"}', topic=TOPIC)
    await until(lambda: scene.heard)
    assert scene.heard == [{"type": "here"}]


async def test_a_patient_who_goes_and_comes_back_is_told_what_they_missed(scene: Scene):
    first = await scene.patient()
    await first.local_participant.publish_data('{"type":"here"}', topic=TOPIC)
    await until(lambda: scene.states == ["connected"])
    await first.disconnect()
    await until(lambda: scene.states == ["connected", "lost"])
    scene.link.publish({"type": "caption", "text": "Are you there?"})
    again = await scene.patient()
    await again.local_participant.publish_data('{"type":"here"}', topic=TOPIC)
    await until(lambda: again.messages)
    assert scene.states == ["connected", "lost", "connected"]


async def test_a_call_that_falls_out_of_its_room_comes_back(scene: Scene):
    patient = await scene.patient()
    await patient.local_participant.publish_data('{"type":"here"}', topic=TOPIC)
    await until(lambda: scene.states == ["connected"])
    before = scene.sfu.members[rooms.ASSISTANT]
    await scene.sfu.expel(rooms.ASSISTANT)
    await until(lambda: scene.sfu.members.get(rooms.ASSISTANT, before) is not before)
    scene.link.publish({"type": "caption", "text": "Here I am again."})
    await until(lambda: patient.messages)
    await until(lambda: len(scene.sfu.members[rooms.ASSISTANT].tracks) == 2)
    assert {track.kind for _, track in scene.sfu.members[rooms.ASSISTANT].tracks} == {"audio", "video"}


async def test_a_token_is_good_for_its_own_server_only(scene: Scene, settings):
    settings.LIVEKIT = LiveKit(scene.sfu.url, scene.sfu.url, KEY, "another secret, as long as the other one", "baa")
    with pytest.raises(rtc.ConnectError):
        await scene.patient()
    assert scene.sfu.refused

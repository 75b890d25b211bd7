"""What passes between the patient and a person who has joined."""

import asyncio

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from conversations.live.guest import LATEST_S, NO_PICTURE, Camera, CameraTrack, SoundBuffer
from conversations.live.out import FRAME_SAMPLES, RATE_HZ, Out

FRAME = np.full(FRAME_SAMPLES, 1000, np.int16)


class Filmed(MediaStreamTrack):
    """A camera that gives what it is told to."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.pictures: asyncio.Queue[av.VideoFrame | None] = asyncio.Queue()

    async def recv(self) -> av.VideoFrame:
        picture = await self.pictures.get()
        if picture is None:
            raise MediaStreamError
        return picture


def test_sound_comes_out_as_it_went_in_and_silence_when_there_is_none():
    sound = SoundBuffer()
    sound.put(np.arange(1, 1441, dtype=np.int16))
    assert list(sound.take()[:3]) == [1, 2, 3]
    rest = sound.take()
    assert rest[479] == 1440
    assert not rest[480:].any()
    assert not sound.take().any()


def test_old_sound_is_dropped_rather_than_keeping_two_people_apart():
    sound = SoundBuffer()
    for value in range(100):
        sound.put(np.full(FRAME_SAMPLES, value, np.int16))
    kept = int(LATEST_S * RATE_HZ / FRAME_SAMPLES)
    assert sound.take()[0] == 100 - kept


def test_narrower_sound_is_brought_to_the_rate_of_the_wire():
    sound = SoundBuffer(16_000)
    tone = (8000 * np.sin(np.arange(320) * 2 * np.pi * 440 / 16_000)).astype(np.int16)
    heard = np.concatenate([(sound.put(tone), sound.take())[1] for _ in range(10)])
    crossings = np.count_nonzero(np.diff(np.signbit(heard[4800:9600].astype(float))))
    assert crossings == pytest.approx(0.1 * 440 * 2, abs=12)


def test_the_patient_hears_both_of_us_and_the_guest_hears_only_ours():
    class Company:
        heard = None

        def hear(self, ours):
            self.heard = ours

        def speak(self):
            return FRAME

    out = Out(company=Company())
    assert list(out.next_frame()[:2]) == [1000, 1000]
    assert not out.company.heard.any()


async def test_a_camera_is_read_though_nobody_looks_and_shows_the_newest():
    first: list[bool] = []
    camera, filmed = Camera(lambda: first.append(True)), Filmed()
    camera.watch(filmed)
    pictures = [av.VideoFrame(64, 48, "yuv420p") for _ in range(5)]
    for picture in pictures:
        filmed.pictures.put_nowait(picture)
    await asyncio.sleep(0.01)
    assert camera.pictures == 5
    assert camera.newest is pictures[-1]
    assert first == [True]
    camera.close()


async def test_who_has_no_camera_shows_a_plain_picture_without_making_the_sender_wait():
    track = CameraTrack(Camera(), lambda: 1.5)
    async with asyncio.timeout(1):
        frame = await track.recv()
    assert (frame.width, frame.height) == NO_PICTURE
    assert frame.pts == 135_000

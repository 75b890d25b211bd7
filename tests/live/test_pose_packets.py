"""The face as numbers on the wire: small, complete in each packet, and stamped with the sound it belongs to."""

import asyncio

import pytest

from conversations.live.events import Floor
from conversations.live.face import Countenance
from conversations.live.pose import PARTS, Pose, numbers_of
from conversations.live.pose_packets import STEP_S, BadPacket, decode, encode
from conversations.live.pose_stream import EVERY_S, POSES
from conversations.live.visemes import SHAPES, Mouth, Viseme
from conversations.providers.espeak import EspeakVoice
from tests.live.poses import posed_call

SENTENCE = "Your papers say to take one tablet in the morning with food, and to keep the bandage dry for two days."


def near(one: Pose, other: Pose) -> bool:
    mine, theirs = numbers_of(one), numbers_of(other)
    return all(abs(mine[part] - theirs[part]) <= (0.026 if part == "roll_deg" else 0.0051) for part in PARTS)


def test_what_is_read_is_what_was_written() -> None:
    poses = [Pose(mouth=SHAPES[viseme].mouth, yaw=-0.4, roll_deg=3.3, breath=0.7) for viseme in Viseme]
    timestamp, read = decode(encode(2**32 + 5, poses))
    assert timestamp == 5
    assert all(near(one, other) for one, other in zip(poses, read, strict=True))


def test_what_is_beyond_the_scale_is_held_at_its_end() -> None:
    _, (pose,) = decode(encode(0, [Pose(mouth=Mouth(open=3.0), pitch=-9.0)]))
    assert (pose.mouth.open, pose.pitch) == (1.27, -1.27)


@pytest.mark.parametrize("length", [0, 5, 6, 25, 27])
def test_a_packet_that_was_cut_off_is_refused(length: int) -> None:
    packet = encode(0, [Pose(), Pose(mouth=SHAPES[Viseme.OPEN].mouth)])
    with pytest.raises(BadPacket):
        decode(packet[:length])


def test_a_packet_of_another_version_is_refused() -> None:
    with pytest.raises(BadPacket, match="version 9"):
        decode(b"\x09" + encode(0, [Pose()])[1:])


def test_speech_takes_at_most_600_bytes_a_second() -> None:
    sound = EspeakVoice().render(SENTENCE)
    face = Countenance()
    face.attend(Floor.SPEAKING, 0.0)
    face.say(sound.phonemes, 0.0)
    starts = [index * EVERY_S for index in range(int(sound.duration_s / EVERY_S))]
    sent = sum(len(encode(0, [face.pose(at_s + step * STEP_S) for step in range(POSES)])) for at_s in starts)
    assert 200 < sent / (len(starts) * EVERY_S) <= 600


async def test_poses_carry_the_time_of_the_sound_they_belong_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real connection: RTP packets of the voice on one side, packets of poses beside them."""
    came: list[tuple[int, int]] = []  # the pose's timestamp, and the newest of the voice that was sent by then
    enough = asyncio.Event()

    def arrive(packet: bytes) -> None:
        came.append((decode(packet)[0], call.link.voice_sent() or 0))
        if len(came) > 12:
            enough.set()

    async with posed_call(arrive) as call:
        call.stream.use(True)
        await asyncio.wait_for(enough.wait(), 20)
        ahead_ms = sorted(((pose - voice + 2**31) % 2**32 - 2**31) / 48 for pose, voice in came[2:])
        # the pose is for the moment at which it was made, and that sound goes out within two frames
        assert -150 < ahead_ms[len(ahead_ms) // 2] < 60
        call.face.hush(call.out.position_s)
        call.stream.use(False)
        shown: list[bytes] = []
        monkeypatch.setattr(call.link, "show", shown.append)
        await asyncio.sleep(2 * EVERY_S)
        assert not shown, "it went on sending when the page no longer drew"

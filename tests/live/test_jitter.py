"""Packets of voice, in whatever order they come. Drives aiortc's own receiver, so that a new version of it that keeps
its jitter buffer elsewhere is noticed."""

from unittest.mock import Mock

import pytest
from aiortc import RTCRtpReceiver
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from conversations.live.jitter import hasten


async def decoded(numbers: list[int]) -> list[list[int]]:
    """What had reached the decoder after each packet: the numbers that the packets carry."""
    receiver = RTCRtpReceiver("audio", Mock(state="new"))
    hasten(receiver)
    frames: list[int] = []
    inside = {
        "codecs": {0: RTCRtpCodecParameters("audio/PCMU", clockRate=8000, payloadType=0)},
        "decoder_thread": Mock(),
        "decoder_queue": Mock(put=lambda item: frames.append(item[1].data[0])),
    }
    for name, value in inside.items():
        assert f"_RTCRtpReceiver__{name}" in vars(receiver)
        setattr(receiver, f"_RTCRtpReceiver__{name}", value)
    assert "_RTCRtpReceiver__jitter_buffer" in vars(receiver)
    after = []
    for arrived, number in enumerate(numbers):
        packet = RtpPacket(payload_type=0, sequence_number=number % 65536, timestamp=160 * number, ssrc=1)
        packet.payload = bytes([number % 256]) * 160
        await receiver._handle_rtp_packet(packet, arrival_time_ms=20 * arrived)
        after.append(list(frames))
    return after


async def test_packets_in_order_are_decoded_as_they_come():
    assert await decoded([1, 2, 3]) == [[1], [1, 2], [1, 2, 3]]


async def test_a_lost_packet_holds_nothing_up():
    assert (await decoded([1, 2, 5, 6]))[-1] == [1, 2, 5, 6]


async def test_once_a_packet_was_overtaken_the_next_ones_are_put_in_order():
    after = await decoded([1, 3, 2, 4, 6, 5, 7, 8, 9])
    assert after[2] == [1, 3]  # too late to be heard
    assert after[-1] == [1, 3, 4, 5, 6, 7]


async def test_no_more_than_two_are_held_back_then():
    numbers = [1, 3, 2, *range(4, 40)]
    after = await decoded(numbers)
    assert len(numbers) - len(after[-1]) == 3  # two waiting, one lost


@pytest.mark.parametrize("numbers", [[65534, 65535, 65536, 65537], [40_000, 40_001, 3, 4]])
async def test_counting_may_start_again(numbers: list[int]):
    assert (await decoded(numbers))[-1] == [number % 256 for number in numbers]

"""Poses on the wire, for a browser that draws the face itself (`face/poses.js` reads them). Pure.

A packet holds a few poses 40 ms apart, and is complete in itself: any may be lost. Big-endian:

    version (8 bits), number of poses (8), RTP timestamp of the sound that the first belongs to (32),
    the first pose: one signed byte for each of `PARTS`, in hundredths (`roll_deg`: twentieths of a degree),
    each further pose: which parts changed (24 bits, the first part lowest), and a byte for each of those.

What a packet says from its first pose on replaces what earlier ones said of that time.
"""

import struct
from collections.abc import Sequence
from itertools import compress, pairwise
from operator import mul, ne

from conversations.live.pose import PARTS, Pose, numbers, pose_of

VERSION = 1
STEP_S = 0.04
CLOCK_HZ = 48_000  # of the RTP timestamp: Opus (RFC 7587)
_HEAD, _CHANGED = struct.Struct(">BBI"), struct.Struct(">BH")
_MOST = 127
_BITS = tuple(1 << index for index in range(len(PARTS)))
_STEPS = tuple(20 if part == "roll_deg" else 100 for part in PARTS)


class BadPacket(ValueError):
    """Not a packet of poses that we know how to read."""


def encode(timestamp: int, poses: Sequence[Pose]) -> bytes:
    """`timestamp`: of the first pose, modulo 2**32."""
    coarse = [_coarse(pose) for pose in poses]
    packet = bytearray(_HEAD.pack(VERSION, len(coarse), timestamp & 0xFFFFFFFF))
    packet += _bytes(coarse[0])
    for before, now in pairwise(coarse):
        changed = list(map(ne, before, now))
        packet += sum(compress(_BITS, changed)).to_bytes(3, "big")
        packet += _bytes(list(compress(now, changed)))
    return bytes(packet)


def decode(packet: bytes) -> tuple[int, list[Pose]]:
    """Timestamp and poses. Raises `BadPacket`."""
    try:
        version, count, timestamp = _HEAD.unpack_from(packet)
        if version != VERSION:
            raise BadPacket(f"version {version}")
        numbers, place = list(struct.unpack_from(f"{len(PARTS)}b", packet, _HEAD.size)), _HEAD.size + len(PARTS)
        poses = [_fine(numbers)]
        for _ in range(count - 1):
            high, low = _CHANGED.unpack_from(packet, place)
            changed, place = high << 16 | low, place + _CHANGED.size
            for index in range(len(PARTS)):
                if changed >> index & 1:
                    numbers[index] = struct.unpack_from("b", packet, place)[0]
                    place += 1
            poses.append(_fine(numbers))
    except struct.error:
        raise BadPacket(f"{len(packet)} bytes are too few") from None
    return timestamp, poses


def _coarse(pose: Pose) -> list[int]:
    steps = list(map(round, map(mul, numbers(pose), _STEPS)))
    return steps if max(steps) <= _MOST and min(steps) >= -_MOST else [max(-_MOST, min(_MOST, each)) for each in steps]


def _fine(numbers: Sequence[int]) -> Pose:
    return pose_of([number / step for number, step in zip(numbers, _STEPS, strict=True)])


def _bytes(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"{len(numbers)}b", *numbers)

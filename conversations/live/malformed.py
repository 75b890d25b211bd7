"""A packet that cannot be read is dropped. In aiortc it ends the connection of whoever it was sent to.

Anybody who finds a call's port can send to it: an empty datagram, which aiortc takes the first byte of, is enough. And
a page that is no browser can encrypt what is no RTP. Imported by `link` for its effect on every connection.
"""

import logging
import struct
from typing import Any

from aioice.ice import StunProtocol
from aiortc.rtcdtlstransport import RTCDtlsTransport

logger = logging.getLogger(__name__)

# What parsers raise over bytes that are none of theirs. The end of a connection is a ConnectionError, and goes on.
UNREADABLE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)
TELL_EVERY = 1_000

_stock_receive = RTCDtlsTransport._recv_next
_stock_datagram = StunProtocol.datagram_received
_dropped = 0


async def _receive(transport: RTCDtlsTransport) -> None:
    """Returns after each packet, read or not: aiortc calls it again, and each call takes one off the queue."""
    try:
        await _stock_receive(transport)
    except UNREADABLE as problem:
        _count(problem)


def _datagram(protocol: StunProtocol, data: bytes | str, address: tuple[Any, ...]) -> None:
    """STUN or what is no STUN, by anybody."""
    try:
        _stock_datagram(protocol, data, address)
    except UNREADABLE as problem:
        _count(problem)


def _count(problem: Exception) -> None:
    global _dropped
    if _dropped % TELL_EVERY == 0:
        logger.warning("a malformed packet was dropped (%s), the %s. so far", type(problem).__name__, _dropped + 1)
    _dropped += 1


def dropped() -> int:
    """How many, in this process."""
    return _dropped


def drop() -> None:
    """From now on, in every connection of this process."""
    # mypy takes a method for no variable; aiortc has no other place to step in
    RTCDtlsTransport._recv_next = _receive  # type: ignore[assignment,method-assign]
    StunProtocol.datagram_received = _datagram  # type: ignore[assignment,method-assign]

"""Sender reports (RFC 3550, 6.4.1) that tell to which moment of the call a packet belongs, not when it could leave.

A browser puts picture and sound together by what these reports say. aiortc tells the wall clock at which the last
packet left: for a picture that is after drawing and encoding, and on a busy machine after everything else. What the
call plays and shows is stamped from one clock already, the samples played; so the reports count that clock.
"""

from collections.abc import Awaitable, Callable

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpsender import RTCEncodedFrame, RTCRtpSender

UNIX_EPOCH_S = 2_208_988_800  # seconds from 1900, where NTP begins, to 1970

NextEncoded = Callable[[RTCRtpCodecParameters], Awaitable[RTCEncodedFrame | None]]


def tell_moments(sender: RTCRtpSender, began_s: float) -> None:
    """From now on, for as long as the sender's track has a `sent_s`: to which moment of the call, in seconds, the frame
    belongs that it handed out last. `began_s` is the call's beginning in Unix time.

    The clock stands still while the call does, and reports then lag behind the wall: they compare two streams, and a
    sender may count by whatever it has.
    """
    next_encoded: NextEncoded = sender._next_encoded_frame
    sent_s: float | None = None

    async def noting(codec: RTCRtpCodecParameters) -> RTCEncodedFrame | None:
        nonlocal sent_s
        if sent_s is not None:  # all its packets have left
            _tell(sender, ntp(began_s + sent_s))
        track = sender.track  # another may take its place before its frame is encoded
        frame = await next_encoded(codec)
        if frame is not None:
            sent_s = getattr(track, "sent_s", None)
        return frame

    vars(sender)["_next_encoded_frame"] = noting


def ntp(unix_s: float) -> int:
    """A time stamp of 64 bits: seconds since 1900, and a fraction of 32."""
    return round((unix_s + UNIX_EPOCH_S) * (1 << 32))


def _tell(sender: RTCRtpSender, stamp: int) -> None:
    """aiortc keeps what its next report says to itself; a test tells when a new version keeps it elsewhere."""
    sender._RTCRtpSender__ntp_timestamp = stamp  # type: ignore[attr-defined]  # its own, by its mangled name

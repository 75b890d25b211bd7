"""The receiving end of a call whose lips are measured: both streams decoded, with their sender reports."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soxr
from aiortc import RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket
from scipy.stats import theilslopes

from conversations.providers.espeak import EspeakVoice
from tests.bench.lips import FOUND, Clock, Numbers, asked_opening, found_at, offset_s

RATE_HZ, MATCHED_HZ = 48_000, 16_000
BEFORE_S, AFTER_S = 1.0, 2.0  # where a sentence is looked for, around the moment it was said to begin
LEAST_MINUTES = 0.5  # for a slope


@dataclass(frozen=True)
class Measured:
    """`points` are (minute, ms that the picture is late) at onsets that tell; `sentences` begin at these minutes."""

    points: Sequence[tuple[float, float]]
    sentences: Sequence[float]
    onsets: int

    def drift(self) -> tuple[float, float, float] | None:
        """Ms a minute, and the 95 % confidence interval, by Theil and Sen. None if too little was said.

        Of each sentence the median counts: its onsets share pictures, and are no witnesses of their own.
        """
        of_sentence = np.searchsorted(self.sentences, [minute for minute, _ in self.points], side="right")
        points = np.array(self.points).reshape(-1, 2)
        medians = [np.median(points[of_sentence == one], axis=0) for one in np.unique(of_sentence)]
        if len(medians) < 2 or medians[-1][0] - medians[0][0] < LEAST_MINUTES:
            return None
        at_minute, offset_ms = np.array(medians).T
        found = theilslopes(offset_ms, at_minute)
        return float(found.slope), float(found.low_slope), float(found.high_slope)


@dataclass
class Received:
    """What arrived, on each stream's own clock."""

    gauge: Callable[[Any], float]  # opening of the mouth in rows of grey: `MouthGauge`
    sound: list[tuple[float, Any]] = field(default_factory=list)  # (media s, mono samples)
    arrived: list[tuple[float, float]] = field(default_factory=list)  # (monotonic s, media s) of sound
    pictures: list[tuple[float, float]] = field(default_factory=list)  # (media s, opening of the mouth)
    clocks: dict[str, Clock] = field(default_factory=lambda: {"audio": Clock(RATE_HZ), "video": Clock(90_000)})

    def tap(self, receiver: RTCRtpReceiver) -> None:
        """Read the sender reports of this receiver's stream; aiortc keeps them to itself."""
        handle, clock = receiver._handle_rtcp_packet, self.clocks[receiver.track.kind]

        async def tapped(packet: Any) -> None:
            origin = receiver._RTCRtpReceiver__timestamp_mapper._origin  # type: ignore[attr-defined]
            if isinstance(packet, RtcpSrPacket) and origin is not None:
                clock.reported(packet.sender_info.rtp_timestamp, origin, packet.sender_info.ntp_timestamp)
            await handle(packet)

        vars(receiver)["_handle_rtcp_packet"] = tapped

    async def listen(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                samples = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)]
                self.sound.append((frame.time, samples))
                self.arrived.append((time.monotonic(), frame.time))
        except MediaStreamError:
            return

    async def look(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                self.pictures.append((frame.time, self.gauge(frame.to_ndarray(format="gray"))))
        except MediaStreamError:
            return

    def measured(self, said: Sequence[tuple[float, str]]) -> Measured:
        """`said` holds the assistant's sentences, each with the monotonic second at which it began, roughly."""
        sentences = list(self._sentences(said))
        if not sentences:
            return Measured((), (), 0)
        asked, onsets = asked_opening(sentences)
        audio, video = self.clocks["audio"], self.clocks["video"]
        seen = np.array([(video.at(at_s), opening) for at_s, opening in self.pictures])
        points = []
        for onset in onsets:
            zero_s = audio.at(onset) - onset  # the sound's beginning, on the sender's clock as it was told here
            offset = offset_s(seen[:, 0] - zero_s, seen[:, 1], asked, onset)
            if offset is not None:
                points.append((onset / 60, offset * 1000))
        return Measured(points, [starts_s / 60 for starts_s, _ in sentences], len(onsets))

    def _sentences(self, said: Sequence[tuple[float, str]]) -> Iterator[tuple[float, Any]]:
        """Where each sentence begins in the sound that was received, with its phonemes."""
        sound, voice = _joined(self.sound), EspeakVoice()
        arrived, media = np.array(self.arrived).T
        after_s = 0.0
        for at_s, text in said:
            rendered = voice.render(text)
            wanted = np.asarray(soxr.resample(rendered.samples, rendered.rate_hz, MATCHED_HZ), float)
            begin_s = max(after_s, float(np.interp(at_s, arrived, media)) - BEFORE_S)
            until_s = begin_s + BEFORE_S + AFTER_S + len(wanted) / MATCHED_HZ
            searched = sound[int(begin_s * MATCHED_HZ) : int(until_s * MATCHED_HZ)]
            if len(searched) <= len(wanted):
                continue
            found_s, fit = found_at(wanted, searched, MATCHED_HZ)
            if fit >= FOUND:
                yield begin_s + found_s, rendered.phonemes
                after_s = begin_s + found_s + 0.9 * len(wanted) / MATCHED_HZ


def _joined(pieces: Sequence[tuple[float, Any]]) -> Numbers:
    """Sound at its place on the stream's clock, silence where it was lost; 16 kHz."""
    whole = np.zeros(int((max(at_s for at_s, _ in pieces) + 1) * RATE_HZ))
    for at_s, samples in pieces:
        start = round(at_s * RATE_HZ)
        if start >= 0:  # else it was overtaken by the very first packet
            whole[start : start + len(samples)] = samples
    return np.asarray(soxr.resample(whole, RATE_HZ, MATCHED_HZ), float)

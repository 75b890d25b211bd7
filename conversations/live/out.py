"""What the patient hears and sees: paced tracks over one clock, the samples played.

"Spoken" is what `Out` has handed to the wire, never what was generated. Pictures
are drawn *for* a position on that clock, so lips cannot drift.
"""

import asyncio
import fractions
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Protocol

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from conversations.live.events import Phoneme, Samples, Sentence, Sound
from conversations.live.ports import Face
from conversations.live.video import worth_sending

RATE_HZ = 48_000
FRAME_SAMPLES = 960  # 20 ms
FRAME_S = FRAME_SAMPLES / RATE_HZ
OPUS_S = 312 / RATE_HZ  # by how much libopus speaks later than it hears, OPUS_GET_LOOKAHEAD
HEARD_LATER_S = FRAME_S + OPUS_S  # a frame's end is heard that long after the frame was handed out
VIDEO_CLOCK_HZ = 90_000
AHEAD_S = 20.0  # sound waiting to be played; beyond this `play` blocks
DUCKED = 0.25  # -12 dB while it is unclear whether the patient wants the floor
FADE_SAMPLES = 480  # 10 ms: stopping must not click
REWIND_S = 0.4  # after a pause we go on from the quietest moment of what was said just before it
BEHIND_S = 0.5  # a track further behind than this gives up catching up

_SILENCE = np.zeros(FRAME_SAMPLES, np.int16)


@dataclass
class _Piece:
    """A sound waiting to be played; `begins` marks the first piece of its sentence."""

    samples: Samples  # mono int16 at 48 kHz
    sound: Sound
    sentence: Sentence
    begins: bool
    played: int = 0

    def rewind(self) -> int:
        """Back to the quietest 20 ms of the last `REWIND_S`: between words, if it can be. Samples gone back."""
        heard = self.samples[: self.played][-int(REWIND_S * RATE_HZ) :].astype(np.float32)
        blocks = heard[len(heard) % FRAME_SAMPLES :].reshape(-1, FRAME_SAMPLES)
        if not len(blocks):
            return 0
        quietest = int(np.argmin((blocks**2).mean(axis=1)))
        back = (len(blocks) - 1 - quietest) * FRAME_SAMPLES
        self.played -= back
        return back

    def phonemes_left(self) -> list[Phoneme]:
        """Those still to be heard, in seconds from now."""
        gone_s = self.played / RATE_HZ
        left = [phoneme for phoneme in self.sound.phonemes if phoneme.end_s > gone_s]
        return [replace(one, start_s=max(0.0, one.start_s - gone_s), end_s=one.end_s - gone_s) for one in left]


@dataclass
class Spoken:
    """A sentence and how much of it has been heard."""

    sentence: Sentence
    starts_s: float
    samples: int = 0
    played: int = 0
    complete: bool = False  # all of its sound is known

    @property
    def heard(self) -> str:
        """The words that reached the patient, cut at a word's end."""
        text = self.sentence.text
        if self.complete and self.played >= self.samples:
            return text
        share = self.played / self.samples if self.samples else 0.0
        cut = text[: int(len(text) * share)]
        return cut if len(cut) == len(text) else cut.rpartition(" ")[0]


class Company(Protocol):
    """Another person in the call, who hears us and whom the patient hears. 20 ms at a time."""

    def hear(self, ours: Samples) -> None: ...

    def speak(self) -> Samples: ...


@dataclass
class Out:
    """One per call. `on_sentence` is called when a sentence's first sample is played, `on_frame` with each 20 ms."""

    face: Face | None = None
    on_sentence: Callable[[Sentence], None] = lambda sentence: None
    on_frame: Callable[[Samples], None] = lambda frame: None
    company: Company | None = None
    played_samples: int = 0
    began_s: float = field(default_factory=time.time)  # Unix time at which the clock stood at 0
    spoken: list[Spoken] = field(default_factory=list)
    _queue: deque[_Piece] = field(default_factory=deque)
    _held: bool = False
    _gain: float = 1.0
    _target_gain: float = 1.0
    _pulled_at: float = field(default_factory=time.monotonic)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    # -- for the call ----------------------------------------------------------

    async def play(self, sound: Sound, samples: Samples, sentence: Sentence, *, begins: bool) -> None:
        """Queue `samples` (48 kHz) of `sound`. Waits while more than `AHEAD_S` is queued."""
        while self.queued_s > AHEAD_S:
            self._changed.clear()
            await self._changed.wait()
        starts_s = self.position_s + self.queued_s
        if begins:
            self.spoken.append(Spoken(sentence, starts_s))
        self.spoken[-1].samples += len(samples)
        if self.face and not self._held:  # else `_go_on` says when
            self.face.say(sound.phonemes, starts_s)
        self._queue.append(_Piece(samples, sound, sentence, begins))

    def sentence_done(self) -> None:
        """All the sound of the last sentence has been queued."""
        if self.spoken:
            self.spoken[-1].complete = True

    def stop(self) -> list[Spoken]:
        """Silence now. Returns what had been said since the last `stop` or `take_spoken`."""
        if self._queue:
            self._queue = deque() if self._held else deque([_faded(self._queue[0])])
        self._held = False
        if self.face:
            self.face.hush(self.position_s)
        self._changed.set()
        return self.take_spoken()

    def take_spoken(self) -> list[Spoken]:
        done, self.spoken = self.spoken, []
        return done

    def hold(self) -> None:
        """Silent within 20 ms, in the middle of a word if need be; `duck` and `unduck` go on from there."""
        self._held, self._target_gain = True, 0.0
        if self.face:
            self.face.hush(self.position_s + FRAME_S)

    def duck(self) -> None:
        self._go_on()
        self._target_gain = DUCKED

    def unduck(self) -> None:
        self._go_on()
        self._target_gain = 1.0

    def _go_on(self) -> None:
        """What waits is heard later than was planned: words, lips and the record move with it."""
        if not self._held:
            return
        self._held = False
        if self._queue:
            self._account(self._queue[0].sentence, -self._queue[0].rewind())
        starts_s = self.position_s
        for piece in self._queue:
            self._reschedule(piece, starts_s)
            starts_s += (len(piece.samples) - piece.played) / RATE_HZ

    def _reschedule(self, piece: _Piece, starts_s: float) -> None:
        if self.face:
            self.face.say(piece.phonemes_left(), starts_s)
        for spoken in self.spoken:
            if piece.begins and spoken.sentence is piece.sentence:
                spoken.starts_s = starts_s

    async def drained(self) -> None:
        """Until everything queued has been played."""
        while self._queue:
            self._changed.clear()
            await self._changed.wait()

    @property
    def speaking(self) -> bool:
        return bool(self._queue)

    @property
    def queued_s(self) -> float:
        return sum(len(piece.samples) - piece.played for piece in self._queue) / RATE_HZ

    @property
    def position_s(self) -> float:
        """Seconds of sound handed to the wire."""
        return self.played_samples / RATE_HZ

    def position_at(self, monotonic_s: float) -> float:
        """The position that is heard, by someone with no network between, at a moment near now."""
        return self.position_s - HEARD_LATER_S + min(max(monotonic_s - self._pulled_at, -FRAME_S), 0.2)

    # -- for the track -----------------------------------------------------------

    def next_frame(self) -> Samples:
        """The next 20 ms, silence if there is nothing to say. Advances the clock."""
        paused = self._held and self._gain == 0.0
        frame = self._collect() if self._queue and not paused else _SILENCE
        self.played_samples += FRAME_SAMPLES
        self._pulled_at = time.monotonic()
        if self._gain != 1.0 or self._target_gain != 1.0:
            frame = self._shaped(frame)
        if self.company:
            self.company.hear(frame)
            frame = mixed(frame, self.company.speak())
        self.on_frame(frame)
        return frame

    def _collect(self) -> Samples:
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        filled = 0
        while self._queue and filled < FRAME_SAMPLES:
            piece = self._queue[0]
            if piece.begins:
                piece.begins = False
                self.on_sentence(piece.sentence)
            count = min(FRAME_SAMPLES - filled, len(piece.samples) - piece.played)
            frame[filled : filled + count] = piece.samples[piece.played : piece.played + count]
            piece.played += count
            filled += count
            self._account(piece.sentence, count)
            if piece.played >= len(piece.samples):
                self._queue.popleft()
                self._changed.set()
        return frame

    def _account(self, sentence: Sentence, count: int) -> None:
        for spoken in self.spoken:
            if spoken.sentence is sentence:
                spoken.played += count
                return

    def _shaped(self, frame: Samples) -> Samples:
        """Move the gain towards its target over 20 ms, without a step."""
        ramp = np.linspace(self._gain, self._target_gain, FRAME_SAMPLES, dtype=np.float32)
        self._gain = self._target_gain
        return (frame * ramp).astype(np.int16)


def mixed(*sounds: Samples) -> Samples:
    """Their sum, clipped."""
    total = np.sum([sound.astype(np.int32) for sound in sounds], axis=0)
    clipped: Samples = np.clip(total, -32768, 32767).astype(np.int16)
    return clipped


def _faded(piece: _Piece) -> _Piece:
    """The last 10 ms of a piece that is cut short."""
    tail = piece.samples[piece.played : piece.played + FADE_SAMPLES].astype(np.float32)
    tail *= np.linspace(1.0, 0.0, len(tail), dtype=np.float32)
    return _Piece(tail.astype(np.int16), piece.sound, piece.sentence, begins=False)


class Paced:
    """When the next frame is due, on a steady grid that forgives a long stall."""

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self._due = time.monotonic()

    async def tick(self) -> None:
        self._due += self.period_s
        wait_s = self._due - time.monotonic()
        if wait_s < -BEHIND_S:
            self._due = time.monotonic()
        elif wait_s > 0:
            await asyncio.sleep(wait_s)

    def skip_missed(self) -> None:
        """Late frames are dropped, never queued."""
        while self._due + self.period_s < time.monotonic():
            self._due += self.period_s


class VoiceTrack(MediaStreamTrack):
    """The assistant's voice, 48 kHz mono."""

    kind = "audio"

    def __init__(self, out: Out) -> None:
        super().__init__()
        self.out = out
        self.sent_s = 0.0  # moment of the call to which the last frame belongs
        self._pace = Paced(FRAME_S)

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await self._pace.tick()
        pts = self.out.played_samples
        frame = av.AudioFrame.from_ndarray(self.out.next_frame().reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = pts
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self.sent_s = pts / RATE_HZ
        return frame


class FaceTrack(MediaStreamTrack):
    """The assistant's face, drawn in `pool` for the moment it will be shown."""

    kind = "video"

    def __init__(self, out: Out, face: Face, pool: Executor, *, fps: int) -> None:
        super().__init__()
        self.out, self.face, self.pool = out, face, pool
        self._pace = Paced(1 / fps)
        self._lag_s = 0.02  # drawing and encoding, smoothed: the picture is drawn that far ahead
        self._returned_at: float | None = None
        self._sent: av.VideoFrame | None = None
        self.sent_s = float("-inf")  # moment of the call to which the last picture belongs

    async def recv(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        asked_at = time.monotonic()
        encoding_s = asked_at - self._returned_at if self._returned_at else 0.0
        self._pace.skip_missed()
        began, sent_s, frame = await self._next_drawn()
        while not worth_sending(changed=frame is not self._sent, since_sent_s=sent_s - self.sent_s):
            began, sent_s, frame = await self._next_drawn()
        self._sent, self.sent_s = frame, sent_s
        frame.pts = int(sent_s * VIDEO_CLOCK_HZ)
        frame.time_base = fractions.Fraction(1, VIDEO_CLOCK_HZ)
        self._returned_at = time.monotonic()
        self._lag_s += 0.1 * (min(self._returned_at - began + encoding_s, 0.1) - self._lag_s)
        return frame

    async def _next_drawn(self) -> tuple[float, float, av.VideoFrame]:
        """When drawing began; the moment that is shown, counted as the voice's packets are; the picture."""
        await self._pace.tick()
        began = time.monotonic()
        at_s = self.out.position_at(began + self._lag_s)
        drawn = await asyncio.get_running_loop().run_in_executor(self.pool, self.face.draw, at_s)
        return began, at_s + OPUS_S, drawn

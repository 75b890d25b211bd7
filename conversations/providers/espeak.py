"""The embedded voice: eSpeak NG from its wheel, with the time of every phoneme.

It needs no network, no model and no audio device, and its first sound is there in under
10 ms, so it is both the default and what every other voice falls back to.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import cache

import numpy as np

from conversations.live.events import Phoneme, Samples, Sound
from conversations.providers.espeak_native import RATE_HZ, Manner, Mark, native, native_thread
from conversations.providers.spoken_form import spoken_form
from conversations.providers.timbre import Timbre

_FIRST_PIECE = int(0.06 * RATE_HZ)
_PIECE = int(0.25 * RATE_HZ)
_FADE = int(0.03 * RATE_HZ)
_LEVEL_DB = -19.0  # RMS of the sounding parts, in dBFS: leaves room for a stressed vowel
_SAMPLE_SENTENCE = "How are you feeling today, and did you manage to sleep through the night?"


class EspeakVoice:
    """A `Voice`. Safe to use from many calls at once; sentences queue for the one native instance."""

    def __init__(self, manner: Manner | None = None, *, words_per_minute: int | None = None) -> None:
        manner = manner or Manner()
        self._manner = replace(manner, words_per_minute=words_per_minute) if words_per_minute else manner
        native_thread().submit(_gain_db, self._manner)  # ready before the first sentence

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """The sentence in pieces of about a quarter second, the first one shorter; `text` rides on the first.

        A phoneme that a cut falls into is in both pieces. Closing the iterator stops the work.
        Raises `EspeakError` if the native voice cannot be used.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[Sound | None] = asyncio.Queue()
        stop = threading.Event()

        def deliver(piece: Sound | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop closed while we were speaking
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        work = loop.run_in_executor(native_thread(), self._perform, text, deliver, stop)
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            await work
        finally:
            stop.set()

    def render(self, text: str) -> Sound:
        """The whole sentence at once, with all its phonemes. Blocks: for sheets, evaluations and tests."""
        pieces: list[Sound | None] = []
        native_thread().submit(self._perform, text, pieces.append, threading.Event(), whole=True).result()
        return next((piece for piece in pieces if piece is not None), _SILENCE)

    def _perform(
        self, text: str, deliver: Callable[[Sound | None], None], stop: threading.Event, *, whole: bool = False
    ) -> None:
        try:
            cutter = PieceCutter(text, _gain_db(self._manner), whole=whole)

            def on_block(samples: Samples, marks: list[Mark]) -> bool:
                for piece in cutter.take(samples, marks):
                    deliver(piece)
                return not stop.is_set()

            if not stop.is_set():
                native().synthesise(spoken_form(text), self._manner, on_block)
                for piece in cutter.last():
                    deliver(piece)
        finally:
            deliver(None)


_SILENCE = Sound(np.zeros(0, np.int16), RATE_HZ)


class PieceCutter:
    """Gathers blocks and marks into pieces whose phonemes are timed from the piece's own start."""

    def __init__(self, text: str, gain_db: float, *, whole: bool = False) -> None:
        self._text = text
        self._timbre = Timbre(RATE_HZ, gain_db)
        self._blocks: list[Samples] = []
        self._marks: list[Mark] = []
        self._starts = self._ends = 0  # samples into the utterance
        self._enough = 1 << 40 if whole else _FIRST_PIECE
        self._whole = whole

    def take(self, samples: Samples, marks: list[Mark]) -> list[Sound]:
        self._marks.extend(marks)
        if len(samples):
            self._blocks.append(self._timbre.shape(samples))
            self._ends += len(samples)
        if self._ends - self._starts < self._enough:
            return []
        return self.rest()

    def rest(self) -> list[Sound]:
        """What has gathered, as one piece; nothing if there is nothing."""
        if self._ends == self._starts:
            return []
        piece = Sound(np.concatenate(self._blocks), RATE_HZ, self._text, self._phonemes())
        self._text = ""
        self._blocks = []
        self._starts = self._ends
        if not self._whole:
            self._enough = _PIECE
        return [piece]

    def last(self) -> list[Sound]:
        """The rest, faded out: some voices end on a ringing echo."""
        for piece in (pieces := self.rest()):
            fade = min(_FADE, len(piece.samples))
            tail = piece.samples[len(piece.samples) - fade :]
            tail[:] = (tail * np.linspace(1, 0, fade) ** 2).astype(np.int16)
        return pieces

    def _phonemes(self) -> tuple[Phoneme, ...]:
        """Those that sound between the piece's start and its end; what runs on is kept for the next piece."""
        marks = sorted(self._marks, key=lambda mark: mark.sample)
        ends = [*(mark.sample for mark in marks[1:]), self._ends]
        sounding = []
        for mark, end in zip(marks, ends, strict=True):
            first, last = max(mark.sample, self._starts), min(end, self._ends)
            if mark.symbol and last > first:
                sounding.append(Phoneme(mark.symbol, (first - self._starts) / RATE_HZ, (last - self._starts) / RATE_HZ))
        self._marks = [mark for mark, end in zip(marks, ends, strict=True) if end >= self._ends]
        return tuple(sounding)


@cache
def _gain_db(manner: Manner) -> float:
    """What brings this voice to the common level. Call it on `native_thread`."""
    cutter = PieceCutter("", 0.0, whole=True)

    def on_block(samples: Samples, marks: list[Mark]) -> bool:
        cutter.take(samples, marks)
        return True

    native().synthesise(_SAMPLE_SENTENCE, manner, on_block)
    return _LEVEL_DB - sounding_level_db(cutter.rest()[0])


def sounding_level_db(sound: Sound) -> float:
    """RMS over the 20 ms frames louder than -45 dBFS, in dBFS."""
    frame = sound.rate_hz // 50
    count = len(sound.samples) // frame
    frames = sound.samples[: count * frame].reshape(count, frame).astype(np.float64) / 32768
    energy = np.square(frames).mean(axis=1)
    return float(10 * np.log10(energy[energy > 10**-4.5].mean()))

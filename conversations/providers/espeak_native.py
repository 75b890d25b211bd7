"""eSpeak NG's C interface, as little of it as the voice needs.

The library keeps its state in globals: one instance a process, and every call on the one
thread that `native_thread` gives.
"""

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import espeakng_loader
import numpy as np

from conversations.live.events import Samples

RATE_HZ = 22_050

# espeak-ng/speak_lib.h
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _IPA, _DONT_EXIT = 0x0001, 0x0002, 0x8000
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_UTF8 = 1
_LIST_END, _PHONEME = 0, 7
_CONTINUE, _ABORT = 0, 1
_BLOCK_MS = 20


class EspeakError(RuntimeError):
    """The native voice could not be used; the message says what to do."""


@dataclass(frozen=True)
class Manner:
    """How it speaks. `pitch` and `melody` (pitch range) are eSpeak's 0 to 100, 50 being the voice's own."""

    name: str = "en-us+f5"  # of 15 variants, the female one that speech recognition follows best, in quiet and in noise
    words_per_minute: int = 150
    pitch: int = 45
    melody: int = 55
    word_gap_ms: int = 10


@dataclass(frozen=True)
class Mark:
    """A phoneme begins (or, with no symbol, a pause) this many samples into the utterance."""

    sample: int
    symbol: str


OnBlock = Callable[[Samples, list[Mark]], bool]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("symbol", ctypes.c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Native:
    """The library, started. Ask `native()` for the one instance."""

    def __init__(self) -> None:
        library = espeakng_loader.get_library_path()
        try:
            self._library: Any = ctypes.CDLL(library)
        except OSError as problem:
            raise EspeakError(f"cannot load {library}; reinstall the espeakng-loader package") from problem
        data = espeakng_loader.get_data_path()
        rate = self._library.espeak_Initialize(
            _SYNCHRONOUS, _BLOCK_MS, data.encode(), _PHONEME_EVENTS | _IPA | _DONT_EXIT
        )
        if rate != RATE_HZ:
            raise EspeakError(f"eSpeak NG did not start from {data}; reinstall the espeakng-loader package")
        self._callback = _Callback(self._receive)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)
        self._manner: Manner | None = None
        self._on_block: OnBlock | None = None

    def synthesise(self, text: str, manner: Manner, on_block: OnBlock) -> None:
        """Calls `on_block` with each stretch of sound; it returns False to stop. Blocks until done."""
        self._take_on(manner)
        self._on_block = on_block
        written = text.replace("\0", " ").encode() + b"\0"
        try:
            self._library.espeak_Synth(written, len(written), 0, 1, 0, _UTF8, None, None)
        finally:
            self._on_block = None

    def _take_on(self, manner: Manner) -> None:
        if manner == self._manner:
            return
        if self._library.espeak_SetVoiceByName(manner.name.encode()):
            raise EspeakError(f"eSpeak NG has no voice {manner.name!r}; see `espeak-ng --voices`")
        for parameter, value in (
            (_RATE, manner.words_per_minute),
            (_VOLUME, 100),
            (_PITCH, manner.pitch),
            (_RANGE, manner.melody),
            (_WORD_GAP, manner.word_gap_ms // 10),
        ):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._manner = manner

    def _receive(self, wave: Any, count: int, events: Any) -> int:
        if self._on_block is None:
            return _ABORT
        samples = np.ctypeslib.as_array(wave, (count,)).copy() if count > 0 else np.zeros(0, np.int16)
        return _CONTINUE if self._on_block(samples, _marks(events)) else _ABORT


def _marks(events: Any) -> list[Mark]:
    marks = []
    index = 0
    while events[index].type != _LIST_END:
        if events[index].type == _PHONEME:
            marks.append(Mark(events[index].sample, events[index].symbol.decode(errors="ignore")))
        index += 1
    return marks


@cache
def native() -> Native:
    """The one instance of this process. Call it on `native_thread`."""
    return Native()


@cache
def native_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="espeak")

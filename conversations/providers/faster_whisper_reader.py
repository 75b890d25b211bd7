"""Whisper on the machine, from a folder that the clinic put there: a reader for `rereading.RereadingTranscriber`.

The package `faster-whisper` is the clinic's to install. Its threads do not survive a fork, so each call's process
loads the model for itself: count its memory once per call.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from conversations.live.events import Samples
from conversations.providers.errors import ProviderFailed
from conversations.providers.loudness import levelled
from conversations.providers.rereading import Reading, Segment, read_from


class FasterWhisper:
    """One per process. `read` works in one thread: readings queue."""

    def __init__(self, folder: Path, *, language: str = "en") -> None:
        from faster_whisper import WhisperModel

        self._language = language
        self._model: Any = WhisperModel(str(folder), device="auto", compute_type="auto", local_files_only=True)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="whisper")

    async def read(self, sound: Samples) -> Reading:
        """Raises `ProviderFailed`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, sound)

    def _read(self, sound: Samples) -> Reading:
        try:
            segments, _ = self._model.transcribe(
                levelled(sound),
                language=self._language,
                beam_size=1,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
            )
            return read_from([Segment(each.text, each.avg_logprob, each.no_speech_prob) for each in segments])
        except Exception as problem:  # a native library raises what it likes; another recogniser is at hand
            raise ProviderFailed(type(problem).__name__) from problem

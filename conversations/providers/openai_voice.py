"""Any OpenAI-compatible `/audio/speech` as a `Voice`: raw samples, played as they come.

The service says nothing about phonemes: `timed_voice` hears the shapes of the mouth from the sound. What is voiced
says something about a patient, so it goes there only if settings say what covers it, and the patient agreed.
"""

import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import numpy as np
from openai import AsyncOpenAI

from conversations.live.closing import closing
from conversations.live.events import Samples, Sound
from conversations.providers.errors import ProviderFailed
from conversations.providers.patience import Patience

RATE_HZ = 24_000  # what `pcm` means in this API: mono, 16 bit, little-endian
FIRST_PIECE_S, PIECE_S = 0.06, 0.25
MOST_S_A_CHARACTER, SPARE_S = 0.25, 5.0  # sound that is longer is not of this sentence
LOUDEST_RMS = 0.45  # -7 dBFS over a piece: no speech, but bytes that are no samples, and they would hurt
FILES = (b"RIFF", b"ID3", b"OggS", b"fLaC")  # servers that know no raw samples send a file


class OpenAiVoice:
    """A `Voice` for one call."""

    def __init__(self, *, base_url: str, api_key: str, model: str, voice: str, rate_hz: int = RATE_HZ) -> None:
        self._model, self._voice, self._rate_hz = model, voice, rate_hz
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=30.0, max_retries=0)

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        """Closing the iterator ends the request. Raises `ProviderFailed` if the sound is none, or comes too slowly."""
        try:
            async with closing(self._sounds(text)) as sounds:
                async for sound in sounds:
                    yield sound
        except TimeoutError:
            raise ProviderFailed("the sound comes too slowly") from None
        except ProviderFailed:
            raise
        except Exception as problem:  # while sound arrives, the client hands on whatever its transport raises
            raise ProviderFailed(type(problem).__name__) from problem

    async def _sounds(self, text: str) -> AsyncIterator[Sound]:
        patience, pieces = Patience(), _Pieces(self._rate_hz)
        async with AsyncExitStack() as stack:
            request = self._client.audio.speech.with_streaming_response.create(
                model=self._model, voice=self._voice, input=text, response_format="pcm"
            )
            answer = await patience.wait(stack.enter_async_context(request))
            _refuse_text(answer.headers.get("content-type", ""))
            chunks = await stack.enter_async_context(closing(answer.iter_bytes()))
            while (chunk := await patience.wait(anext(chunks, None))) is not None:
                for samples in pieces.take(chunk):
                    patience.received(len(samples) / self._rate_hz)
                    if patience.received_s > SPARE_S + MOST_S_A_CHARACTER * len(text):
                        raise ProviderFailed("more sound than the sentence can have")
                    yield Sound(samples, self._rate_hz, text)
                    text = ""
        last = pieces.rest()
        if not patience.received_s and not len(last):
            raise ProviderFailed("no sound")
        yield Sound(last, self._rate_hz, text)


class _Pieces:
    """Bytes as they come → samples in pieces worth playing, the first one short."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._bytes = b""
        self._enough_s = FIRST_PIECE_S
        self._begun = False

    def take(self, chunk: bytes) -> list[Samples]:
        self._bytes += chunk
        if not self._begun and len(self._bytes) >= 4:
            self._begun = True
            if self._bytes.startswith(FILES):
                raise ProviderFailed("the answer is a file, not raw samples")
        if len(self._bytes) < 2 * self._enough_s * self._rate_hz:
            return []
        self._enough_s = PIECE_S
        return [self.rest()]

    def rest(self) -> Samples:
        """What is left; half a sample waits for its other half."""
        whole = len(self._bytes) // 2 * 2
        samples = np.frombuffer(self._bytes[:whole], "<i2").astype(np.int16)
        self._bytes = self._bytes[whole:]
        if len(samples) and math.sqrt(np.mean((samples / 32768.0) ** 2)) > LOUDEST_RMS:
            raise ProviderFailed("the answer is noise")
        return samples


def _refuse_text(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind and not kind.startswith("audio/") and kind != "application/octet-stream":
        raise ProviderFailed("the answer is no sound")

"""Any OpenAI-compatible `/audio/transcriptions` as the reader of `rereading.RereadingTranscriber`.

A patient's voice goes there only if settings say what covers it, and the patient agreed: `steady.SteadyTranscriber`
asks before each request.
"""

import io
import math
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np
from openai import AsyncOpenAI, OpenAIError

from conversations.live.events import Samples
from conversations.providers.errors import ProviderFailed
from conversations.providers.loudness import levelled
from conversations.providers.rereading import UNSAID, Reading, Segment, read_from
from conversations.providers.stretch import RATE_HZ

CONNECT_S = 2.0
MOST_CHARACTERS = 4_000  # of one stretch of speech; more is no transcript
# These give the probability of each token, and know no segments; all others speak Whisper's verbose form.
TOKENS_ONLY = ("gpt-4o",)


class OpenAiTranscriber:
    """`read` is what listens. One per call."""

    def __init__(
        self, *, base_url: str, api_key: str, model: str, language: str = "en", timeout_s: float = 5.0
    ) -> None:
        self._model, self._language = model, language
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=timeout_s, max_retries=0)

    async def read(self, sound: Samples) -> Reading:
        """Raises `ProviderFailed` on anything but a well-formed answer."""
        form: dict[str, Any] = (
            {"response_format": "json", "include": ["logprobs"]}
            if self._model.startswith(TOKENS_ONLY)
            else {"response_format": "verbose_json"}
        )
        try:
            answer = await self._client.audio.transcriptions.create(
                file=("speech.wav", as_wav(sound), "audio/wav"),
                model=self._model,
                language=self._language,
                temperature=0.0,
                **form,
            )
            return _reading(answer)
        except OpenAIError as problem:
            raise ProviderFailed(type(problem).__name__) from problem
        except (ValueError, TypeError, AttributeError, KeyError, IndexError) as problem:
            raise ProviderFailed(f"malformed answer: {type(problem).__name__}") from problem


def as_wav(sound: Samples) -> bytes:
    """Mono, 16 kHz, 16 bit, at the loudness recognisers were trained on."""
    loud = (levelled(sound) * 32767.0).astype(np.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE_HZ)
        written.writeframes(loud.tobytes())
    return file.getvalue()


def _reading(answer: Any) -> Reading:
    """Whatever a server sends: the client checks no types."""
    text = answer.text
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise ProviderFailed("the answer is no transcript")
    segments = getattr(answer, "segments", None)
    if segments:
        return read_from([_segment(segment) for segment in segments])
    return Reading(text.strip(), _certainty(getattr(answer, "logprobs", None)))


def _segment(sent: Any) -> Segment:
    no_speech_p = getattr(sent, "no_speech_prob", None)
    logprob = getattr(sent, "avg_logprob", None)
    if not isinstance(sent.text, str):
        raise ProviderFailed("a segment is no text")
    return Segment(
        sent.text,
        math.log(UNSAID) if logprob is None else float(logprob),
        0.0 if no_speech_p is None else float(no_speech_p),
    )


def _certainty(logprobs: Sequence[Any] | None) -> float:
    """The geometric mean of the tokens' probabilities."""
    known = [float(token.logprob) for token in logprobs or () if token.logprob is not None]
    return math.exp(min(0.0, sum(known) / len(known))) if known else UNSAID

"""Moonshine tiny-en (Useful Sensors, MIT) from the moonshine-voice wheel, its two graphs run directly by onnxruntime.

The wheel's own library gives text only, brings a second onnxruntime (42 MB) and splits the sound by a VAD of its own.
Run directly, the same two graphs give each token's probability (an honest confidence), let a draft be checked in
one pass (the last partial result, when a few more words have come in), and cost less time (docs/decisions/0040).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import onnxruntime

from conversations.providers import onnx_models

RATE_HZ = 16_000
START, END = 1, 2
LAYERS, HEADS, HEAD_SIZE = 6, 8, 36
TOKENS_PER_S = 6.5  # the authors' bound; a decoder that says more is repeating itself
SHORTEST_S = 0.1
LOOK_AHEAD = 8  # tokens of a draft that are tried at once after a token that was not in it

Sound = npt.NDArray[np.float32]
States = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float32]
Cache = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Decoded:
    """The tokens and the probability that the decoder gave each."""

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    ended: bool  # False: stopped at the bound

    @property
    def text(self) -> str:
        return text_of(self.tokens)


def _asset(name: str) -> Path:
    return onnx_models.model_file("moonshine_voice", "assets", "tiny-en", name)


@lru_cache(maxsize=1)
def vocabulary() -> tuple[bytes, ...]:
    """tokenizer.bin: each token's length in a byte, then the token."""
    data = _asset("tokenizer.bin").read_bytes()
    tokens, at = [], 0
    while at < len(data):
        length = data[at]
        tokens.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return tuple(tokens)


def text_of(tokens: Sequence[int]) -> str:
    words = b"".join(vocabulary()[token] for token in tokens)
    return words.decode("utf-8", "replace").replace("▁", " ").strip()


class Moonshine:
    """Sound to tokens. Holds no state of a call; threads may share it."""

    def __init__(self) -> None:
        self._encoder = onnx_models.session(_asset("encoder_model.ort"))
        self._decoder = onnx_models.session(_asset("decoder_model_merged.ort"))
        self._outputs = [output.name for output in self._decoder.get_outputs()]

    def decode(self, sound: Sound, draft: Sequence[int] = ()) -> Decoded:
        """Greedy. `draft` are tokens that may be right from the start on: those that are cost one pass together."""
        if len(sound) < SHORTEST_S * RATE_HZ:
            return Decoded((), (), ended=True)
        heard = _Decoding(self._decoder, self._outputs, self._encode(sound), len(sound))
        limit = int(len(sound) / RATE_HZ * TOKENS_PER_S) + 4
        return heard.run(list(draft)[:limit], limit)

    def _encode(self, sound: Sound) -> States:
        mask = np.ones((1, len(sound)), np.int64)
        states = self._encoder.run(None, {"input_values": sound[None], "attention_mask": mask})[0]
        return cast(States, states)


class _Decoding:
    """One pass of the decoder over one sound."""

    def __init__(self, decoder: onnxruntime.InferenceSession, outputs: list[str], states: States, samples: int) -> None:
        self._decoder = decoder
        self._outputs = outputs
        self._fixed = {"encoder_hidden_states": states, "encoder_attention_mask": np.ones((1, samples), np.int64)}
        empty = np.zeros((1, HEADS, 0, HEAD_SIZE), np.float32)
        self._cache: Cache = {
            f"past_key_values.{layer}.{side}.{part}": empty
            for layer in range(LAYERS)
            for side in ("decoder", "encoder")
            for part in ("key", "value")
        }
        self._cached = False

    def run(self, draft: list[int], limit: int) -> Decoded:
        tokens: list[int] = []
        probabilities: list[float] = []
        guess = draft
        while len(tokens) < limit:
            logits = self._step([tokens[-1] if tokens else START, *guess])
            for position in range(len(guess) + 1):
                token, p = _likeliest(logits[position])
                probabilities.append(p)
                if token == END:
                    return Decoded(tuple(tokens), tuple(probabilities), ended=True)
                tokens.append(token)
                if position < len(guess) and token != guess[position]:
                    break
            self._keep(len(tokens))
            guess, draft = _next_guess(tokens[-1], draft[position:])
        return Decoded(tuple(tokens[:limit]), tuple(probabilities[:limit]), ended=False)

    def _step(self, tokens: list[int]) -> Logits:
        """Logits after each of `tokens`, shape (len(tokens), vocabulary)."""
        feed = {"input_ids": np.array([tokens], np.int64), "use_cache_branch": np.array([self._cached])}
        results = dict(zip(self._outputs, self._decoder.run(None, feed | self._fixed | self._cache), strict=True))
        for name in self._cache:
            if self._cached and ".encoder." in name:
                continue  # the cached branch returns these empty
            self._cache[name] = results[name.replace("past_key_values", "present")]
        self._cached = True
        logits: Logits = results["logits"][0]
        return logits

    def _keep(self, tokens: int) -> None:
        """Forget what a wrong draft left in the cache: keep what the first `tokens` inputs left."""
        for name, value in self._cache.items():
            if ".decoder." in name:
                self._cache[name] = value[:, :, :tokens]


def _next_guess(token: int, draft: list[int]) -> tuple[list[int], list[int]]:
    """What may follow `token`, if the draft has it soon, and the draft from there on."""
    if token not in draft[:LOOK_AHEAD]:
        return [], draft
    rest = draft[draft.index(token) + 1 :]
    return rest[:LOOK_AHEAD], rest


def _likeliest(logits: Logits) -> tuple[int, float]:
    token = int(logits.argmax())
    return token, float(1.0 / np.exp(logits - logits[token]).sum())

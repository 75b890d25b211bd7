"""The real models on real speech."""

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from conversations.live.ears import ears
from conversations.live.events import EndEstimate, SpeechStarted, SpeechStopped, Words
from conversations.providers.errors import ModelMissing
from conversations.providers.loudness import levelled
from conversations.providers.moonshine import MoonshineTranscriber, confidence, without_repeats
from conversations.providers.moonshine_graphs import Decoded, Moonshine
from conversations.providers.onnx_models import model_file
from conversations.providers.silero import SileroVad
from conversations.providers.smart_turn import SmartTurn
from tests.live.speech import chunks_of, recording


async def paced(chunks, per_chunk_s=0.004):
    """Five times as fast as life."""
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(per_chunk_s)


async def hear(sound):
    parts = (SileroVad(), SmartTurn(), MoonshineTranscriber())
    async with aclosing(ears(paced(chunks_of(sound)), *parts)) as events:
        return [event async for event in events]


async def test_speech_is_heard():
    second = np.zeros(16_000, np.int16)
    events = await hear(np.concatenate((second, recording()[: 16_000 * 8], second)))
    assert any(isinstance(event, SpeechStarted) for event in events)
    assert any(isinstance(event, SpeechStopped) for event in events)
    assert any(isinstance(event, EndEstimate) for event in events)
    finals = {event.start_s: event for event in events if isinstance(event, Words) and event.final}
    text = " ".join(words.text for words in finals.values()).lower()
    assert "best of times" in text
    assert "worst of times" in text
    assert all(words.confidence > 0.6 for words in finals.values())


async def test_a_quiet_voice_is_understood_as_well():
    quiet = (recording()[: 16_000 * 5] * 0.01).astype(np.int16)
    transcriber = MoonshineTranscriber()
    transcriber.begin(quiet, 0.0)
    assert "best of times" in (await transcriber.final(5.0)).text.lower()


async def test_a_draft_changes_the_time_not_the_words():
    sound = levelled(recording()[: 16_000 * 5])
    graphs = Moonshine()
    plain = graphs.decode(sound)
    wrong = (*plain.tokens[:4], 77, *plain.tokens[5:])
    for draft in (plain.tokens, wrong, plain.tokens[:3], (99, 98)):
        assert graphs.decode(sound, draft).tokens == plain.tokens


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ((5, 6, 7), (5, 6, 7)),
        ((5, 6, 6, 6, 6), (5, 6)),
        ((9, 1, 2, 1, 2, 1, 2), (9, 1, 2)),
        ((1, 2, 1, 2), (1, 2, 1, 2)),
    ],
)
def test_a_decoder_that_runs_dry_says_it_once(tokens, kept):
    decoded = without_repeats(Decoded(tokens, (0.9,) * len(tokens), ended=True))
    assert decoded.tokens == kept


def test_words_that_were_repeated_are_unsure():
    repeating = without_repeats(Decoded((5, 6, 6, 6, 6), (0.9,) * 5, ended=True))
    assert confidence(repeating) < 0.6 < confidence(Decoded((5, 6), (0.9, 0.9), ended=True))


def test_silence_has_no_voice():
    vad = SileroVad()
    assert max(vad.speech_p(np.zeros(512, np.int16)) for _ in range(100)) < 0.1


def test_a_missing_model_says_what_to_do():
    with pytest.raises(ModelMissing, match="pip install"):
        model_file("pipecat", "no-such.onnx")
    with pytest.raises(ModelMissing):
        model_file("no_such_package", "x.onnx")

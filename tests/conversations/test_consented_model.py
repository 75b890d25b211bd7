"""A language model may be taken back between two words."""

import pytest

from conversations.mind.model import ModelFailed, Text
from conversations.providers.consented import ConsentedModel


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Model:
    """Says a word a second."""

    closed = False

    def __init__(self, clock):
        self.clock = clock

    async def stream(self, _messages, _tools):
        try:
            for number in range(10):
                yield Text(f"{number} ")
                self.clock.now += 0.6
        finally:
            self.closed = True


async def said(model):
    return [piece.text async for piece in model.stream([], [])]


async def test_while_the_patient_agrees_the_model_speaks():
    clock = Clock()
    assert len(await said(ConsentedModel(Model(clock), lambda: True, clock))) == 10


async def test_without_consent_it_is_not_asked_at_all():
    clock, model = Clock(), Model(Clock())
    with pytest.raises(ModelFailed, match="consent"):
        await said(ConsentedModel(model, lambda: False, clock))
    assert not model.closed  # it never began


async def test_consent_taken_back_stops_the_words_within_two_seconds():
    clock = Clock()
    model = Model(clock)
    last_heard_at = None
    with pytest.raises(ModelFailed, match="consent"):
        async for _piece in ConsentedModel(model, lambda: clock.now < 2.0, clock).stream([], []):
            last_heard_at = clock.now
    assert last_heard_at is not None
    assert last_heard_at <= 2.0 + 2.0
    assert model.closed

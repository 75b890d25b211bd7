"""Malformed packets and messages, a few: `python -m tests.faults.malformed` sends a hundred thousand."""

import asyncio

import pytest

from tests.faults import malformed
from tests.stack import Stack
from tests.test_story_by_protocol import _loopback_only, until

pytestmark = [pytest.mark.stack, pytest.mark.alone]
__all__ = ["_loopback_only"]  # a fixture, for every test here


async def test_a_call_that_is_shot_at_goes_on_in_its_process(stack: Stack):
    async with malformed.calling(stack) as maria:
        shot = await malformed.shoot(maria, packets=3_000, count=40, seed=7)
        assert (shot.packets, shot.signals) == (3_000, 40)
        assert shot.encrypted > 100
        said = len(maria.heard.captions("assistant"))
        maria.send({"type": "typed", "text": malformed.SAYS})
        await until(lambda: len(maria.heard.captions("assistant")) > said)
        state = await asyncio.to_thread(malformed.epoch, stack, maria)
    assert state == "live 1"


def test_the_same_seed_shoots_the_same():
    one, other = malformed.Packets(3), malformed.Packets(3)
    assert [one.strange() for _ in range(200)] == [other.strange() for _ in range(200)]

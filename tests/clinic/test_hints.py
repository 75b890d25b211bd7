"""A row promises; a message through the broker makes it quick. Without a broker it is only slower."""

import time
from uuid import uuid4

import pytest
import redis
from django import conf
from kombu.exceptions import OperationalError

from clinic import celery, hints
from knowledge import tasks


def waiting() -> int:
    found: int = redis.Redis.from_url(conf.settings.REDIS_URL).llen("celery")
    return found


def test_every_process_sends_its_hints_to_our_broker(redis_server: None) -> None:
    before = waiting()
    tasks.ingest.apply_async(args=["00000000-0000-0000-0000-000000000000"], retry=False)
    assert waiting() == before + 1


def test_a_hint_without_a_broker_is_given_up_at_once() -> None:
    began_s = time.monotonic()
    nowhere = celery.app.connection_for_write(url="redis+socket:///nowhere/redis.sock")
    with nowhere, pytest.raises(OperationalError):
        tasks.ingest.apply_async(args=["00000000-0000-0000-0000-000000000000"], retry=False, connection=nowhere)
    assert time.monotonic() - began_s < 1.0


class Layer:
    """A channel layer that keeps what is sent."""

    sent: list[list[str]]

    async def group_send(self, group: str, message: dict[str, list[str]]) -> None:
        self.sent.append(message["ids"])


def test_hints_that_come_together_leave_together(settings) -> None:
    Layer.sent = []
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Layer"}}
    rows = [uuid4() for _ in range(30)]
    for row in rows:
        hints.give("escalations", row)
    deadline = time.monotonic() + 5
    while sum(map(len, Layer.sent)) < len(rows) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sorted(named for message in Layer.sent for named in message) == sorted(map(str, rows))
    assert len(Layer.sent) < len(rows)

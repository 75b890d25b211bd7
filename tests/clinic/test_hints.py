"""A row promises; a message through the broker makes it quick. Without a broker it is only slower."""

import time

import pytest
import redis
from django.conf import settings
from kombu.exceptions import OperationalError

from clinic import celery
from knowledge import tasks


def waiting() -> int:
    found: int = redis.Redis.from_url(settings.REDIS_URL).llen("celery")
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

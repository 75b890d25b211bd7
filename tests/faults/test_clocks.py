"""A machine's clock is an hour off: calls stay where they are, and somebody is told."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from clinic import clocks
from conversations import sessions
from conversations.models import Session
from tests import cast

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_a_host_whose_clock_is_an_hour_off_takes_no_call_from_others(monkeypatch: pytest.MonkeyPatch, off: timedelta):
    held = a_call_of("host-1")
    clock_is(monkeypatch, off)
    assert sessions.claim("host-2") is None
    sessions.heartbeat(held, 1)
    clock_is(monkeypatch, -off)
    assert sessions.claim("host-3") is None
    Session.objects.filter(pk=held.session_id).update(heartbeat_at=Now() - sessions.SILENT_AFTER)
    taken = sessions.claim("host-2")
    assert taken is not None
    assert taken.epoch == held.epoch + 1


@pytest.mark.parametrize("off_s", [3600.0, -3600.0, 0.0])
def test_a_clock_that_is_off_is_told(monkeypatch: pytest.MonkeyPatch, off_s: float):
    monkeypatch.setattr(clocks, "time", SimpleNamespace(time=lambda: time.time() + off_s))
    told = Client().get("/metrics").content.decode().splitlines()
    [line] = [line for line in told if line.startswith("aftercare_clock_offset_seconds ")]
    assert float(line.split()[1]) == pytest.approx(off_s, abs=1.0)


def a_call_of(host: str) -> sessions.Claim:
    sessions.want(Session.objects.create(patient=cast.maria()).pk)
    held = sessions.claim(host)
    assert held is not None
    return held


def clock_is(monkeypatch: pytest.MonkeyPatch, off: timedelta) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + off)

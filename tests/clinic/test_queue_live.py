"""The live queue over its WebSocket: what arrives, to whom, and what a lost hint costs."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from django.test import Client

from clinic import escalations, feed, queue
from clinic.asgi import application
from clinic.discharge_plan import Severity
from clinic.models import Escalation, User
from compliance import break_glass
from compliance.models import BrokenGlass
from tests import cast
from tests.clinic import trail
from tests.sockets import no_connection_left

pytestmark = pytest.mark.django_db(transaction=True)
opened: list[WebsocketCommunicator] = []
WITHOUT_HINTS = {"default": {"BACKEND": "tests.clinic.test_queue_live.SilentLayer"}}


class SilentLayer:
    """A channel layer whose Redis is gone."""

    async def new_channel(self) -> str:
        raise ConnectionError("no Redis")

    async def group_send(self, group: str, message: object) -> None:
        raise ConnectionError("no Redis")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(feed, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(feed, "CHECK_EVERY_S", 0.2)
    monkeypatch.setattr(feed, "PATIENCE_S", 0.2)
    monkeypatch.setattr(feed, "AGAIN_S", 0.05)


@pytest.fixture(autouse=True)
async def _leave_nothing_open():
    async with no_connection_left():
        yield
        for page in opened:
            await page.disconnect()
        opened.clear()


def raise_one(turn: int = 1, quote: str = "my calf is hot", severity: Severity = Severity.URGENT) -> Escalation:
    return escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=uuid.uuid5(uuid.NAMESPACE_OID, "call"),
        turn=turn,
        rule="plan.not_expected",
        severity=severity,
        quote=quote,
    )


def browser(user: User | None) -> WebsocketCommunicator:
    client = Client() if user is None else cast.signed_in(user)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1"), (b"cookie", cookies.encode())]
    page = WebsocketCommunicator(application, "/ws/escalations/", headers=headers)
    page.client = client
    opened.append(page)
    return page


async def open_page(who, have=None) -> WebsocketCommunicator:
    page = await sync_to_async(lambda: browser(who()))()
    assert (await page.connect())[0]
    await page.send_json_to({"have": have or {}})
    return page


async def rows_until(page: WebsocketCommunicator, wanted: int) -> dict[str, Any]:
    """What the page shows once it has `wanted` rows."""
    shown: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while len(shown) < wanted:
            message = await page.receive_json_from(timeout=10)
            shown.update({row["id"]: row for row in message["rows"]})
            for gone in message["gone"]:
                shown.pop(gone, None)
    return shown


async def closing_code(page: WebsocketCommunicator) -> int:
    async with asyncio.timeout(10):
        while True:
            message = await page.receive_output(timeout=10)
            if message["type"] == "websocket.close":
                return int(message["code"])


async def test_a_page_gets_what_waits_and_then_what_comes():
    first = await sync_to_async(raise_one)()
    page = await open_page(cast.dr_osei)
    assert set(await rows_until(page, 1)) == {str(first.pk)}
    second = await sync_to_async(raise_one)(turn=2)
    message = await page.receive_json_from(timeout=10)
    assert [row["id"] for row in message["rows"]] == [str(second.pk)]
    assert "my calf is hot" in message["rows"][0]["html"]


async def test_what_was_sent_is_written_down():
    raised = await sync_to_async(raise_one)()
    page = await open_page(cast.dr_osei)
    await rows_until(page, 1)
    event = await sync_to_async(trail.only)(escalations.LISTED)
    osei = await sync_to_async(cast.dr_osei)()
    assert (event.actor, event.detail["escalations"]) == (f"user:{osei.pk}", str(raised.pk))


async def test_a_page_that_comes_back_gets_only_what_is_newer():
    known = await sync_to_async(raise_one)()
    fresh = await sync_to_async(raise_one)(turn=2)
    version = (await sync_to_async(Escalation.objects.get)(pk=known.pk)).version
    page = await open_page(cast.dr_osei, {str(known.pk): version, str(uuid.uuid4()): 3, "nonsense": "x"})
    message = await page.receive_json_from(timeout=10)
    assert [row["id"] for row in message["rows"]] == [str(fresh.pk)]
    assert len(message["gone"]) == 1


async def test_where_much_is_lacking_the_most_pressing_come_first(monkeypatch):
    monkeypatch.setattr(queue, "PIECE", 2)
    for turn in range(1, 5):
        await sync_to_async(raise_one)(turn=turn)
    emergency = await sync_to_async(raise_one)(turn=5, severity=Severity.EMERGENCY)
    page = await open_page(cast.dr_osei)
    first = await page.receive_json_from(timeout=10)
    assert [len(first["rows"]), first["rows"][0]["id"], first["open"], first["gone"]] == [2, str(emergency.pk), 5, []]
    assert len(await rows_until(page, 3)) == 3


async def test_one_that_waits_for_its_piece_stays_as_it_was(monkeypatch):
    raised = [await sync_to_async(raise_one)(turn=turn) for turn in range(1, 5)]
    page = await open_page(cast.dr_osei, {str(one.pk): 0 for one in raised})
    monkeypatch.setattr(queue, "PIECE", 1)
    for _ in raised:
        message = await page.receive_json_from(timeout=10)
        assert (len(message["rows"]), message["gone"]) == (1, [])


async def test_what_every_page_shows_is_not_rendered_again(monkeypatch):
    known = await sync_to_async(raise_one)()
    version = (await sync_to_async(Escalation.objects.get)(pk=known.pk)).version
    rendered: list[uuid.UUID] = []
    real = queue.rows
    monkeypatch.setattr(queue, "rows", lambda ids: rendered.extend(ids) or real(ids))
    pages = [await open_page(cast.dr_osei, {str(known.pk): version}) for _ in range(2)]
    for page in pages:
        assert (await page.receive_json_from(timeout=10))["open"] == 1
    assert rendered == []
    newcomer = await open_page(cast.dr_osei)
    assert set(await rows_until(newcomer, 1)) == {str(known.pk)}


async def test_a_resolved_one_goes_away():
    raised = await sync_to_async(raise_one)()
    page = await open_page(cast.dr_osei)
    await rows_until(page, 1)
    osei = await sync_to_async(cast.dr_osei)()
    await sync_to_async(escalations.resolve)(raised, osei, outcome="advised", note="")
    message = await page.receive_json_from(timeout=10)
    assert message["gone"] == [str(raised.pk)]


async def test_without_redis_pages_look_by_themselves(settings):
    settings.CHANNEL_LAYERS = WITHOUT_HINTS
    page = await open_page(cast.dr_osei)
    assert (await page.receive_json_from(timeout=10))["rows"] == []
    raised = await sync_to_async(raise_one)()
    assert set(await rows_until(page, 1)) == {str(raised.pk)}


async def test_what_need_not_hurry_comes_with_the_next_look():
    raised = await sync_to_async(raise_one)()
    page = await open_page(cast.dr_osei)
    before = (await rows_until(page, 1))[str(raised.pk)]["version"]
    await sync_to_async(escalations.touch)(raised, at_once=False)
    message = await page.receive_json_from(timeout=10)
    assert [row["version"] for row in message["rows"]] == [before + 1]


async def test_a_stranger_is_shown_nothing_of_maria():
    await sync_to_async(raise_one)()
    page = await open_page(cast.stranger)
    assert await page.receive_json_from(timeout=10) == {"rows": [], "gone": [], "open": 0}


async def test_behind_broken_glass_the_open_page_shows_that_patient_until_the_hour_is_over():
    raised = await sync_to_async(raise_one)()
    page = await open_page(cast.stranger)
    assert (await page.receive_json_from(timeout=10))["rows"] == []
    stranger, maria = await sync_to_async(cast.stranger)(), await sync_to_async(cast.maria)()
    reason = "She collapsed in our waiting room."
    glass = await sync_to_async(break_glass.break_glass)(stranger, maria.pk, reason)
    assert await closing_code(page) == 4408  # come again: you see more now
    page = await open_page(cast.stranger)
    assert set(await rows_until(page, 1)) == {str(raised.pk)}
    await sync_to_async(BrokenGlass.objects.filter(pk=glass.pk).update)(ends_at=glass.broken_at)
    assert await closing_code(page) == 4408
    page = await open_page(cast.stranger, {str(raised.pk): 1})
    assert (await page.receive_json_from(timeout=10))["gone"] == [str(raised.pk)]


@pytest.mark.parametrize(("who", "code"), [(cast.officer, 4403), (cast.admin, 4403), (lambda: None, 4401)])
async def test_nobody_else_gets_a_socket(who, code):
    page = await sync_to_async(lambda: browser(who()))()
    await page.connect()
    assert await closing_code(page) == code


async def test_a_socket_ends_soon_after_the_account_is_closed():
    page = await open_page(cast.dr_osei)
    await page.receive_json_from(timeout=10)
    await sync_to_async(User.objects.filter(username="osei").update)(is_active=False)
    assert await closing_code(page) == 4401


async def test_messages_that_make_no_sense_change_nothing():
    await sync_to_async(raise_one)()
    page = await sync_to_async(lambda: browser(cast.dr_osei()))()
    await page.connect()
    for nonsense in ([], {"have": 7}, {"other": 1}):
        await page.send_to(text_data=json.dumps(nonsense))
    await page.send_json_to({"have": {}})
    assert len(await rows_until(page, 1)) == 1


async def test_a_page_that_cannot_be_audited_gets_nothing(monkeypatch):
    await sync_to_async(raise_one)()

    def broken(_ids: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(escalations, "record_listings", broken)
    page = await open_page(cast.dr_osei)
    assert await closing_code(page) == 4408


async def test_a_page_outlives_a_moment_without_the_database(monkeypatch):
    monkeypatch.setattr(feed, "PATIENCE_S", 60.0)
    page = await open_page(cast.dr_osei)
    assert (await page.receive_json_from(timeout=10))["rows"] == []
    record, failures = escalations.record_listings, iter([OperationalError(), OperationalError()])

    def away_twice(shown):
        for problem in failures:
            raise problem
        record(shown)

    monkeypatch.setattr(escalations, "record_listings", away_twice)
    raised = await sync_to_async(raise_one)()
    assert set(await rows_until(page, 1)) == {str(raised.pk)}
    assert not list(failures)

"""Who may be in a call with the patient, and how soon whoever may not is out of it."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session as SignedIn

from clinic import care
from clinic.asgi import application
from clinic.models import User
from compliance.models import AuditEvent
from conversations import channel, colleagues, handover
from conversations.handover import HandOver, Parts
from conversations.models import Session
from tests import cast
from tests.sockets import no_connection_left

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_server")]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(colleagues, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(handover, "CHECK_EVERY_S", 0.05)


@pytest.fixture(autouse=True)
async def _leave_nothing_open():
    async with no_connection_left():
        yield


def close_osei():
    User.objects.filter(username="osei").update(is_active=False)


def move_osei():
    cast.dr_osei().care_teams.set([cast.cardiology()])


def sign_osei_out():
    SignedIn.objects.all().delete()


def visit():
    """Dr Osei's page, and Maria's call."""
    call = Session.objects.create(patient=cast.maria())
    cookie = cast.signed_in(cast.dr_osei()).session.session_key
    headers = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1"), (b"cookie", f"sessionid={cookie}".encode())]
    return call, WebsocketCommunicator(application, f"/ws/join/{call.pk}/", headers=headers)


async def messages(layer, mine):
    """What the call's process is told, until there is nothing more."""
    told = []
    while True:
        try:
            async with asyncio.timeout(1):
                told.append((await layer.receive(mine))["message"]["type"])
        except TimeoutError:
            return told


@pytest.mark.parametrize(("what", "code"), [(close_osei, 4401), (sign_osei_out, 4401), (move_osei, 4403)])
async def test_who_may_no_longer_see_her_is_out_of_the_call_before_the_socket_closes(what, code):
    call, page = await sync_to_async(visit)()
    layer = get_channel_layer()
    mine = await layer.new_channel()
    await layer.group_add(channel.process_group(call.pk), mine)
    assert (await page.connect())[0]
    await page.send_json_to({"type": "offer", "sdp": "v=0"})
    await asyncio.sleep(0.3)
    await sync_to_async(what)()
    async with asyncio.timeout(5):
        closed = await page.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", code)
    await page.disconnect()
    assert await messages(layer, mine) == ["colleague.hello", "colleague.offer", "colleague.back", "colleague.gone"]
    kept = AuditEvent.objects.filter(action__startswith="session.colleague_").order_by("id")
    written = await sync_to_async(lambda: list(kept.values_list("action", flat=True)))()
    assert written == ["session.colleague_joined", "session.colleague_left"]


@pytest.mark.parametrize("what", [close_osei, move_osei])
async def test_without_redis_the_calls_process_finds_out_by_itself(what):
    maria, osei = await sync_to_async(cast.maria)(), await sync_to_async(cast.dr_osei)()
    parts = Parts(None, None, None, None, None, lambda who: care.treats(who, maria.pk))
    hand_over = HandOver(None, parts, epoch=1, ice_for_page=[])
    left = asyncio.Event()

    async def leave():
        left.set()

    hand_over.leave = leave
    hand_over._guest, hand_over._who = SimpleNamespace(name="Abena Osei"), str(osei.pk)
    watching = asyncio.create_task(hand_over.watch())
    await asyncio.sleep(0.3)
    assert not left.is_set()
    began_s = time.monotonic()
    await sync_to_async(what)()
    await asyncio.wait_for(left.wait(), 5)
    assert time.monotonic() - began_s < 5
    watching.cancel()

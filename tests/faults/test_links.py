"""Bad links: to the language model, whatever they do, the patient is answered in time and hears nothing unchecked."""

import asyncio
import os
import random
import time

import pytest

from tests.conversations import stand_in_model
from tests.conversations.stand_in_model import serving
from tests.conversations.talk import spoken
from tests.conversations.test_modelled import QUICK, talk_with
from tests.faults.proxy import Fault, any_fault, between

SEED = int(os.environ.get("FAULT_SEED", "7"))
SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "6"))
SLACK_S = 3.0  # for a busy machine
SAYS = stand_in_model.says("You may shower after 48 hours. ", "You may also drive at once. ")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(1000):
        writer.write(piece)
    writer.close()


async def through(fault: Fault, seed: int = 0) -> tuple[bytes, float]:
    """What comes back of "hello there" through a connection with this fault, and after how long; 2 s at most."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began_s, heard = time.monotonic(), b""
    async with between("127.0.0.1", port, fault, seed) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
        writer.write(b"hello there")
        while len(heard) < 11:
            try:
                piece = await asyncio.wait_for(reader.read(100), 0.5)
            except TimeoutError:
                break
            if not piece:
                break
            heard += piece
        writer.close()
    server.close()
    return heard, time.monotonic() - began_s


async def test_each_fault_is_what_it_says():
    assert (await through(Fault()))[0] == b"hello there"
    heard, took_s = await through(Fault(delay_s=0.2))
    assert heard == b"hello there" and took_s >= 0.2
    heard, took_s = await through(Fault(drip=1))
    assert heard == b"hello there" and took_s >= 0.2
    assert (await through(Fault(cut_after=5)))[0] == b"hello"
    assert (await through(Fault(drop=1.0)))[0] == b""


def test_a_schedule_can_be_repeated():
    assert [any_fault(random.Random(3)) for _ in range(3)] == [any_fault(random.Random(3)) for _ in range(3)]
    assert len({any_fault(random.Random(seed)) for seed in range(20)}) == 20


@pytest.mark.parametrize("seed", range(SEED, SEED + SCHEDULES))
async def test_over_a_bad_link_to_the_model_the_patient_is_answered_in_time_and_truthfully(seed: int):
    fault = any_fault(random.Random(seed))
    async with serving(SAYS) as url:
        port = int(url.split(":")[2].split("/")[0])
        async with between("127.0.0.1", port, fault, seed) as proxy:
            call = talk_with(f"http://127.0.0.1:{proxy}/v1")
            await call.open()
            began_s = time.monotonic()
            said = await call.say("Can I take a shower?")
            took_s = time.monotonic() - began_s
    assert "You may shower after 48 hours." in spoken(said), fault
    assert "drive at once" not in spoken(said), fault
    assert took_s < QUICK.turn_s + SLACK_S, fault

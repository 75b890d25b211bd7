"""The ground gives way under a call: the database dies, the patient's network is gone. Not part of `make test`."""

import asyncio
import os
import signal

import pytest

from conversations.synthetic_patient import SyntheticPatient
from tests.stack import Stack
from tests.test_story_by_protocol import _loopback_only, escalations, maria_in_call, session, until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.alone,
    pytest.mark.timeout(400),
    pytest.mark.skipif("FAULTS" not in os.environ, reason="make faults"),
]
__all__ = ["_loopback_only"]  # a fixture, for every test here


def kept(stack: Stack, session_id: str) -> list[str]:
    """The patient's words on record, in order."""
    return stack.shell(
        "from conversations.models import Utterance\n"
        f"for one in Utterance.objects.filter(session_id='{session_id}', speaker='patient'): print(one.text)"
    ).splitlines()


async def vanish(patient: SyntheticPatient) -> None:
    """No packet leaves any more, and no goodbye."""
    assert patient._socket and patient._peer and patient._peer.sctp
    await patient._socket.close()
    await patient._peer.sctp.transport.transport._connection.close()


async def test_a_database_that_dies_in_a_call_loses_no_turn_and_repeats_none(stack: Stack):
    async with maria_in_call(stack) as maria:
        await maria.floor("listening")
        maria.send({"type": "typed", "text": "I feel fine one."})
        await maria.floor("listening")
        os.kill(stack.process_of("postgres", "-D"), signal.SIGKILL)
        maria.send({"type": "typed", "text": "I feel fine two."})
        await maria.floor("listening")

        async def both() -> bool:
            try:
                found = await asyncio.to_thread(kept, stack, maria.session_id)
            except AssertionError:  # not back yet
                return False
            return len([line for line in found if line.startswith("I feel fine")]) >= 2

        for _ in range(30):
            if await both():
                break
        found = await asyncio.to_thread(kept, stack, maria.session_id)
        assert [line for line in found if line.startswith("I feel fine")] == ["I feel fine one.", "I feel fine two."]


async def test_a_patient_whose_network_is_gone_ends_the_call_and_keeps_the_red_flag(stack: Stack):
    async with maria_in_call(stack) as maria:
        await maria.floor("listening")
        maria.send({"type": "typed", "text": "I have a new pain in my chest."})
        await until(lambda: any(one.get("type") == "escalated" for _, one in maria.heard.messages), 20)
        await vanish(maria)
        for _ in range(60):
            state = await asyncio.to_thread(session, stack, maria.session_id)
            if state.startswith("ended"):
                break
            await asyncio.sleep(1)
        assert state.startswith("ended connection_lost")
        raised = await asyncio.to_thread(escalations, stack, maria.session_id)
        assert any("chest" in line for line in raised)
        assert any("call.lost_after_red_flag" in line for line in raised)

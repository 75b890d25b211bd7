"""The whole path without a browser: a patient of code, a real peer connection, real speech, real processes."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aioice.ice import StunProtocol

from conversations.live.link import offer_only
from conversations.synthetic_patient import NotLetIn, SyntheticPatient
from tests.speech import recordings, say, silence
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.alone]
BORN = "1958-03-02"


@pytest.fixture(scope="module", autouse=True)
def _loopback_only() -> None:
    offer_only(["127.0.0.1"])


@pytest.fixture
def rtp(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, bytes]]:
    """RTP as it reaches the patient's machine, before any of our code has seen it: when, and of which stream."""
    arrived: list[tuple[float, bytes]] = []
    received = StunProtocol.datagram_received

    def tapped(self: StunProtocol, data: bytes, address: tuple[Any, ...]) -> None:
        if 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:  # not RTCP (RFC 5761, 4)
            arrived.append((time.monotonic(), data[8:12]))
        received(self, data, address)

    monkeypatch.setattr(StunProtocol, "datagram_received", tapped)
    return arrived


def streams(rtp: list[tuple[float, bytes]], since_s: float) -> set[bytes]:
    """The streams of which something arrived since then: sound is one, the picture another."""
    return {source for at_s, source in rtp if at_s >= since_s}


@asynccontextmanager
async def visiting(stack: Stack) -> AsyncIterator[SyntheticPatient]:
    """Someone with a browser of their own."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield SyntheticPatient(stack.url, http, keep_pictures=True)


@asynccontextmanager
async def maria_in_call(stack: Stack, *, papers: bool = False) -> AsyncIterator[SyntheticPatient]:
    link = await asyncio.to_thread(stack.newcomer, papers=papers)
    async with visiting(stack) as maria:
        await maria.enter(link, BORN)
        async with maria.in_call():
            yield maria


async def until(condition: Callable[[], object], limit_s: float = 30.0) -> float:
    """Waits for `condition`; returns how long it took."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < limit_s, "it did not happen"
        await asyncio.sleep(0.02)
    return time.monotonic() - began_s


def quoted(patient: SyntheticPatient, word: str) -> bool:
    """An answer with `word` in it and its source beside it."""
    captions = patient.heard.captions("assistant")
    return any(one["citation"] and word in one["text"].lower() for one in captions)


def listening(patient: SyntheticPatient) -> bool:
    """The assistant has said what it had to say."""
    floors = [message["floor"] for _, message in patient.heard.messages if message.get("type") == "floor"]
    return floors[-1:] == ["listening"]


def escalations(stack: Stack, session_id: str) -> list[str]:
    """Severity, rule and words of what was raised in a call."""
    return stack.shell(
        "from clinic.models import Escalation\n"
        f"for one in Escalation.objects.filter(session_id='{session_id}'): print(one.severity, one.rule, one.quote)"
    ).splitlines()


def session(stack: Stack, session_id: str) -> str:
    return stack.shell(
        "from conversations.models import Session\n"
        f"one = Session.objects.get(pk='{session_id}'); print(one.state, one.reason, one.epoch)"
    ).splitlines()[-1]


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def greeted(stack: Stack) -> AsyncIterator[SyntheticPatient]:
    """Maria, with her papers, in a call that has said its greeting."""
    async with maria_in_call(stack, papers=True) as maria:
        await maria.floor("listening")
        yield maria


@pytest.mark.asyncio(loop_scope="class")
class TestOneCall:
    """A greeting takes its time: what leaves a call as it was shares one."""

    async def test_maria_is_greeted_by_a_voice_and_a_face(self, greeted: SyntheticPatient):
        greeting = greeted.heard.captions("assistant")[0]["text"]
        assert "Maria" in greeting
        assert "AI" in greeting
        assert any(level > -30 for _, level in greeted.heard.levels), "the greeting was not audible"
        assert len(greeted.heard.pictures) > 20, "no face was seen"

    async def test_she_asks_and_gets_an_answer_with_its_source(self, greeted: SyntheticPatient):
        ended_s = await greeted.mouth.say(say("When can I take a shower?"))
        await until(lambda: greeted.heard.first_sound_after(ended_s))
        await until(lambda: quoted(greeted, "shower"))
        await greeted.floor("listening")

    @pytest.mark.parametrize("sdp", ["v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio 9 X 0\r\n"])
    async def test_a_malformed_offer_is_refused_and_typed_words_are_answered_all_the_same(
        self, greeted: SyntheticPatient, sdp: str
    ):
        await greeted.signal({"type": "offer", "sdp": sdp})
        await greeted.mouth.say(silence(0.5))
        greeted.send({"type": "typed", "text": "May I drive my car?"})
        await until(lambda: quoted(greeted, "driv"))

    async def test_a_killed_call_process_is_replaced_and_the_conversation_goes_on(
        self, stack: Stack, greeted: SyntheticPatient
    ):
        await until(lambda: listening(greeted), 30)
        await greeted.mouth.say(say("I am feeling fine today."))
        await greeted.floor("speaking")
        await greeted.floor("listening")
        process_id = await asyncio.to_thread(
            stack.shell,
            "from conversations.models import Session\n"
            f"print(Session.objects.get(pk='{greeted.session_id}').process_id)",
        )
        before = len(greeted.heard.messages)
        os.kill(int(process_id.splitlines()[-1]), signal.SIGKILL)
        back_s = await until(lambda: greeted.joins == 2, limit_s=10)
        assert back_s < 5
        await until(lambda: any(one.get("type") == "caption" for _, one in greeted.heard.messages[before:]))
        again = [one["text"] for _, one in greeted.heard.messages[before:] if one.get("type") == "caption"]
        assert not any("I'm the AI assistant from" in text for text in again), "it greeted as if new"

    async def test_a_pain_in_the_chest_is_an_emergency_on_record_before_the_answer_ends(
        self, stack: Stack, greeted: SyntheticPatient
    ):
        """In the process that took over, too. The last: from here on it is another call."""
        await until(lambda: listening(greeted), 30)
        emergency = {"type": "escalated", "severity": "emergency"}
        await greeted.mouth.say(recordings("alarm")[0])
        await until(lambda: emergency in [one for _, one in greeted.heard.messages])
        await until(lambda: any(one["act"] == "emergency" for one in greeted.heard.captions("assistant")))
        raised = await asyncio.to_thread(escalations, stack, greeted.session_id)
        [line] = [one for one in raised if "chest" in one]
        assert line.startswith("emergency ")


async def test_asking_for_a_person_reaches_the_care_team(stack: Stack):
    async with maria_in_call(stack) as maria:
        await maria.floor("speaking")
        maria.send({"type": "person"})
        await maria.message(lambda one: one.get("type") == "escalated")
        raised = await asyncio.to_thread(escalations, stack, maria.session_id)
        assert any("request.human" in one for one in raised)


async def test_leaving_ends_the_session_and_says_why(stack: Stack):
    async with maria_in_call(stack) as maria:
        await maria.floor("speaking")
        maria.send({"type": "leave"})
        assert await asyncio.wait_for(maria.ended, 5) == "patient_left"
        assert (await asyncio.to_thread(session, stack, maria.session_id)).startswith("ended patient_left")


async def test_withdrawn_consent_ends_the_call_within_two_seconds(stack: Stack, rtp: list[tuple[float, bytes]]):
    async with maria_in_call(stack) as maria:
        await maria.floor("speaking")
        await until(lambda: len(streams(rtp, since_s=time.monotonic() - 1)) == 2)
        withdrawn_s = time.monotonic()
        await maria.submit(f"{stack.url}/choices/", f"{stack.url}/choices/withdraw/")
        assert await asyncio.wait_for(maria.ended, 4) == "consent_withdrawn"
        assert time.monotonic() - withdrawn_s <= 2.0
        assert streams(rtp, since_s=withdrawn_s), "the tap saw nothing: mend it"
        await asyncio.sleep(withdrawn_s + 3.5 - time.monotonic())
        assert streams(rtp, since_s=withdrawn_s + 2.0) == set(), "sound or picture still arrives"


async def test_a_guessed_invitation_opens_nothing(stack: Stack):
    async with visiting(stack) as stranger:
        with pytest.raises(NotLetIn):
            await stranger.enter(f"{stack.url}/i/{'x' * 43}/", BORN)


async def test_a_stranger_cannot_listen_in(stack: Stack):
    async with maria_in_call(stack) as maria, visiting(stack) as stranger:
        url = f"{stack.url}/ws/call/{maria.session_id}/".replace("http", "ws", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await stranger.http.ws_connect(url, origin=stack.url)

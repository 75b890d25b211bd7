"""A patient's call through a LiveKit room (`tests.live.sfu`): page, process and media as in any other call."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conversations.live.link import offer_only
from tests.browser.steps import Visitors, come_in, join
from tests.browser.test_story import MONITOR, average
from tests.live.sfu import Sfu
from tests.speech import recordings, silence, write
from tests.stack import Stack, prepared_folder, started

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(300)]

KEY, SECRET = "clinic", "a secret that is long enough to be one"


@contextmanager
def serving() -> Iterator[Sfu]:
    """The media server, in a thread of its own."""
    loop, sfu = asyncio.new_event_loop(), Sfu(KEY, SECRET)
    offer_only(["127.0.0.1"])
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(sfu.start(), loop).result(10)
    try:
        yield sfu
    finally:
        asyncio.run_coroutine_threadsafe(sfu.stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture
def sfu() -> Iterator[Sfu]:
    with serving() as one:
        yield one


@pytest.fixture
def stack(sfu: Sfu) -> Iterator[Stack]:
    own = {"LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET, "LIVEKIT_COVERED_BY": "self-hosted"}
    with prepared_folder() as folder, started(folder, through=(), LIVEKIT_URL=sfu.url, **own) as running:
        yield running


def test_a_call_in_a_room_is_heard_seen_and_ended(sfu: Sfu, stack: Stack, visitors: Visitors, tmp_path: Path) -> None:
    speech = write(tmp_path / "chest.wav", silence(45), recordings("alarm")[0], silence(120))
    maria = visitors(microphone=speech).page(
        next(one["address"] for one in stack.sign_ins() if "/i/" in one["address"])
    )
    come_in(maria, purposes=("ai_call", "voice"))
    join(maria)
    maria.evaluate(MONITOR)
    assert set(sfu.members) == {"assistant", "patient"}
    assert [track.kind for _, track in sfu.members["patient"].tracks] == ["audio"], "her picture left her device"
    expect(maria.locator("#caption-patient")).to_contain_text(re.compile("chest", re.IGNORECASE), timeout=120_000)
    expect(maria.locator(".face[data-floor=speaking]")).to_be_visible(timeout=20_000)
    maria.wait_for_timeout(4_000)
    seen = maria.evaluate("window.seen")
    assert average(seen, "rms", "speaking") > 0.01, "the voice could not be heard"
    assert average(seen, "moved", "speaking") > 2 * average(seen, "moved", "listening"), "the lips did not follow"

    maria.get_by_role("button", name="End", exact=True).click()
    maria.get_by_role("button", name="End the call").click()
    maria.wait_for_url("**/after/", timeout=15_000)

"""The live queue under load: 100 open pages, 50 escalations a second, against the running product.

From commit to the row on each page. Environment: QUEUE_PAGES, QUEUE_RATE, QUEUE_SECONDS, QUEUE_WEB (processes).
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import aiohttp

from tests.bench import Figure
from tests.bench.processors import processor_s, settled
from tests.browser.ward import Raise, ward
from tests.stack import ROOT, Stack, environment, prepared_folder, started

PAGES = int(os.environ.get("QUEUE_PAGES", "100"))
RATE = float(os.environ.get("QUEUE_RATE", "50"))
SECONDS = float(os.environ.get("QUEUE_SECONDS", "10"))
WEB = os.environ.get("QUEUE_WEB", "2")
SETTLE_S = 20.0
START_LIMIT_S = 90.0
WARM_UP = 5  # escalations before the first one that counts

_SESSIONS = """
import sys, time
import django
django.setup()
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from clinic.models import User
from compliance import signed_in
user = User.objects.get(username="osei")
for _ in range(int(sys.argv[1])):
    store = SessionStore()
    store[SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[signed_in.SIGNED_IN_AT] = store[signed_in.ACTIVE_AT] = time.time()
    store.create()
    print(store.session_key)
"""


@dataclass
class Page:
    """What one open page has received."""

    key: str
    first_seen: dict[str, float] = field(default_factory=dict)
    shown_twice: int = 0
    versions: dict[str, int] = field(default_factory=dict)

    greeted: asyncio.Event = field(default_factory=asyncio.Event)
    broke: str = ""  # why it looks no longer, though it should

    def take(self, message: dict[str, Any]) -> None:
        now = time.time()
        self.greeted.set()
        for row in message["rows"]:
            if self.versions.get(row["id"], -1) >= row["version"]:
                self.shown_twice += 1
            self.versions[row["id"]] = row["version"]
            self.first_seen.setdefault(row["id"], now)


@dataclass(frozen=True)
class Load:
    """Escalation → when it was committed; how many a second that were; processor time by kind of process."""

    raised: dict[str, float]
    rate: float
    spent_s: dict[str, float]


def measure() -> Iterable[Figure]:
    with prepared_folder() as folder, started(folder, WEB_PROCESSES=WEB) as stack:
        all_serve(stack, WEB)
        pages = [Page(key) for key in _sessions(stack)]
        load = asyncio.run(_load(stack, pages))
        yield from _figures(pages, load)


def all_serve(stack: Stack, web: str) -> None:
    """Returns when all `web` processes serve: those after the first come up once the product is ready."""
    deadline = time.monotonic() + START_LIMIT_S
    for number in range(2, int(web) + 1):
        log = stack.data / "log" / f"web-{number}.log"
        while not (log.exists() and "Listening" in log.read_text()):
            assert time.monotonic() < deadline, f"web process {number} did not start"
            time.sleep(0.1)


def _sessions(stack: Stack, count: int = PAGES) -> list[str]:
    port = int(stack.url.rsplit(":", 1)[1])
    made = subprocess.run(
        [sys.executable, "-c", _SESSIONS, str(count)],
        cwd=ROOT,
        env=environment(stack.data, port, DJANGO_SETTINGS_MODULE="clinic.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.split()


async def _load(stack: Stack, pages: list[Page]) -> Load:
    async with aiohttp.ClientSession() as http:
        listeners = [asyncio.create_task(_listen(http, stack, page)) for page in pages]
        await asyncio.gather(*(page.greeted.wait() for page in pages))
        with ward(stack) as raise_escalation:
            raising = partial(_raise, raise_escalation)
            # With the first rows web processes and relay load the modules of all pages: seconds, once in their lives.
            await _shown(pages, await raising(RATE, WARM_UP))
            await settled(stack)
            before, began = processor_s(stack), time.monotonic()
            raised = await raising(RATE, int(RATE * SECONDS))
            rate = len(raised) / (time.monotonic() - began)
            await _shown(pages, raised)
            spent = {name: after - before.get(name, 0.0) for name, after in processor_s(stack).items()}
        for listener in listeners:
            listener.cancel()
    return Load(raised, rate, spent)


async def _raise(raise_escalation: Raise, rate: float, count: int) -> dict[str, float]:
    """Escalation → when it was committed."""
    raised: dict[str, float] = {}
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        answer = await asyncio.to_thread(raise_escalation, "urgent", f"words {number}")
        raised[answer["id"]] = answer["at"]
    return raised


async def _shown(pages: list[Page], raised: Mapping[str, float]) -> None:
    """Returns when all pages show all of them, or after a while."""
    deadline = time.monotonic() + SETTLE_S
    for page in pages:
        while not raised.keys() <= page.first_seen.keys() and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


@lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any]:
    """A hundred browsers read the same message each by itself; here they share two cores with what is measured."""
    message: dict[str, Any] = json.loads(text)
    return message


async def _listen(http: aiohttp.ClientSession, stack: Stack, page: Page) -> None:
    address = stack.url.replace("http", "ws", 1) + "/ws/escalations/"
    headers = {"Cookie": f"sessionid={page.key}", "Origin": stack.url}
    while True:
        try:
            async with http.ws_connect(address, headers=headers, max_msg_size=0) as socket:  # as a browser, any size
                await socket.send_json({"have": page.versions})
                async for message in socket:
                    if message.type is not aiohttp.WSMsgType.TEXT:  # an error: the other end was killed within a frame
                        break
                    page.take(_parsed(message.data))
        except (aiohttp.ClientError, ConnectionError):
            pass
        await asyncio.sleep(0.5)


def _figures(pages: list[Page], load: Load) -> Iterable[Figure]:
    raised = load.raised
    waits = sorted(page.first_seen[key] - at for page in pages for key, at in raised.items() if key in page.first_seen)
    missing = sum(key not in page.first_seen for page in pages for key in raised)
    note = f"{len(pages)} pages, {len(raised)} escalations at {load.rate:.0f}/s"
    yield Figure("commit to page, p50", statistics.median(waits) * 1000, "ms", "", note)
    yield Figure("commit to page, p95", waits[int(len(waits) * 0.95)] * 1000, "ms", "<= 1000", note)
    yield Figure("commit to page, p99", waits[int(len(waits) * 0.99)] * 1000, "ms", "<= 2000", note)
    yield Figure("rows that never came", missing, "rows", "<= 0", note)
    yield Figure("rows that came twice", sum(page.shown_twice for page in pages), "rows", "<= 0", note)
    for name, seconds in sorted(load.spent_s.items(), key=lambda item: -item[1])[:8]:
        yield Figure(f"processor time of {name}", seconds / len(raised) * 1000, "ms", "", "an escalation")

"""Escalations raised while everything around them is killed: none lost, none twice, all seen and paged.

A seeded schedule kills processes of the running product (kill -9), empties Redis, kills
whoever raises, and restarts PostgreSQL the hard way. Each attempt to raise is kept as a
history of invoke, ok and unknown; an unknown one is repeated under the same cause, as a
call does. FAULT_ESCALATIONS and FAULT_SEED choose how many, and which schedule.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import redis

from tests.bench.bench_queue import Page, _listen, _sessions
from tests.browser.ward import LOOP
from tests.stack import ROOT, Stack, data_folder, environment, started

ESCALATIONS = int(os.environ.get("FAULT_ESCALATIONS", "120"))
SEED = int(os.environ.get("FAULT_SEED", "7"))
PAUSE_S = 0.15  # between two escalations
FAULT_EVERY_S = 2.5
RECOVERY_S = 90.0
VICTIMS = {"web": ("daphne",), "worker": ("worker",), "beat": ("beat",), "relay": ("relay",), "callhost": ("callhost",)}

_AUDIT = """
import json, django
django.setup()
from collections import Counter
from clinic.models import Escalation, OutboxEntry, PageAttempt
from compliance.models import AuditEvent
causes = list(Escalation.objects.filter(rule="fault.test").values_list("cause", flat=True))
paged = set(PageAttempt.objects.values_list("escalation__cause", flat=True))
print(json.dumps({
    "causes": causes,
    "unpaged": len(set(causes) - paged),
    "waiting": OutboxEntry.objects.filter(done_at=None).count(),
    "raised": AuditEvent.objects.filter(action="escalation.raised", detail__rule="fault.test").count(),
    "announced": OutboxEntry.objects.filter(topic="escalation.raised", payload__rule="fault.test").count(),
}))
"""


def settings_of(stack: Stack) -> dict[str, str]:
    port = int(stack.url.rsplit(":", 1)[1])
    return environment(stack.data, port, DJANGO_SETTINGS_MODULE="clinic.settings")


@dataclass
class Raiser:
    """Raises escalations of one call, and is started again when it was killed."""

    stack: Stack
    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    history: list[tuple[int, str]] = field(default_factory=list)
    process: "subprocess.Popen[str] | None" = None

    def raise_until_sure(self, turn: int) -> None:
        """Repeat under the same cause until it is known to be committed."""
        deadline = time.monotonic() + RECOVERY_S
        while True:
            self.history.append((turn, "invoke"))
            outcome = self._raise(turn)
            self.history.append((turn, outcome))
            if outcome == "ok":
                return
            assert time.monotonic() < deadline, f"turn {turn} could not be raised for {RECOVERY_S:.0f} s"
            time.sleep(0.3)

    def _raise(self, turn: int) -> str:
        facts = {"session": self.session, "turn": turn, "severity": "urgent", "quote": "words", "rule": "fault.test"}
        try:
            process = self._running()
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(facts) + "\n")
            process.stdin.flush()
            return "ok" if "id" in json.loads(process.stdout.readline() or "{}") else "unknown"
        except (OSError, ValueError):
            return "unknown"

    def _running(self) -> "subprocess.Popen[str]":
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LOOP],
                cwd=ROOT,
                env=settings_of(self.stack),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self.process

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def faults(stack: Stack, raiser: Raiser) -> dict[str, Callable[[], None]]:
    def kill(*words: str) -> None:
        os.kill(stack.process_of(*words), signal.SIGKILL)

    def forget() -> None:
        redis.Redis(unix_socket_path=str(stack.data / "redis" / "redis.sock")).flushall()

    killers = {name: lambda words=words: kill(*words) for name, words in VICTIMS.items()}
    return {
        **killers,
        "redis": lambda: kill("redis-server"),
        "redis emptied": forget,
        "postgres": lambda: kill("postgres", "-D", "/postgres "),
        "keys": lambda: kill("postgres", "-D", "/postgres-keys "),
        "whoever raises": raiser.kill,
    }


def harm(stack: Stack, raiser: Raiser, over: threading.Event, done: Counter[str]) -> None:
    chance = random.Random(SEED)
    possible = faults(stack, raiser)
    while not over.wait(FAULT_EVERY_S * chance.uniform(0.5, 1.5)):
        name = chance.choice(sorted(possible))
        with contextlib.suppress(AssertionError, OSError, redis.RedisError):  # it may be down already
            possible[name]()
            done[name] += 1


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_under_kills_none_is_lost_none_is_shown_twice_and_all_are_paged() -> None:
    with data_folder() as folder, started(folder) as stack:
        page = Page(_sessions(stack, 1)[0])
        raiser, over, done = Raiser(stack), threading.Event(), Counter[str]()
        watching = threading.Thread(target=watch, args=(stack, page, over), daemon=True)
        harming = threading.Thread(target=harm, args=(stack, raiser, over, done), daemon=True)
        watching.start()
        raiser.raise_until_sure(0)
        harming.start()
        for turn in range(1, ESCALATIONS):
            raiser.raise_until_sure(turn)
            time.sleep(PAUSE_S)
        over.set()
        harming.join()
        outcome = settled(stack, page)
        watching.join()
        raiser.kill()

    told = f"seed {SEED}: {dict(done)}, {sum(kind == 'unknown' for _, kind in raiser.history)} unknown"
    print(told)
    wanted = {f"{raiser.session}:{turn}:fault.test" for turn in range(ESCALATIONS)}
    assert sum(done.values()) >= 3, told
    assert set(outcome["causes"]) == wanted, told
    assert len(outcome["causes"]) == outcome["raised"] == outcome["announced"] == ESCALATIONS, told
    assert (outcome["unpaged"], outcome["waiting"]) == (0, 0), told
    assert len(page.versions) == ESCALATIONS and page.shown_twice == 0, told


def settled(stack: Stack, page: Page) -> dict[str, Any]:
    """What is in the database once everything has recovered: at the latest when the time is up."""
    deadline = time.monotonic() + RECOVERY_S
    while True:
        answer = subprocess.run(
            [sys.executable, "-c", _AUDIT],
            cwd=ROOT,
            env=settings_of(stack),
            capture_output=True,
            text=True,
            check=False,
        )
        outcome: dict[str, Any] = json.loads(answer.stdout) if answer.returncode == 0 else {}
        all_there = outcome and not outcome["unpaged"] and not outcome["waiting"]
        if time.monotonic() > deadline or (all_there and len(page.versions) >= len(outcome["causes"])):
            return outcome
        time.sleep(1)


def watch(stack: Stack, page: Page, over: threading.Event) -> None:
    """An open queue page: comes back whenever its socket is gone."""

    async def listen() -> None:
        async with aiohttp.ClientSession() as http:
            listening = asyncio.create_task(_listen(http, stack, page))
            stop = time.monotonic() + RECOVERY_S
            while not over.is_set() or (len(page.versions) < ESCALATIONS and time.monotonic() < stop):
                if not over.is_set():
                    stop = time.monotonic() + RECOVERY_S
                await asyncio.sleep(0.2)
            listening.cancel()

    asyncio.run(listen())

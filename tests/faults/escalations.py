"""Escalations raised while everything around them is killed: none lost, none twice, all seen and paged.

    python -m tests.faults.escalations --n 10000 --seed 1

A seeded schedule kills processes of the running product (kill -9), empties Redis, kills
whoever raises, and restarts PostgreSQL the hard way. Each attempt to raise is kept as a
history of invoke, ok and unknown; an unknown one is repeated under the same cause, as a
call does. Afterwards the history is compared with the database, the audit trail, the
outbox and what an open queue page was shown, and the waits are printed fault by fault.
"""

import argparse
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
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import redis

from tests.bench.bench_queue import Page, _listen, _sessions, all_serve
from tests.browser.ward import LOOP
from tests.stack import ROOT, Stack, environment, prepared_folder, started

PAUSE_S = 0.15  # between two escalations
FAULT_EVERY_S = 2.5
RECOVERY_S = 90.0
REDIS_HANGS_S = 4.0
WITHOUT_REDIS_S = 15.0  # from commit to an open page, at most
WEB = "2"  # processes, as `make run` has them
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
    committed: dict[str, float] = field(default_factory=dict)  # escalation → when we knew of it
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
            answer = json.loads(process.stdout.readline() or "{}")
        except (OSError, ValueError):
            return "unknown"
        if "id" not in answer:
            return "unknown"
        self.committed[answer["id"]] = answer["at"]
        return "ok"

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

    def hang() -> None:
        """Worse than being away: whoever asks waits."""
        pid = stack.process_of("redis-server")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(REDIS_HANGS_S)
        os.kill(pid, signal.SIGCONT)

    killers = {name: lambda words=words: kill(*words) for name, words in VICTIMS.items()}
    return {
        **killers,
        "redis": lambda: kill("redis-server"),
        "redis emptied": forget,
        "redis hangs": hang,
        "postgres": lambda: kill("postgres", "-D", "/postgres "),
        "keys": lambda: kill("postgres", "-D", "/postgres-keys "),
        "whoever raises": raiser.kill,
    }


@dataclass
class Harm:
    """Does one fault after another, until it is over; `done` holds when, and which."""

    stack: Stack
    raiser: Raiser
    seed: int
    every_s: float = FAULT_EVERY_S
    over: threading.Event = field(default_factory=threading.Event)
    done: list[tuple[float, str]] = field(default_factory=list)

    def work(self) -> None:
        chance = random.Random(self.seed)
        possible = faults(self.stack, self.raiser)
        while not self.over.wait(self.every_s * chance.uniform(0.5, 1.5)):
            name = chance.choice(sorted(possible))
            with contextlib.suppress(AssertionError, OSError, redis.RedisError):  # it may be down already
                began = time.time()
                possible[name]()
                self.done.append((began, name))


@dataclass
class Outcome:
    """What was promised (`wanted`) beside what is in the database, the trail and the outbox, and on the page."""

    wanted: set[str]
    kept: dict[str, Any]
    page: Page
    raiser: Raiser
    faults: list[tuple[float, str]]

    def problems(self) -> list[str]:
        """Empty if nothing was lost, nothing is there twice, and everything was shown and paged."""
        causes, many = self.kept.get("causes", []), len(self.wanted)
        said = {
            "lost": len(self.wanted - set(causes)),
            "in the database twice": len(causes) - len(set(causes)),
            "that nobody raised": len(set(causes) - self.wanted),
            "without their audit entry, or with two": abs(self.kept.get("raised", 0) - many),
            "without their outbox entry, or with two": abs(self.kept.get("announced", 0) - many),
            "never paged": self.kept.get("unpaged", many),
            "waiting in the outbox": self.kept.get("waiting", many),
            "never shown": max(0, many - len(self.page.versions)),
            "shown twice": self.page.shown_twice,
            f"shown more than {WITHOUT_REDIS_S:.0f} s late without Redis": len(self._late_without_redis()),
        }
        return [f"{count} {what}" for what, count in said.items() if count]

    def _late_without_redis(self) -> list[float]:
        waits = (wait for name, values in self.waits().items() if name.startswith("redis") for wait in values)
        return [wait for wait in waits if wait > WITHOUT_REDIS_S]

    def waits(self) -> dict[str, list[float]]:
        """Seconds from commit to the open page, by the fault before."""
        at = [when for when, _name in self.faults]
        found: dict[str, list[float]] = defaultdict(list)
        for key, committed in self.raiser.committed.items():
            if key in self.page.first_seen:
                before = bisect_right(at, committed)
                name = self.faults[before - 1][1] if before else "nothing yet"
                found[name].append(max(0.0, self.page.first_seen[key] - committed))
        return {name: sorted(values) for name, values in found.items()}

    def told(self) -> Iterator[str]:
        history = Counter(what for _turn, what in self.raiser.history)
        yield f"{len(self.wanted)} escalations, {len(self.faults)} faults: {dict(history)}"
        yield f"{'after':18} {'faults':>6} {'raised':>7} {'p50 s':>7} {'p99 s':>7} {'most s':>7}"
        times = Counter(name for _at, name in self.faults)
        waits = self.waits()
        for name in sorted(waits):
            yield _line(name, times[name], waits[name])
        yield _line("all", len(self.faults), sorted(wait for values in waits.values() for wait in values))
        yield "; ".join(self.problems()) or "lost 0, twice 0, never shown 0, never paged 0"


def _line(name: str, times: int, waits: list[float]) -> str:
    if not waits:
        return f"{name:18} {times:6} {0:7}"
    half, most = waits[len(waits) // 2], waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    return f"{name:18} {times:6} {len(waits):7} {half:7.2f} {most:7.2f} {waits[-1]:7.2f}"


def run(n: int, seed: int, *, pause_s: float = PAUSE_S, every_s: float = FAULT_EVERY_S) -> Outcome:
    """Raise `n` while everything is killed, wait until it has recovered, and look."""
    with prepared_folder() as folder, started(folder, WEB_PROCESSES=WEB) as stack:
        all_serve(stack, WEB)
        page, raiser = Page(_sessions(stack, 1)[0]), Raiser(stack)
        harm = Harm(stack, raiser, seed, every_s)
        watching = threading.Thread(target=watch, args=(stack, page, harm.over, n), daemon=True)
        watching.start()
        raiser.raise_until_sure(0)
        harming = threading.Thread(target=harm.work, daemon=True)
        harming.start()
        for turn in range(1, n):
            raiser.raise_until_sure(turn)
            time.sleep(pause_s)
        harm.over.set()
        harming.join()
        kept = settled(stack, page, n)
        watching.join()
        raiser.kill()
    wanted = {f"{raiser.session}:{turn}:fault.test" for turn in range(n)}
    return Outcome(wanted, kept, page, raiser, harm.done)


def settled(stack: Stack, page: Page, n: int) -> dict[str, Any]:
    """What is in the database once everything has recovered: at the latest when the time is up."""
    deadline = time.monotonic() + RECOVERY_S
    while len(page.versions) < n and time.monotonic() < deadline:
        time.sleep(0.1)
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


def watch(stack: Stack, page: Page, over: threading.Event, n: int) -> None:
    """An open queue page: comes back whenever its socket is gone."""

    async def listen() -> None:
        async with aiohttp.ClientSession() as http:
            listening = asyncio.create_task(_listen(http, stack, page))
            stop = time.monotonic() + RECOVERY_S
            while not over.is_set() or (len(page.versions) < n and time.monotonic() < stop):
                if not over.is_set():
                    stop = time.monotonic() + RECOVERY_S
                await asyncio.sleep(0.2)
            listening.cancel()

    asyncio.run(listen())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.escalations", description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=300, help="how many escalations (default 300)")
    parser.add_argument("--seed", type=int, default=7, help="which schedule of faults")
    parser.add_argument("--pause", type=float, default=PAUSE_S, help="seconds between two escalations")
    parser.add_argument("--every", type=float, default=FAULT_EVERY_S, help="seconds between two faults, about")
    chosen = parser.parse_args()
    outcome = run(chosen.n, chosen.seed, pause_s=chosen.pause, every_s=chosen.every)
    sys.stdout.write(f"seed {chosen.seed}, load {os.getloadavg()[0]:.1f} at the end\n")
    sys.stdout.write("\n".join(outcome.told()) + "\n")
    return 1 if outcome.problems() else 0


if __name__ == "__main__":
    sys.exit(main())

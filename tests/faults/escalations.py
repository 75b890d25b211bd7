"""Escalations raised while everything around them is killed: none lost, none twice, all seen and paged.

    python -m tests.faults.escalations --n 10000 --rate 15 --seed 1 --answered

A seeded schedule kills processes of the running product (kill -9), kills, stops and empties
Redis, kills whoever raises, and restarts PostgreSQL the hard way; from 300 escalations on,
it goes on until each of these was done. Each attempt to raise is kept as a
history of invoke, ok and unknown; an unknown one is repeated under the same cause, as a
call does. Afterwards the history is compared with the database, the audit trail, the
outbox and what an open queue page was shown, and the waits are printed fault by fault.
Unless they are `--answered`, all stay open.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.bench.bench_queue import Page, _listen, _sessions, all_serve
from tests.browser.ward import LOOP
from tests.faults.answering import Answering
from tests.faults.harm import WITHOUT_REDIS, Fault, Harm, faults
from tests.stack import ROOT, Stack, environment, prepared_folder, started

RATE = 6.0  # escalations a second, at most: none are raised while their database is away
FAULT_EVERY_S = 2.5
RECOVERY_S = 90.0
EACH_FAULT_FROM = 300  # escalations: a smaller run need not have seen every fault
WITH_REDIS_S = 2.0  # from commit to an open page, at the 99th percentile
WITHOUT_REDIS_S = 15.0  # at most
WEB = "2"  # processes, as `make run` has them
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


@dataclass
class Outcome:
    """What was promised (`wanted`) beside what is in the database, the trail and the outbox, and on the page."""

    wanted: set[str]
    kept: dict[str, Any]
    page: Page
    raiser: Raiser
    faults: list[Fault]
    undone: set[str] = field(default_factory=set)  # faults that were to be among them
    answering: Answering | None = None

    def problems(self) -> list[str]:
        """Empty if nothing was lost, nothing is there twice, and everything was shown and paged."""
        causes, many = self.kept.get("causes", []), len(self.wanted)
        late = [wait for wait in self.split_by_redis()[0] if wait > WITHOUT_REDIS_S]
        said = {
            "lost": len(self.wanted - set(causes)),
            "in the database twice": len(causes) - len(set(causes)),
            "that nobody raised": len(set(causes) - self.wanted),
            "without their audit entry, or with two": abs(self.kept.get("raised", 0) - many),
            "without their outbox entry, or with two": abs(self.kept.get("announced", 0) - many),
            "never paged": self.kept.get("unpaged", many),
            "waiting in the outbox": self.kept.get("waiting", many),
            "never shown": max(0, many - len(self.page.versions)),
            f"page of this test that broke ({self.page.broke})": int(bool(self.page.broke)),
            "clinician of this test who broke": int(bool(self.answering and self.answering.broke)),
            "shown twice": self.page.shown_twice,
            f"faults never done ({', '.join(sorted(self.undone))})": len(self.undone),
            f"shown more than {WITHOUT_REDIS_S:.0f} s late without Redis": len(late),
        }
        return [f"{count} {what}" for what, count in said.items() if count]

    def waits(self) -> dict[str, list[float]]:
        """Seconds from commit to the open page, by the fault before."""
        found: dict[str, list[float]] = defaultdict(list)
        for committed, seen in self._shown():
            before = [fault.name for fault in self.faults if fault.began <= committed]
            found[before[-1] if before else "nothing yet"].append(seen - committed)
        return {name: sorted(values) for name, values in found.items()}

    def split_by_redis(self) -> tuple[list[float], list[float]]:
        """Seconds from commit to the open page: of those for which Redis was away meanwhile, and of the others."""
        away = [fault for fault in self.faults if fault.name in WITHOUT_REDIS]
        without: list[float] = []
        others: list[float] = []
        for committed, seen in self._shown():
            away_meanwhile = any(fault.touches(committed, seen) for fault in away)
            (without if away_meanwhile else others).append(seen - committed)
        return sorted(without), sorted(others)

    def _shown(self) -> Iterator[tuple[float, float]]:
        """When each was committed, and when it was on the page."""
        for key, committed in self.raiser.committed.items():
            if key in self.page.first_seen:
                yield committed, max(committed, self.page.first_seen[key])

    def told(self) -> Iterator[str]:
        history = Counter(what for _turn, what in self.raiser.history)
        answered = len(self.answering.answered) if self.answering else 0
        yield f"{len(self.wanted)} escalations, {answered} answered, {len(self.faults)} faults: {dict(history)}"
        yield f"{'after':18} {'faults':>6} {'raised':>7} {'p50 s':>7} {'p99 s':>7} {'most s':>7}"
        times = Counter(fault.name for fault in self.faults)
        waits = self.waits()
        for name in sorted(waits.keys() | times.keys()):
            yield _line(name, times[name], waits.get(name, []))
        yield _line("all", len(self.faults), sorted(wait for values in waits.values() for wait in values))
        without, others = self.split_by_redis()
        yield _line("Redis away", sum(times[name] for name in WITHOUT_REDIS), without)
        yield f"{'':18} {_verdict(without[-1:], WITHOUT_REDIS_S, 'at most')}"
        yield _line("otherwise", sum(count for name, count in times.items() if name not in WITHOUT_REDIS), others)
        yield f"{'':18} {_verdict(others[_p99(others) :], WITH_REDIS_S, 'at the 99th percentile')}"
        yield "; ".join(self.problems()) or "lost 0, twice 0, never shown 0, never paged 0"


def _line(name: str, times: int, waits: list[float]) -> str:
    if not waits:
        return f"{name:18} {times:6} {0:7}"
    return (
        f"{name:18} {times:6} {len(waits):7} {waits[len(waits) // 2]:7.2f} {waits[_p99(waits)]:7.2f} {waits[-1]:7.2f}"
    )


def _p99(waits: list[float]) -> int:
    """Where in the sorted list."""
    return int(len(waits) * 0.99)


def _verdict(waits: list[float], limit_s: float, where: str) -> str:
    """Of the first of `waits`."""
    verdict = "nothing to judge" if not waits else "met" if waits[0] <= limit_s else "MISSED"
    return f"target {limit_s:.0f} s {where}: {verdict}"


def run(n: int, seed: int, *, rate: float = RATE, every_s: float = FAULT_EVERY_S, answered: bool = False) -> Outcome:
    """Raise `n`, or a few more, while everything is killed, wait until it has recovered, and look."""
    with prepared_folder() as folder, started(folder, WEB_PROCESSES=WEB) as stack:
        all_serve(stack, WEB)
        page, raiser = Page(_sessions(stack, 1)[0]), Raiser(stack)
        harm = Harm(faults(stack, raiser.kill), seed, every_s)
        watching = threading.Thread(target=watch, args=(stack, page, harm.over, raiser.committed), daemon=True)
        watching.start()
        answering = Answering(settings_of(stack), page.first_seen) if answered else None
        if answering:
            answering.start()
        raiser.raise_until_sure(0)
        harming = threading.Thread(target=harm.work, daemon=True)
        harming.start()
        turns = _raise_all(n, rate, raiser, harm)
        harm.over.set()
        harming.join()
        kept = settled(stack, page, turns)
        watching.join()
        raiser.kill()
        if answering:
            answering.stop()
    wanted = {f"{raiser.session}:{turn}:fault.test" for turn in range(turns)}
    undone = harm.missing() if n >= EACH_FAULT_FROM else set()
    return Outcome(wanted, kept, page, raiser, harm.done, undone, answering)


def _raise_all(n: int, rate: float, raiser: Raiser, harm: Harm) -> int:
    """Raises the second and all further ones; returns how many it were with the first."""
    turn = 1
    while turn < n or (n >= EACH_FAULT_FROM and harm.missing() and turn < 2 * n):
        due = time.monotonic() + 1 / rate
        raiser.raise_until_sure(turn)
        time.sleep(max(0.0, due - time.monotonic()))
        turn += 1
    return turn


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


def watch(stack: Stack, page: Page, over: threading.Event, committed: Mapping[str, float]) -> None:
    """An open queue page, until it shows all that was committed: comes back whenever its socket is gone."""

    async def listen() -> None:
        async with aiohttp.ClientSession() as http:
            listening = asyncio.create_task(_listen(http, stack, page))
            stop = time.monotonic() + RECOVERY_S
            while not over.is_set() or (len(page.versions) < len(committed) and time.monotonic() < stop):
                if not over.is_set():
                    stop = time.monotonic() + RECOVERY_S
                if listening.done():
                    page.broke = repr(listening.exception())
                    return
                await asyncio.sleep(0.2)
            listening.cancel()

    asyncio.run(listen())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.escalations", description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=300, help="how many escalations (default 300)")
    parser.add_argument("--seed", type=int, default=7, help="which schedule of faults")
    parser.add_argument("--rate", type=float, default=RATE, help=f"escalations a second, at most (default {RATE:.0f})")
    parser.add_argument("--every", type=float, default=FAULT_EVERY_S, help="seconds between two faults, about")
    parser.add_argument("--answered", action="store_true", help="clinicians resolve what their page has shown")
    chosen = parser.parse_args()
    began = time.monotonic()
    outcome = run(chosen.n, chosen.seed, rate=chosen.rate, every_s=chosen.every, answered=chosen.answered)
    took_min = (time.monotonic() - began) / 60
    sys.stdout.write(f"seed {chosen.seed}, {took_min:.1f} min, load {os.getloadavg()[0]:.1f} at the end\n")
    sys.stdout.write("\n".join(outcome.told()) + "\n")
    return 1 if outcome.problems() else 0


if __name__ == "__main__":
    sys.exit(main())

"""Harm to the running product: which faults there are, in which order they come, and how long Redis is away.

`tests.faults.escalations` does it while escalations are raised.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

import redis

from tests.stack import Stack

REDIS_HANGS_S = 4.0
REDIS_BACK_S = 15.0
VICTIMS = {"web": ("daphne",), "worker": ("worker",), "beat": ("beat",), "relay": ("relay",), "callhost": ("callhost",)}
WITHOUT_REDIS = ("redis", "redis hangs")


@dataclass(frozen=True)
class Fault:
    """From when until when, in Unix time: one that takes Redis away lasts until Redis answers again."""

    name: str
    began: float
    ended: float

    def touches(self, since: float, until: float) -> bool:
        return self.began <= until and since <= self.ended


def in_turn(names: Collection[str], seed: int) -> Iterator[str]:
    """Each of them once, in an order of chance; then again, in another."""
    chance = random.Random(seed)
    while True:
        yield from chance.sample(sorted(names), len(names))


def faults(stack: Stack, kill_raiser: Callable[[], None]) -> dict[str, Callable[[], None]]:
    """Name → does it. Raises AssertionError, OSError or RedisError if that was down already."""
    client = redis.Redis(unix_socket_path=str(stack.data / "redis" / "redis.sock"), socket_timeout=1)

    def kill(*words: str) -> None:
        os.kill(stack.process_of(*words), signal.SIGKILL)

    def redis_id() -> int:
        """Redis writes its title over its environment: `stack.processes` does not know it for ours."""
        return int(client.info("server")["process_id"])

    def kill_redis() -> None:
        os.kill(redis_id(), signal.SIGKILL)
        deadline = time.monotonic() + REDIS_BACK_S
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(0.02)

    def forget() -> None:
        client.flushall()

    def hang() -> None:
        """Worse than being away: whoever asks waits."""
        pid = redis_id()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(REDIS_HANGS_S)
        os.kill(pid, signal.SIGCONT)

    killers = {name: lambda words=words: kill(*words) for name, words in VICTIMS.items()}
    return {
        **killers,
        "redis": kill_redis,
        "redis emptied": forget,
        "redis hangs": hang,
        "postgres": lambda: kill("postgres", "-D", "/postgres "),
        "keys": lambda: kill("postgres", "-D", "/postgres-keys "),
        "whoever raises": kill_raiser,
    }


@dataclass
class Harm:
    """Does one fault after another, until it is over; `done` holds when, and which."""

    possible: dict[str, Callable[[], None]]
    seed: int
    every_s: float
    over: threading.Event = field(default_factory=threading.Event)
    done: list[Fault] = field(default_factory=list)

    def work(self) -> None:
        chance, names = random.Random(self.seed), in_turn(self.possible, self.seed)
        name = next(names)
        while not self.over.wait(self.every_s * chance.uniform(0.5, 1.5)):
            with contextlib.suppress(AssertionError, OSError, redis.RedisError):  # down already: its turn comes again
                began = time.time()
                self.possible[name]()
                self.done.append(Fault(name, began, time.time()))
                name = next(names)

    def missing(self) -> set[str]:
        """What has not been done yet."""
        return self.possible.keys() - {fault.name for fault in self.done}

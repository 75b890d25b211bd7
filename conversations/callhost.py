"""Runs calls, one process each: claims them, starts them warm, and restores those that die.

Started by `manage.py callhost`, any number on any number of machines. SIGTERM
drains (takes no more calls, ends with the last one); SIGINT stops at once.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import os
import signal
import socket
from dataclasses import dataclass

from channels.layers import get_channel_layer

from conversations import channel, sessions
from conversations.database import in_database
from conversations.sessions import Claim

logger = logging.getLogger(__name__)

POLL_S = 2.0  # without a hint, how long a waiting call may go unseen
READY = "ready"
WARM = 1  # processes kept loaded, so that joining costs no loading
STOP_S = 5.0
SETTLE_S = 4.0  # the rest of the machine may be starting too: models are loaded when that is done
RESTORE_S, RESTORE_MAX_S = 0.05, 10.0
REJOIN_S = 3600.0  # membership of a channel-layer group expires after a day


@dataclass
class _Child:
    process: multiprocessing.context.ForkServerProcess
    pipe: multiprocessing.connection.Connection
    claim: Claim | None = None
    ready: bool = False  # it has loaded everything and waits for a claim


class CallHost:
    def __init__(self, *, capacity: int, name: str = "") -> None:
        self.name = name or f"{socket.gethostname()}-{os.getpid()}"
        self.capacity = capacity
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["conversations.preloaded"])
        self._spare: list[_Child] = []
        self._running: list[_Child] = []
        self._hint = asyncio.Event()
        self._draining = False
        self._stopping = False

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.drain)
        loop.add_signal_handler(signal.SIGINT, self.stop)
        listening = asyncio.create_task(self._listen_for_hints())
        try:
            loop.call_later(SETTLE_S, self._warm_up)
            logger.info("callhost %s is ready for %s calls", self.name, self.capacity)
            while not self._stopping and not (self._draining and not self._running):
                await self._take_calls()
                self._hint.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._hint.wait(), POLL_S)
        finally:
            listening.cancel()
            await self._end_children()

    def drain(self) -> None:
        logger.info("callhost %s takes no more calls; %s go on", self.name, len(self._running))
        self._draining = True
        self._hint.set()

    def stop(self) -> None:
        self._stopping = True
        self._hint.set()

    # -- calls ---------------------------------------------------------------------

    async def _take_calls(self) -> None:
        while self._can_take():
            try:
                claim = await asyncio.to_thread(in_database, sessions.claim, self.name)
            except Exception:
                logger.warning("the database does not answer; trying again in %s s", POLL_S)
                return
            if claim is None:
                return
            self._start(claim)

    def _can_take(self) -> bool:
        """A call is claimed only when a process is ready to run it: until then another host may be quicker."""
        room = not self._draining and not self._stopping and len(self._running) < self.capacity
        return room and any(child.ready for child in self._spare)

    def _start(self, claim: Claim) -> None:
        child = next(child for child in self._spare if child.ready)
        self._spare.remove(child)
        child.claim = claim
        child.pipe.send(claim)
        self._running.append(child)
        logger.info("call %s runs in process %s (epoch %s)", claim.session_id, child.process.pid, claim.epoch)
        self._warm_up()

    def _warm_up(self) -> None:
        while len(self._spare) < WARM and not self._stopping:
            self._spare.append(self._fork())

    def _fork(self) -> _Child:
        from conversations import callprocess

        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=callprocess.main, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        child = _Child(process, ours)
        loop = asyncio.get_running_loop()
        loop.add_reader(process.sentinel, self._died, child)
        loop.add_reader(ours.fileno(), self._loaded, child)
        return child

    def _loaded(self, child: _Child) -> None:
        asyncio.get_running_loop().remove_reader(child.pipe.fileno())
        with contextlib.suppress(EOFError, OSError):
            child.ready = child.pipe.recv() == READY
        self._hint.set()

    def _died(self, child: _Child) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(child.process.sentinel)
        loop.remove_reader(child.pipe.fileno())
        child.process.join()
        child.pipe.close()
        if child in self._spare:
            self._spare.remove(child)
            logger.error("a waiting call process died with status %s", child.process.exitcode)
            asyncio.get_running_loop().call_later(POLL_S, self._warm_up)
            return
        self._running.remove(child)
        if child.process.exitcode != 0 and child.claim and not self._stopping:
            logger.error(
                "call %s lost its process (status %s); restoring", child.claim.session_id, child.process.exitcode
            )
            self._releasing = asyncio.create_task(self._release(child.claim))
        self._hint.set()

    async def _release(self, claim: Claim) -> None:
        """Offer the call again; the wait grows with each process it has cost."""
        await asyncio.sleep(min(RESTORE_MAX_S, RESTORE_S * 2 ** (claim.epoch - 1)))
        with contextlib.suppress(Exception):  # the silent heartbeat says the same, a little later
            await asyncio.to_thread(in_database, sessions.release, claim)
        self._hint.set()

    async def _end_children(self) -> None:
        children = [*self._spare, *self._running]
        for child in children:
            asyncio.get_running_loop().remove_reader(child.process.sentinel)
            child.process.terminate()
        await asyncio.to_thread(_join, children)

    async def _listen_for_hints(self) -> None:
        """Redis only hastens: without it, calls are found by polling."""
        while True:
            try:
                layer = get_channel_layer()
                mine = await layer.new_channel()
                async with asyncio.timeout(REJOIN_S):
                    await layer.group_add(channel.HOSTS, mine)
                    while True:
                        await layer.receive(mine)
                        self._hint.set()
            except TimeoutError:
                continue
            except asyncio.CancelledError:
                raise
            except Exception:
                await asyncio.sleep(POLL_S)


def _join(children: list[_Child]) -> None:
    for child in children:
        child.process.join(STOP_S)
        if child.process.is_alive():
            child.process.kill()
            child.process.join()

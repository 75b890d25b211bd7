"""Keeps a handful of programs running: starts them, shows what matters, restarts what fell, stops them all.

`manage.py up` is its only caller. It runs on the main thread: the programs are tied
to that thread's life by the kernel, so a killed supervisor leaves nothing behind.
"""

import asyncio
import math
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from clinic.processes import Program, credentials, kill_group, tied_to_parent
from clinic.terminal import Terminal

START_LIMIT_S = 90.0
STEADY_S = 5.0  # a program that served this long had recovered: it is started again at once
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 30.0
LINE_LIMIT = 1 << 20
LOG_LIMIT_BYTES = 10 << 20
REMEMBERED_LINES = 20
_TROUBLE = re.compile(r"\b(WARNING|ERROR|CRITICAL|FATAL|PANIC|Traceback)\b")


def pause_after(served_s: float, last_pause_s: float) -> float:
    """How long to wait before a program that fell is started again: it doubles while it does not serve. Pure."""
    if served_s > STEADY_S:
        return SHORTEST_PAUSE_S
    return min(last_pause_s * 2, LONGEST_PAUSE_S)


class StartFailure(Exception):
    """A program did not come up; the message says which, and its last words."""


@dataclass
class _Running:
    program: Program
    process: Process
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    words: list[str] = field(default_factory=list)
    reader: asyncio.Task[None] | None = None

    def last_words(self) -> str:
        telling = [line for line in self.words if re.search(r"FATAL|PANIC|Error|ERROR|error", line)]
        return (telling or self.words or ["it said nothing"])[-1]


class Supervisor:
    def __init__(self, terminal: Terminal, logs: Path) -> None:
        self._terminal = terminal
        self._logs = logs
        self._running: dict[str, _Running] = {}
        self._watchers: list[asyncio.Task[None]] = []
        self._stopping = False
        logs.mkdir(parents=True, exist_ok=True)

    async def start(self, programs: Iterable[Program]) -> None:
        """Start them together; returns when all are ready. Raises `StartFailure`."""
        starts = [asyncio.create_task(self._start_first(program)) for program in programs]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)

    async def run_to_end(self, program: Program) -> None:
        """Run a program that ends by itself, and show what it says. Raises `StartFailure` unless it succeeds."""
        running = await self._launch(program, show=program.ready)
        code = await running.process.wait()
        await self._drain(running)
        self._running.pop(program.name, None)
        if code != 0:
            raise StartFailure(f"{program.name} failed: {running.last_words()}")

    async def stop(self) -> None:
        """Stop all, the last started first; what does not stop in time is killed with its whole group."""
        self._stopping = True
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        programs = [running for running in reversed(self._running.values()) if not _is_server(running)]
        servers = [running for running in reversed(self._running.values()) if _is_server(running)]
        for wave in (programs, servers):
            await asyncio.gather(*(self._stop_one(running) for running in wave))
        self._running.clear()

    async def _start_first(self, program: Program) -> None:
        running = await self._launch(program)
        if not await self._becomes_ready(running):
            raise StartFailure(f"{program.name} did not start: {running.last_words()}{program.advice}")
        self._terminal.ready(program.name)
        self._watchers.append(asyncio.create_task(self._keep_running(running)))

    async def _launch(self, program: Program, show: str = "") -> _Running:
        process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            limit=LINE_LIMIT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
            start_new_session=True,
            pass_fds=program.descriptors,
            **credentials(program.user),
            preexec_fn=tied_to_parent(program.death_signal),
        )
        running = _Running(program, process)
        self._running[program.name] = running
        running.reader = asyncio.create_task(self._read(running, show))
        return running

    async def _becomes_ready(self, running: _Running) -> bool:
        ready = asyncio.create_task(running.ready.wait())
        ended = asyncio.create_task(running.process.wait())
        await asyncio.wait({ready, ended}, timeout=START_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        for task in (ready, ended):
            task.cancel()
        if running.process.returncode is not None:
            await self._drain(running)
            return False
        return running.ready.is_set()

    async def _keep_running(self, running: _Running) -> None:
        """Wait for it to fall, and start it again: at once if it had served, else ever later."""
        loop = asyncio.get_running_loop()
        name, pause_s, ready_at = running.program.name, SHORTEST_PAUSE_S, loop.time()
        while True:
            code = await running.process.wait()
            kill_group(running.process.pid)
            pause_s = pause_after(loop.time() - ready_at, pause_s)
            self._terminal.trouble(name, f"{_ending(code)}; starting again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            running = await self._launch(running.program)
            ready = await self._becomes_ready(running)
            ready_at = loop.time() if ready else math.inf
            if ready:
                self._terminal.ready(name)

    async def _stop_one(self, running: _Running) -> None:
        process = running.process
        if process.returncode is None:
            process.send_signal(running.program.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), running.program.grace_s)
            except TimeoutError:
                self._terminal.trouble(running.program.name, "does not stop; killing it")
        kill_group(process.pid)
        await process.wait()
        await self._drain(running)

    async def _read(self, running: _Running, show: str) -> None:
        """Everything goes to the program's log; the terminal gets what needs a person."""
        name, ready = running.program.name, re.compile(running.program.ready)
        output = running.process.stdout
        assert output is not None  # noqa: S101  (PIPE was asked for)
        with self._log(name).open("ab") as log:
            async for raw in output:
                log.write(raw)
                log.flush()
                line = raw.decode(errors="replace").rstrip()
                running.words = [*running.words[-REMEMBERED_LINES:], line] if line else running.words
                matches = ready.search(line) is not None
                if matches:
                    running.ready.set()
                trouble = _TROUBLE.search(line) and not re.search(running.program.noise, line)
                if self._terminal.verbose or trouble or (show and matches):
                    self._terminal.line(name, line)

    async def _drain(self, running: _Running) -> None:
        if running.reader is not None:
            await asyncio.wait({running.reader}, timeout=1.0)
            running.reader.cancel()

    def _log(self, name: str) -> Path:
        path = self._logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path


def _is_server(running: _Running) -> bool:
    return running.program.serves_others


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"stopped (exit code {code})"

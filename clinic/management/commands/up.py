"""`manage.py up`: the whole product on one machine, until Ctrl-C.

Embedded PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name others), then
`manage.py prepare`, then web, callhost, worker, beat, sealer and witness. Exit code 0 after an orderly stop.
"""

import asyncio
import json
import signal
import socket
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic import demo_summary, programs, servers
from clinic.processes import Program
from clinic.supervisor import StartFailure, Supervisor
from clinic.terminal import Terminal

WAITING_VISITORS = 512  # who come while no web process takes them


class Command(BaseCommand):
    help = "Start everything on this machine, and stop it all on Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--verbose", action="store_true", help="show every line the programs write")

    def handle(self, *args: Any, **options: Any) -> None:
        terminal = Terminal(verbose=options["verbose"])
        with ExitStack() as held:
            try:
                held.enter_context(servers.sole_use(settings.DATA_DIR))
                door = held.enter_context(door_at(settings.HOST, settings.PORT))
                asyncio.run(_run(terminal, door))
            except (servers.EmbeddedFailure, StartFailure) as problem:
                raise CommandError(str(problem)) from None
            except OSError as problem:
                raise CommandError(f"{settings.DATA_DIR} cannot be used: {problem.strerror}.") from None


def door_at(host: str, port: int) -> socket.socket:
    """Where all web processes listen: it stays open when one of them falls. Raises `CommandError` if it is taken.

    Whoever knocks before the first of them serves waits for it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
        door.listen(WAITING_VISITORS)
    except OSError as problem:
        door.close()
        raise CommandError(
            f"Port {port} on {host} cannot be used ({problem.strerror}). "
            f"Stop what uses it, or choose another: AFTERCARE_PORT={port + 1} make run"
        ) from None
    return door


async def _run(terminal: Terminal, door: socket.socket) -> None:
    supervisor = Supervisor(terminal, settings.DATA_DIR / "log")
    starting = asyncio.current_task()
    stop = asyncio.Event()

    def asked_to_stop() -> None:
        if stop.is_set():
            return
        stop.set()
        terminal.say("\nStopping …")
        if starting:
            starting.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop)
    try:
        await _start(supervisor, terminal, door)
        await stop.wait()
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    finally:
        await asyncio.shield(supervisor.stop())
    terminal.say("Stopped.")


async def _start(supervisor: Supervisor, terminal: Terminal, door: socket.socket) -> None:
    terminal.say(f"Starting Aftercare. Data and logs: {settings.DATA_DIR}")
    await supervisor.start(_servers())
    if settings.EMBEDDED_POSTGRES:
        await asyncio.to_thread(servers.prepare_postgres, settings.DATA_DIR)
    await supervisor.run_to_end(programs.prepare())
    await supervisor.start(programs.serving(door.fileno(), settings.DATA_DIR))
    terminal.say()
    for line in _greeting():
        terminal.say(line)
    await supervisor.start(programs.more_web(door.fileno(), settings.WEB_PROCESSES))  # what nobody has to wait for


def _servers() -> list[Program]:
    embedded = []
    if settings.EMBEDDED_POSTGRES:
        embedded += [servers.postgres_program(settings.DATA_DIR), servers.keys_program(settings.DATA_DIR)]
    if settings.EMBEDDED_REDIS:
        embedded.append(servers.redis_program(settings.DATA_DIR))
    return embedded


def _greeting() -> list[str]:
    lines = [f"Aftercare is ready: {settings.BASE_URL}"]
    with suppress(FileNotFoundError):
        sign_ins = json.loads(demo_summary.path().read_text())["sign_ins"]
        lines += [f"  {entry['who']:<34} {entry['address']}  {entry.get('how', '')}".rstrip() for entry in sign_ins]
    return [*lines, "Ctrl-C stops everything."]

"""`manage.py up`: the whole product on one machine, until Ctrl-C.

Embedded PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name others), then
`manage.py prepare`, then web, callhost, worker, beat, sealer and witness. Exit code 0 after an orderly stop.
"""

import asyncio
import json
import os
import signal
import socket
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from typing import Any

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError

from clinic import demo_summary, servers
from clinic.processes import Program
from clinic.supervisor import StartFailure, Supervisor, manage
from clinic.terminal import Terminal


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
                refuse_taken_port(settings.HOST, settings.PORT)
                asyncio.run(_run(terminal))
            except (servers.EmbeddedFailure, StartFailure) as problem:
                raise CommandError(str(problem)) from None
            except OSError as problem:
                raise CommandError(f"{settings.DATA_DIR} cannot be used: {problem.strerror}.") from None


def refuse_taken_port(host: str, port: int) -> None:
    """Raises `CommandError` if nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({problem.strerror}). "
                f"Stop what uses it, or choose another: AFTERCARE_PORT={port + 1} make run"
            ) from None


async def _run(terminal: Terminal) -> None:
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
        await _start(supervisor, terminal)
        await stop.wait()
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    finally:
        await asyncio.shield(supervisor.stop())
    terminal.say("Stopped.")


async def _start(supervisor: Supervisor, terminal: Terminal) -> None:
    terminal.say(f"Starting Aftercare. Data and logs: {settings.DATA_DIR}")
    try:
        await supervisor.start(_servers())
        if not os.environ.get("DATABASE_URL"):
            await asyncio.to_thread(servers.prepare_postgres, settings.DATA_DIR)
        await supervisor.run_to_end(Program(name="prepare", command=manage("prepare"), ready=r"^· "))
        await supervisor.start(_programs(terminal))
    except* StartFailure as problems:
        raise problems.exceptions[0] from None
    terminal.say()
    for line in _greeting():
        terminal.say(line)


def _servers() -> list[Program]:
    programs = []
    if not os.environ.get("DATABASE_URL"):
        programs.append(servers.postgres_program(settings.DATA_DIR))
    if not os.environ.get("REDIS_URL"):
        programs.append(servers.redis_program(settings.DATA_DIR))
    return programs


def _programs(terminal: Terminal) -> list[Program]:
    python = manage()[0]
    celery = (python, "-m", "celery", "--app", "clinic.celery", "--quiet")
    schedule = settings.DATA_DIR / "run" / "celerybeat-schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    listen = ("--bind", settings.HOST, "--port", str(settings.PORT))
    programs = [
        Program(
            name="web",
            # No access log: addresses hold invitation tokens.
            command=(python, "-m", "daphne", *listen, "--access-log", os.devnull, "clinic.asgi:application"),
            ready=r"Listening on TCP address",
        ),
        Program(
            name="worker",
            command=(*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-mingle"),
            ready=r"\bready\.",
        ),
        Program(
            name="beat",
            command=(*celery, "beat", "--schedule", str(schedule), "--pidfile=", "--loglevel", "INFO"),
            ready=r"beat: Starting",
        ),
        Program(name="sealer", command=manage("seal"), ready=r"ready: "),
        Program(name="witness", command=manage("witness"), ready=r"ready: "),
    ]
    if "callhost" in get_commands():
        # SIGTERM would wait for calls to end.
        programs.append(
            Program(name="callhost", command=manage("callhost"), ready=r"(?i)\bready\b", stop_signal=signal.SIGINT)
        )
    else:
        terminal.line("callhost", "not part of this version: no live calls")
    return programs


def _greeting() -> list[str]:
    lines = [f"Aftercare is ready: {settings.BASE_URL}"]
    with suppress(FileNotFoundError):
        sign_ins = json.loads(demo_summary.path().read_text())["sign_ins"]
        lines += [f"  {entry['who']:<34} {entry['address']}  {entry.get('how', '')}".rstrip() for entry in sign_ins]
    return [*lines, "Ctrl-C stops everything."]

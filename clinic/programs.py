"""The programs that together are Aftercare, as `manage.py up` runs them on one machine. `deploy/` runs the same."""

import os
import signal
import sys
from pathlib import Path

from clinic.processes import Program

_CELERY = (sys.executable, "-m", "celery", "--app", "clinic.celery", "--quiet")


def manage(*arguments: str) -> tuple[str, ...]:
    """The command line of one of our own commands."""
    return (sys.executable, "manage.py", *arguments)


def prepare() -> Program:
    return Program(name="prepare", command=manage("prepare"), ready=r"^· ")


def serving(door: int, data: Path) -> list[Program]:
    """Everything that serves, once the databases are prepared. `door` is the descriptor of a listening socket."""
    return [_web("web", door), _callhost(), _worker(), _beat(data), _relay(), *_proof()]


def more_web(door: int, processes: int) -> list[Program]:
    """The web processes after the first. Whoever is free takes the next visitor; what one drops, others take."""
    return [_web(f"web-{number}", door) for number in range(2, processes + 1)]


def _web(name: str, door: int) -> Program:
    # No access log: addresses hold invitation tokens. A page that is sent away too soon comes again, and is one more.
    patience = ["--websocket_connect_timeout", "20"]
    options = ["--fd", str(door), "--access-log", os.devnull, *patience]
    return Program(
        name=name,
        command=(sys.executable, "-m", "daphne", *options, "clinic.asgi:application"),
        ready=r"Listening on TCP address",
        descriptors=(door,),
    )


def _callhost() -> Program:
    return Program(
        name="callhost",
        command=manage("callhost"),
        ready=r"is ready\b",
        stop_signal=signal.SIGINT,  # SIGTERM would wait for calls to end
        death_signal=signal.SIGINT,  # killed outright, it would leave its calls behind
    )


def _worker() -> Program:
    options = ("--concurrency", "2", "--loglevel", "INFO", "--without-mingle")
    return Program(name="worker", command=(*_CELERY, "worker", *options), ready=r"\bready\.")


def _beat(data: Path) -> Program:
    schedule = data / "run" / "celerybeat-schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    options = ("--schedule", str(schedule), "--pidfile=", "--loglevel", "INFO")
    return Program(name="beat", command=(*_CELERY, "beat", *options), ready=r"beat: Starting")


def _relay() -> Program:
    """Pages people and delivers the outbox, whether or not Redis and Celery run."""
    return Program(name="relay", command=manage("relay"), ready=r"ready: ")


def _proof() -> list[Program]:
    """What seals the audit trail, and what watches the sealing."""
    return [
        Program(name="sealer", command=manage("seal"), ready=r"ready: "),
        Program(name="witness", command=manage("witness"), ready=r"ready: "),
    ]

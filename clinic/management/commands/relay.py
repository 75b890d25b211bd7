"""`manage.py relay`: pages, hands out the outbox, and sends what is due, every second, until it is stopped.

A process of its own, so that neither Redis nor Celery stands between an escalation and
a clinician. Each kind of work has a thread: a slow mail server holds up nothing else.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from clinic import duties
from compliance import audit
from compliance.stopping import Stopping

AFTER_TROUBLE_S = 5.0
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Page, deliver the outbox and send what is due, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        if once:
            with audit.acting_as(audit.Actor("system:relay")):
                duties.do_all()
            return
        stopping = Stopping()
        over = threading.Event()
        threads = _start(duties.DUTIES, over)
        self.stdout.write("ready: paging and delivering")
        self.stdout.flush()
        while not stopping.within(duties.EVERY_S):
            pass
        over.set()
        for thread in threads:
            thread.join(timeout=5)


def _start(work: Mapping[str, duties.Duty], over: threading.Event) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=_repeat, args=(name, duty, over), name=name, daemon=True) for name, duty in work.items()
    ]
    for thread in threads:
        thread.start()
    return threads


def _repeat(name: str, duty: duties.Duty, over: threading.Event) -> None:
    with audit.acting_as(audit.Actor("system:relay")):
        while not over.is_set():
            try:
                rest_s = duty.rest_after(duty.do())
            except Exception as problem:  # the database is away, or worse: what is due stays due
                log.error("%s stopped, trying again: %s", name, type(problem).__name__)
                connections.close_all()
                rest_s = AFTER_TROUBLE_S
            over.wait(rest_s)

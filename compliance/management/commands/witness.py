"""`manage.py witness`: cosigns each new tree head, if and only if it continues what this witness saw.

A process of its own with a key and a memory of its own (AUDIT_WITNESS_DIR), at best
on another machine whose DATABASE_URL may only read the tree and add cosignatures.
"""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connections

from compliance import signing, witnessing
from compliance.errors import ComplianceError
from compliance.stopping import Stopping

EVERY_S = 5.0
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Cosign consistent tree heads; refuse a rewritten log."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once; exit code 1 if the head is refused")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        signing.witness_key()
        if once:
            try:
                witnessing.look(int(time.time()))
            except ComplianceError as problem:
                raise CommandError(f"Refused: {problem}.") from None
            return
        stopping = Stopping()
        self.stdout.write(f"ready: witnessing {settings.AUDIT_ORIGIN}")
        self.stdout.flush()
        while not stopping.within(EVERY_S):
            self._look()

    def _look(self) -> None:
        try:
            witnessing.look(int(time.time()))
        except ComplianceError as problem:
            log.critical("the witness refuses: %s", problem)
        except FileNotFoundError:
            pass  # nothing was signed yet
        except Error as problem:
            log.error("the witness cannot read the log: %s", type(problem).__name__)
            connections.close_all()

"""`manage.py seal`: seals the audit trail, twice a second, until it is stopped.

A process of its own, because it alone reads the key that signs tree heads.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections

from compliance import sealing, signing
from compliance.stopping import Stopping

EVERY_S = 0.5
BUSY_S = 0.25  # between two batches while there is something to seal
AFTER_TROUBLE_S = 5.0
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Seal new audit events under signed tree heads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what there is, then stop")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        signing.log_key()
        if once:
            while sealing.seal():
                pass
            return
        self._until_stopped()

    def _until_stopped(self) -> None:
        stopping = Stopping()
        self.stdout.write(f"ready: sealing {settings.AUDIT_ORIGIN}")
        self.stdout.flush()
        while not stopping.within(self.one_round()):
            pass

    def one_round(self) -> float:
        """Seal a batch; how long to rest after it."""
        try:
            sealed = sealing.seal()
        except Error as problem:
            log.error("sealing failed, trying again: %s", type(problem).__name__)
            connections.close_all()
            return AFTER_TROUBLE_S
        if sealed == sealing.BATCH:
            return 0.0
        return BUSY_S if sealed else EVERY_S

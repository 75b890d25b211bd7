"""`manage.py restore_keys COPY`: brings back wrapped patient keys that are missing, and none that was destroyed."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from clinic import backups
from compliance import audit

RESTORED = audit.action("keys.restored", "{actor} brought back patient keys from a copy", "C")


class Command(BaseCommand):
    help = "Bring back wrapped patient keys from a copy; keys that are here, or were destroyed, stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("copy", type=Path, help="patient-keys.jsonl, as `manage.py backup --keys` made it")

    def handle(self, *args: Any, copy: Path, **options: Any) -> None:
        try:
            with transaction.atomic(), transaction.atomic(using="keys"):
                count = backups.restore_keys(copy)
                audit.record(RESTORED, detail={"keys": count})
        except (OSError, ValueError, KeyError):
            raise CommandError(f"{copy} is no copy of keys that can be read.") from None
        self.stdout.write(f"✓ {count} keys brought back.")

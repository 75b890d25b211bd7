"""`manage.py restore_drill BASE`: restores a backup beside the living, verifies it, and says what would be lost.

Run it weekly. Prints sentences, then one line of JSON. Exit code 1 if the copy cannot be lived from.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import backups

LOST_LIMIT_S = 300.0
RECOVERY_LIMIT_S = 900.0


class Command(BaseCommand):
    help = "Restore a backup on the side, verify it, and compare it with the living."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("base", type=Path, help="what pg_basebackup or `manage.py backup` made")
        parser.add_argument("--archive", type=Path, help="folder of archived WAL")
        parser.add_argument("--witness", type=Path, help="what a witness remembers (its seen.json)")

    def handle(self, *args: Any, base: Path, archive: Path | None, witness: Path | None, **options: Any) -> None:
        try:
            found = backups.drill(base, archive, witness)
        except backups.BackupFailure as problem:
            raise CommandError(str(problem)) from None
        if found.lost_s > LOST_LIMIT_S:
            found.problems.append(f"{found.lost_s:.0f} s would be lost; the limit is {LOST_LIMIT_S:.0f} s")
        if found.checked_s > RECOVERY_LIMIT_S:
            found.problems.append(f"it took {found.checked_s:.0f} s; the limit is {RECOVERY_LIMIT_S:.0f} s")
        self.stdout.write(
            f"RTO: restored in {found.recovery_s:.1f} s, checked after {found.checked_s:.1f} s"
            f" (at most {RECOVERY_LIMIT_S:.0f} s)."
        )
        self.stdout.write(f"{found.audit_entries} audit entries verified, {found.opened} sealed records opened.")
        self.stdout.write(f"RPO: the copy ends {found.lost_s:.1f} s before the living (at most {LOST_LIMIT_S:.0f} s).")
        for trouble in found.problems:
            self.stdout.write(f"✗ {trouble}")
        self.stdout.write(json.dumps(asdict(found)))
        if found.problems:
            raise CommandError("This backup cannot be lived from.")

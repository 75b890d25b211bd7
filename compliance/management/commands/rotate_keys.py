"""`manage.py rotate_keys`: wraps every patient's key again under the provider's current key, while everything runs.

With KEY_PROVIDER=file, `--new` first makes a new key, and `--forget-old` finally
removes the old ones: then only the new one opens anything.
"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from compliance import audit, keyring
from compliance.key_providers import provider
from compliance.key_providers.file import KeyFile
from compliance.models import PatientKey

ROTATED = audit.action("keys.rotated", "{actor} wrapped the patients' keys again under a new key", "U")


class Command(BaseCommand):
    help = "Re-wrap all patient keys under the current key-encryption key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="make a new key first (KEY_PROVIDER=file)")
        parser.add_argument("--forget-old", action="store_true", help="remove old keys at the end (KEY_PROVIDER=file)")

    def handle(self, *args: Any, new: bool = False, forget_old: bool = False, **options: Any) -> None:
        keeper = provider()
        if (new or forget_old) and not isinstance(keeper, KeyFile):
            raise CommandError("--new and --forget-old are for KEY_PROVIDER=file; rotate the key in your key service.")
        if new and isinstance(keeper, KeyFile):
            self.stdout.write(f"made {keeper.add()}")
        began, count = time.perf_counter(), 0
        while renewed := keyring.rewrap():
            count += renewed
        with transaction.atomic():
            audit.record(ROTATED, detail={"keys": count, "under": keeper.current()})
        self.stdout.write(f"{count} keys wrapped again in {time.perf_counter() - began:.1f} s")
        if forget_old and isinstance(keeper, KeyFile):
            self._forget(keeper)

    def _forget(self, keeper: KeyFile) -> None:
        left = PatientKey.objects.filter(destroyed_at=None).exclude(key_encryption_key=keeper.current()).count()
        if left:
            raise CommandError(f"{left} keys are still wrapped by an old key; run this again.")
        keeper.keep_only_current()
        self.stdout.write("old keys are forgotten")

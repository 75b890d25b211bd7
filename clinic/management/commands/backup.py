"""`manage.py backup FOLDER --keys FOLDER`: verified copies of the embedded PostgreSQL, made while it runs."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import backups


class Command(BaseCommand):
    help = "Copy the embedded PostgreSQL into a folder, and verify the copy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="for the data, without any key")
        parser.add_argument(
            "--keys", type=Path, help="another folder, for the wrapped patient keys; each copy there replaces the last"
        )

    def handle(self, *args: Any, folder: Path, keys: Path | None, **options: Any) -> None:
        if not settings.EMBEDDED_POSTGRES:
            raise CommandError(
                "DATABASE_URL names your own PostgreSQL: back it up with pgBackRest or pg_basebackup "
                "(docs/how-to/back-up-and-restore.md)."
            )
        try:
            if keys and keys.resolve() == folder.resolve():
                raise CommandError("Keep the keys apart from the data: name another folder, best on another disk.")
            copy = backups.take(folder)
        except backups.BackupFailure as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"✓ {copy}")
        if keys:
            keys.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.stdout.write(f"✓ {backups.take_keys(keys)}")
            self.stdout.write("! Keep this copy of the keys only: an older one would bring back who was erased.")
        else:
            self.stdout.write("! Nothing in it can be read without the patients' keys: copy them too, with --keys.")

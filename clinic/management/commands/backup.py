"""`manage.py backup FOLDER`: a verified copy of the embedded PostgreSQL, made while it runs."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import backups


class Command(BaseCommand):
    help = "Copy the embedded PostgreSQL into a folder, and verify the copy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        if not settings.EMBEDDED_POSTGRES:
            raise CommandError(
                "DATABASE_URL names your own PostgreSQL: back it up with pgBackRest or pg_basebackup "
                "(docs/how-to/back-up-and-restore.md)."
            )
        try:
            copy = backups.take(folder)
        except backups.BackupFailure as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"✓ {copy}")
        self.stdout.write("! It holds the patients' keys too; deployments keep those apart.")

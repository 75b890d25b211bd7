"""`manage.py prepare`: makes the databases and models ready for this version. Safe to repeat.

`manage.py up` runs it at each start; a deployment runs it before the new version serves.
Needs DATABASE_OWNER_URL where the application's role owns no tables.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError


class Command(BaseCommand):
    help = "Migrate, grant, export models; in demo mode, load the demo clinic. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._migrate()
        except OperationalError as problem:
            raise CommandError(f"The database does not answer: {str(problem).splitlines()[0]}") from None
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        call_command("prepare_database", stdout=self.stdout, stderr=self.stderr)
        call_command("export_embedder", stdout=self.stdout)
        if settings.DEMO:
            call_command("load_demo", stdout=self.stdout)

    def _migrate(self) -> None:
        for database in ("owner", "keys"):
            call_command("migrate", database=database, interactive=False, verbosity=0)
        self.stdout.write("· databases are up to date")

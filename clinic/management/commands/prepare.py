"""`manage.py prepare`: makes the databases and models ready for this version. Safe to repeat.

`manage.py up` runs it at each start; a deployment runs it before the new version serves.
Needs DATABASE_OWNER_URL where the application's role owns no tables.
"""

from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from clinic.embedded import APP_ROLE

OPTIONAL = ("prepare_database", "export_embedder")


class Command(BaseCommand):
    help = "Migrate, grant, export models; in demo mode, load the demo clinic. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._migrate()
        except OperationalError as problem:
            raise CommandError(f"The database does not answer: {str(problem).splitlines()[0]}") from None
        commands = get_commands()
        for name in OPTIONAL:
            if name in commands:
                call_command(name, stdout=self.stdout)
        if "prepare_database" not in commands:
            _grant_everything()
        if settings.DEMO and "load_demo" in commands:
            call_command("load_demo", stdout=self.stdout)

    def _migrate(self) -> None:
        for database in ("owner", "keys"):
            call_command("migrate", database=database, interactive=False, verbosity=0)
        self.stdout.write("· databases are up to date")


def _grant_everything() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")

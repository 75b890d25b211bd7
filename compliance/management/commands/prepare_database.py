"""`manage.py prepare_database`: gives the application's role what it needs, and no more. Safe to repeat."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction

from compliance import privileges


class Command(BaseCommand):
    help = "Grant the application's database role its privileges. Run after migrate, as the owner."

    def handle(self, *args: Any, **options: Any) -> None:
        role, owner = settings.DATABASES["default"]["USER"], settings.DATABASES["owner"]["USER"]
        if role == owner:
            self._refuse_or_warn(role)
            return
        with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
            tables = [name for (name,) in cursor.fetchall()]
            for statement in privileges.grants(role, tables):
                cursor.execute(statement)
        self.stdout.write(f"· {role} may append to the audit trail, never change it")

    def _refuse_or_warn(self, role: str) -> None:
        if not settings.DEMO:
            raise CommandError(
                f"DATABASE_URL signs in as {role}, who owns the tables and so could rewrite the audit trail. "
                "Make a second role, put it into DATABASE_URL, and the owner into DATABASE_OWNER_URL."
            )
        self.stderr.write(f"! {role} owns the tables: the audit trail is protected by triggers only")

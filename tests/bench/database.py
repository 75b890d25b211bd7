"""A database of a bench's own, with the application's tables, signed in to as the application's role."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def aftercare(folder: Path, *, durable: bool = True) -> Iterator[None]:
    """Durable as in production unless told otherwise."""
    folder.chmod(0o755)
    os.environ |= {"AFTERCARE_DATA": str(folder), "AFTERCARE_MODE": "demo", "DJANGO_SETTINGS_MODULE": "clinic.settings"}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "KEYS_DATABASE_URL"):
        os.environ.pop(name, None)
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from clinic import servers

    with servers.postgres(settings.DATA_DIR, durable=durable):
        for alias in ("owner", "keys"):
            call_command("migrate", database=alias, verbosity=0)
        call_command("prepare_database", verbosity=0)
        connections.close_all()
        yield
        connections.close_all()

"""What every test needs: an embedded PostgreSQL of its own, and the cast."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("AFTERCARE_DATA", str(Path(__file__).resolve().parent.parent / "var" / "test"))

import pytest
from django.conf import settings

from clinic import embedded


@pytest.fixture(scope="session", autouse=True)
def _postgres() -> Iterator[None]:
    """Tests use a real PostgreSQL: yours if DATABASE_URL names one, else an embedded one under var/test."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with embedded.postgres(settings.DATA_DIR):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Test databases are made by the owner of the server."""
    for alias in ("default", "keys"):
        settings.DATABASES[alias]["USER"] = settings.DATABASES["owner"]["USER"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the database may use the key store too."""
    for item in items:
        for marker in item.iter_markers("django_db"):
            marker.kwargs.setdefault("databases", ["default", "keys"])  # type: ignore[attr-defined]

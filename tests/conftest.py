"""What every test needs: an embedded PostgreSQL of its own, and the cast."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings

from clinic import servers
from tests.stolen import Stolen

STOLEN = Stolen()
pytest_plugins = ["tests.stack", "tests.browser.harness", "tests.browser.page_alone"]


@pytest.fixture(scope="session", autouse=True)
def _postgres() -> Iterator[None]:
    """Tests use a real PostgreSQL: yours if DATABASE_URL names one, else an embedded one under var/test."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with servers.postgres(settings.DATA_DIR, durable=False):
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[None]:
    """A real Redis where settings.REDIS_URL points, for tests of channels, hints and rate limits."""
    if os.environ.get("REDIS_URL"):
        yield
        return
    with servers.redis(settings.DATA_DIR):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Test databases are made by the owner of the server."""
    for alias in ("default", "keys"):
        settings.DATABASES[alias]["USER"] = settings.DATABASES["owner"]["USER"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the database may use the key store too. Slow parts run last: stack, then browser.

    What is timed is timed again, twice at most, if the machine stood still meanwhile; the summary shows both.

    Browser tests must be last: Playwright keeps an event loop running in this thread while it is up.
    """
    for item in items:
        for marker in item.iter_markers("django_db"):
            marker.kwargs.setdefault("databases", ["default", "keys"])  # type: ignore[attr-defined]
        if item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.flaky(reruns=2, condition=STOLEN.much))
    items.sort(key=_pace)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    STOLEN.begin()


def _pace(item: pytest.Item) -> int:
    if item.get_closest_marker("browser"):
        return 2
    return 1 if item.get_closest_marker("stack") else 0

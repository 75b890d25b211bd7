"""Where PostgreSQL and Redis from wheels would be, for a machine that has neither.

`clinic.settings` asks; `clinic.servers` runs them. A `DATABASE_URL` or `REDIS_URL`
of your own replaces them.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

APP_ROLE = "aftercare_app"
KEYS_ROLE = "aftercare_keys"  # owns the patient keys, and sees nothing else
OWNER_ROLE = "postgres"
DATABASE = "aftercare"
KEYS_DATABASE = "aftercare_keys"
# On a network that swallows packets libpq waits two minutes to connect, and a connection that stands for hours.
PATIENCE = {
    "connect_timeout": "5",
    "tcp_user_timeout": "8000",  # ms
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
}


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


def channel_host(url: str) -> dict[str, Any]:
    """`url` as channels-redis wants it."""
    # Reads block for up to 5 s by design; redis-py would give up after as long.
    return {"address": url, "socket_timeout": 30}


def celery_url(url: str) -> str:
    """`url` as Celery's Redis transport wants it. Left alone, that would accept any certificate."""
    if url.startswith("rediss://") and "ssl_cert_reqs=" not in url:
        url += f"{'&' if '?' in url else '?'}ssl_cert_reqs=required"
    return url.replace("unix://", "redis+socket://", 1)


def postgres_data(data: Path) -> Path:
    return data / "postgres"


def keys_data(data: Path) -> Path:
    """Wrapped patient keys have a server of their own, so that no copy of the other one's files holds them."""
    return data / "postgres-keys"


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
            "keys": _local(str(keys_data(data)), KEYS_DATABASE, KEYS_ROLE),
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
        OPTIONS={**PATIENCE, **dict(parse_qsl(parts.query))},
    )


def _connection(**settings: Any) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": False, **settings}

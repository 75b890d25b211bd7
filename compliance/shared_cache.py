"""Django's cache, kept in PostgreSQL as JSON.

It holds rate limits and one-time codes that were used, so it must be shared by
all processes and survive Redis. Django's own database cache stores pickles, which
would let whoever can write that table run code in ours.
"""

from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db.models import Q
from django.utils import timezone


class SharedCache(BaseCache):
    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store unless present; atomic, so that of two callers with one code one is refused."""
        from compliance.models import CacheEntry

        name, expires_at = self.make_and_validate_key(key, version), self._expiry(timeout)
        CacheEntry.objects.filter(expires_at__lte=timezone.now()).delete()
        _, created = CacheEntry.objects.get_or_create(key=name, defaults={"value": value, "expires_at": expires_at})
        return created

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        from compliance.models import CacheEntry

        alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        entry = CacheEntry.objects.filter(alive, key=self.make_and_validate_key(key, version)).first()
        return default if entry is None else entry.value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        from compliance.models import CacheEntry

        CacheEntry.objects.update_or_create(
            key=self.make_and_validate_key(key, version),
            defaults={"value": value, "expires_at": self._expiry(timeout)},
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        from compliance.models import CacheEntry

        found = CacheEntry.objects.filter(key=self.make_and_validate_key(key, version))
        return bool(found.update(expires_at=self._expiry(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        from compliance.models import CacheEntry

        return bool(CacheEntry.objects.filter(key=self.make_and_validate_key(key, version)).delete()[0])

    def clear(self) -> None:
        from compliance.models import CacheEntry

        CacheEntry.objects.all().delete()

    def _expiry(self, timeout: Any) -> datetime | None:
        seconds = self.get_backend_timeout(timeout)
        return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)

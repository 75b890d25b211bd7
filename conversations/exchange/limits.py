"""How often a token may ask: so many requests a minute, counted in Redis.

Redis is a hint here as everywhere: while it is away nobody is counted, and nobody is turned away.
"""

import logging
import time
from dataclasses import dataclass
from functools import lru_cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
WINDOW_S = 60
TIMEOUT_S = 0.25
_warned = 0.0  # the minute of the last warning


@dataclass(frozen=True)
class Allowance:
    limit: int
    left: int
    resets_in_s: int

    @property
    def used_up(self) -> bool:
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """As in the IETF draft on RateLimit header fields."""
        left = str(max(self.left, 0))
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": left,
            "RateLimit-Reset": str(self.resets_in_s),
        }


def take(who: str, limit: int, now_s: float | None = None) -> Allowance:
    """Count one request of `who` in the current minute."""
    moment = time.time() if now_s is None else now_s
    window, into = divmod(moment, WINDOW_S)
    resets_in_s = WINDOW_S - int(into)
    try:
        used = _count(f"api-rate:{who}:{int(window)}")
    except (redis.RedisError, OSError) as problem:
        _warn(window, problem)
        return Allowance(limit, limit, resets_in_s)
    return Allowance(limit, limit - used, resets_in_s)


def _warn(window: float, problem: Exception) -> None:
    """Once a minute."""
    global _warned
    if window != _warned:
        _warned = window
        logger.warning("requests are not counted: %s", type(problem).__name__)


def _count(key: str) -> int:
    with _redis(settings.REDIS_URL).pipeline(transaction=False) as steps:
        steps.incr(key)
        steps.expire(key, 2 * WINDOW_S)
        return int(steps.execute()[0])


@lru_cache(maxsize=2)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)

"""Strict readers of environment variables: a setting is right, or the program does not start.

Called by `clinic.settings` only. Every reader also accepts `NAME_FILE`, the path
of a file that holds the value, so that secrets can be mounted instead of exported.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, stripped. Raises `ImproperlyConfigured` if absent and without default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as problem:
            raise ImproperlyConfigured(
                f"{name}_FILE points to {path}, which cannot be read: {problem.strerror}."
            ) from None
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} must be set. See .env.example.")
    return default


def boolean(name: str, default: bool) -> bool:
    value = text(name, "on" if default else "off").lower()
    if value in _TRUE | _FALSE:
        return value in _TRUE
    raise ImproperlyConfigured(f"{name} is {value!r}; write on or off.")


def integer(name: str, default: int, *, at_least: int = 0, at_most: int | None = None) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number.") from None
    if number < at_least or (at_most is not None and number > at_most):
        upto = f" and at most {at_most}" if at_most is not None else ""
        raise ImproperlyConfigured(f"{name} is {number}; it must be at least {at_least}{upto}.")
    return number


def number(name: str, default: float, *, at_least: float = 0.0) -> float:
    value = text(name, str(default))
    try:
        parsed = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.") from None
    if parsed < at_least:
        raise ImproperlyConfigured(f"{name} is {parsed}; it must be at least {at_least}.")
    return parsed


def choice(name: str, default: str, options: Iterable[str]) -> str:
    value = text(name, default)
    allowed = sorted(options)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; choose one of {', '.join(allowed)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def time_zone(name: str, default: str) -> str:
    """An IANA name such as Europe/Stockholm."""
    value = text(name, default)
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name} is {value!r}; write an IANA time zone such as Europe/Stockholm.") from None

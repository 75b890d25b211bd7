"""Strict readers of environment variables: a setting is right, or the program does not start.

Called by `clinic.settings` only. Every reader also accepts `NAME_FILE`, the path
of a file that holds the value, so that secrets can be mounted instead of exported.
"""

import os
import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)\s*=\s*(?P<value>.*)")
_ICE = re.compile(r"stuns?:[^\s?/@]+|turns?:[^\s?/@]+(\?transport=(udp|tcp))?")
_FOREIGN = ("OTEL_",)  # read by libraries, not by us
_asked: set[str] = set()
_from_file: set[str] = set()


def load(path: Path) -> None:
    """Take settings from a file of NAME=value lines; what is exported already wins. No file, no harm.

    Raises `ImproperlyConfigured` on a line that is none, a name given twice, or a file that cannot be read.
    """
    try:
        lines = path.read_text().splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as problem:
        raise ImproperlyConfigured(f"{path} cannot be read: {problem}.") from None
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ImproperlyConfigured(f"{path}, line {number}: write NAME=value, or # before a remark.")
        name = found["name"]
        if name in _from_file:
            raise ImproperlyConfigured(f"{path}, line {number}: {name} is set twice.")
        _from_file.add(name)
        os.environ.setdefault(name, _value(found["value"]))


def refuse_unknown() -> None:
    """Called once every setting has been asked for. Raises `ImproperlyConfigured` for a name nobody asked for."""
    for name in sorted(_from_file):
        if name.removesuffix("_FILE") not in _asked and not name.startswith(_FOREIGN):
            raise ImproperlyConfigured(f"{name} is no setting of Aftercare. .env.example lists them all.")


def asked() -> frozenset[str]:
    """The names of all settings, once `clinic.settings` has been read."""
    return frozenset(_asked)


def _value(written: str) -> str:
    """Quotes are taken off; outside quotes, " #" begins a remark."""
    for quote in ('"', "'"):
        if len(written) >= 2 and written[0] == quote and written.find(quote, 1) == len(written) - 1:
            return written[1:-1]
    return re.split(r"\s#", written, maxsplit=1)[0].strip()


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, stripped. Raises `ImproperlyConfigured` if absent and without default."""
    _asked.add(name)
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


def ice_servers(name: str) -> list[str]:
    """A comma-separated list of STUN and TURN addresses (RFC 7064, RFC 7065)."""
    found = words(name)
    for word in found:
        if not _ICE.fullmatch(word):
            raise ImproperlyConfigured(
                f"{name} has {word!r}; write addresses such as turn:turn.example.org:3478?transport=tcp."
            )
    return found


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of addresses and networks; refuses the whole internet."""
    found = []
    for word in words(name):
        try:
            network = ip_network(word)
        except ValueError:
            raise ImproperlyConfigured(f"{name} has {word!r}; write networks such as 10.0.0.0/8.") from None
        if network.prefixlen == 0:
            raise ImproperlyConfigured(f"{name} has {word!r}: that would trust everybody. Name your own proxies.")
        found.append(network)
    return found


def time_zone(name: str, default: str) -> str:
    """An IANA name such as Europe/Stockholm."""
    value = text(name, default)
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(f"{name} is {value!r}; write an IANA time zone such as Europe/Stockholm.") from None


def smtp(name: str, url: str) -> dict[str, str | int | bool]:
    """Django's mail settings from smtps://user:password@host:465 (TLS) or smtp://…:587 (STARTTLS)."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must read smtp://user:password@host:587 or smtps://user:password@host:465.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
    }

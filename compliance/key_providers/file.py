"""The key-encryption key in a file: for development, and for a clinic that mounts a secret.

One key a line, 32 bytes in base64. The first wraps; the others still open what they
wrapped, until `manage.py rotate_keys` has wrapped everything again.
"""

import base64
import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from django.core.exceptions import ImproperlyConfigured

from compliance.errors import SealBroken
from compliance.key_providers import Context, Wrapped

_UNNAMED = "file"  # keys wrapped before key-encryption keys had names; `rotate_keys` leaves none


class KeyFile:
    def __init__(self, path: Path, *, make: bool) -> None:
        self._path, self._make = path, make
        self._keys: dict[str, bytes] = {}
        self._read_at: tuple[int, int] | None = None

    def current(self) -> str:
        return next(iter(self._load()))

    def wrap(self, secret: bytes, context: Context) -> Wrapped:
        name, key = next(iter(self._load().items()))
        nonce = os.urandom(12)
        return Wrapped(nonce + AESGCM(key).encrypt(nonce, secret, _bound_to(context)), name)

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        sealed, name = wrapped
        if name == _UNNAMED:
            return aes_key_unwrap(next(iter(reversed(self._load().values()))), sealed)
        key = self._load().get(name)
        if key is None:
            raise SealBroken(f"the key-encryption key {name} is not in {self._path}")
        try:
            return AESGCM(key).decrypt(sealed[:12], sealed[12:], _bound_to(context))
        except InvalidTag:
            raise SealBroken("a wrapped key was altered or moved") from None

    def add(self) -> str:
        """Put a new key first, and return its name. The others stay."""
        lines = [base64.b64encode(key).decode() for key in self._load().values()]
        self._write([base64.b64encode(os.urandom(32)).decode(), *lines])
        return self.current()

    def keep_only_current(self) -> None:
        self._write([base64.b64encode(next(iter(self._load().values()))).decode()])

    def _load(self) -> dict[str, bytes]:
        """Read again whenever the file changed, so that a rotation reaches running processes."""
        if not self._path.exists() and self._make:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write([base64.b64encode(os.urandom(32)).decode()])
        found = self._path.stat()
        if (found.st_mtime_ns, found.st_ino) != self._read_at:
            keys = [base64.b64decode(line) for line in self._path.read_text().split()]
            if not keys or any(len(key) != 32 for key in keys):
                raise ImproperlyConfigured(
                    f"{self._path} must hold one or more keys of 32 bytes, in base64, one a line."
                )
            self._keys = {_name(key): key for key in keys}
            self._read_at = (found.st_mtime_ns, found.st_ino)
        return self._keys

    def _write(self, lines: list[str]) -> None:
        half = self._path.with_suffix(".half")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
            target.write("\n".join(lines) + "\n")
            target.flush()
            os.fsync(target.fileno())
        half.replace(self._path)


def _name(key: bytes) -> str:
    return f"file:{sha256(key).hexdigest()[:16]}"


def _bound_to(context: Context) -> bytes:
    return "\x1f".join(f"{name}={context[name]}" for name in sorted(context)).encode()

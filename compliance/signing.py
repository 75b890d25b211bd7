"""The keys that sign tree heads and cosign them: each in a file of its own, read by one process.

The web processes and the database need neither.
"""

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from compliance import notes


def log_key() -> Ed25519PrivateKey:
    return _load(settings.AUDIT_SIGNING_KEY_PATH, settings.AUDIT_ORIGIN, notes.ED25519)


def witness_key() -> Ed25519PrivateKey:
    return _load(settings.AUDIT_WITNESS_DIR / "key", settings.AUDIT_WITNESS_NAME, notes.COSIGNATURE)


def log_verifier() -> notes.Verifier:
    """The log's public key. Raises `FileNotFoundError` before the first head was signed."""
    return notes.Verifier.parse(public_path(settings.AUDIT_SIGNING_KEY_PATH).read_text())


def witness_verifier() -> notes.Verifier:
    return notes.Verifier.parse(public_path(settings.AUDIT_WITNESS_DIR / "key").read_text())


def public_path(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def _load(path: Path, name: str, algorithm: int) -> Ed25519PrivateKey:
    """The private key in `path`: 32 bytes, base64. Made on first use in demo mode."""
    if not path.exists():
        if not settings.DEMO:
            raise ImproperlyConfigured(f"{path} does not exist: make it with `openssl rand -base64 32`, mode 0600.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(os.urandom(32)).decode())
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_text()))
    public = f"{notes.verifier_of(name, key, algorithm)}\n"
    target = public_path(path)
    if not target.exists() or target.read_text() != public:
        target.write_text(public)
    return key

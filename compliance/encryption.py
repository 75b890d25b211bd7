"""Sealing bytes to a place: AES-256-GCM whose associated data names where they belong.

Pure. A sealed value opens only under the key, table, column and row it was sealed
for, so a ciphertext copied elsewhere is worthless (OWASP ASVS 5.0, 11.3).

Layout: 1 byte format, 4 bytes key version (big endian), 12 bytes nonce, ciphertext and tag.
"""

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from compliance.errors import SealBroken

FORMAT = 1
_HEADER = struct.Struct(">BI12s")


@dataclass(frozen=True)
class DataKey:
    """A patient's key in the clear, 32 bytes. Never stored, never logged."""

    version: int
    secret: bytes

    def __repr__(self) -> str:
        return f"DataKey(version={self.version})"


@dataclass(frozen=True)
class Place:
    """Where a sealed value belongs."""

    table: str
    column: str
    row: str

    def associated_data(self, version: int) -> bytes:
        return "\x1f".join((self.table, self.column, self.row, str(version))).encode()


def seal(plain: bytes, key: DataKey, place: Place) -> bytes:
    nonce = os.urandom(12)
    sealed = AESGCM(key.secret).encrypt(nonce, plain, place.associated_data(key.version))
    return _HEADER.pack(FORMAT, key.version, nonce) + sealed


def version_of(sealed: bytes) -> int:
    """The key version a sealed value needs. Raises `SealBroken` if it is none of ours."""
    if len(sealed) < _HEADER.size + 16 or sealed[0] != FORMAT:
        raise SealBroken("not a sealed value")
    return int(_HEADER.unpack_from(sealed)[1])


def open_sealed(sealed: bytes, key: DataKey, place: Place) -> bytes:
    """The plain bytes. Raises `SealBroken` if altered, moved, or sealed under another key."""
    if version_of(sealed) != key.version:
        raise SealBroken(f"sealed under key version {version_of(sealed)}, not {key.version}")
    nonce = _HEADER.unpack_from(sealed)[2]
    try:
        return AESGCM(key.secret).decrypt(nonce, sealed[_HEADER.size :], place.associated_data(key.version))
    except InvalidTag:
        raise SealBroken(f"{place.table}.{place.column} does not open in this place") from None

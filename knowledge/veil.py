"""Keeps what PostgreSQL must compare from being read by whoever holds only the database.

A patient's vectors are turned by an orthogonal matrix that only the patient's key can
make: lengths and angles among one patient's vectors stay (so search works), their
meaning does not. Words are stored as keyed hashes. What this does and does not hide
is written down in docs/decisions/0021.
"""

import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from knowledge import words as plain_words

Vectors = npt.NDArray[np.float32]
DIMENSIONS = 384


def _subkey(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"aftercare knowledge {purpose}".encode()).derive(secret)


@lru_cache(maxsize=64)
def rotation(secret: bytes) -> Vectors:
    """The patient's orthogonal matrix, (384, 384), drawn evenly among all of them (Stewart 1980)."""
    stream = Cipher(algorithms.ChaCha20(_subkey(secret, "rotation"), bytes(16)), mode=None).encryptor()
    raw = np.frombuffer(stream.update(bytes(16 * DIMENSIONS * DIMENSIONS)), np.uint64)
    uniform = (raw.astype(np.float64) + 1) / 2.0**64
    first, second = np.split(uniform, 2)
    normal = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)  # Box and Muller 1958
    orthogonal, upper = np.linalg.qr(normal.reshape(DIMENSIONS, DIMENSIONS))
    return np.ascontiguousarray(orthogonal * np.sign(np.diag(upper)), np.float32)


def veiled(vectors: Vectors, secret: bytes) -> Vectors:
    """`vectors` of shape (…, 384), turned."""
    turned: Vectors = vectors @ rotation(secret)
    return turned


def unveiled(vectors: Vectors, secret: bytes) -> Vectors:
    turned: Vectors = vectors @ rotation(secret).T
    return turned


def hashed(words: Iterable[str], secret: bytes) -> list[str]:
    """A keyed hash of 64 bits for each word, in order."""
    key = _subkey(secret, "lexemes")
    return [hmac.new(key, word.encode(), hashlib.sha256).hexdigest()[:16] for word in words]


def tsvector(words: Iterable[str], secret: bytes) -> str:
    """PostgreSQL's text form of a tsvector of hashed words with their positions."""
    return plain_words.tsvector(hashed(words, secret))

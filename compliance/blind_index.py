"""Finding a sealed value by equality, without opening anything.

A keyed hash of the value, under a key of its own for each column, so that the same
value in two columns looks different. Never for values with few possibilities (a
birth date, a sex, a diagnosis): whoever sees the index could count them.
"""

import hmac
import unicodedata
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from compliance import keyring

LOW_ENTROPY = frozenset({"born", "birth_date", "sex", "gender", "procedure", "diagnosis", "language", "postcode"})


def blind_index(table: str, column: str, value: str) -> bytes:
    """16 bytes that are equal for equal values of this column. Raises `ValueError` for a low-entropy column."""
    if column in LOW_ENTROPY:
        raise ValueError(f"{table}.{column} has too few possible values to be indexed blindly")
    normal = unicodedata.normalize("NFKC", value).strip().casefold()
    return hmac.new(_key(table, column), normal.encode(), sha256).digest()[:16]


def _key(table: str, column: str) -> bytes:
    secret = keyring.key_for(keyring.HOUSE).secret
    return HKDF(SHA256(), 32, None, f"blind index\x1f{table}\x1f{column}".encode()).derive(secret)

"""The public keys of another system, as a JSON Web Key Set that an administrator pastes. Pure.

SMART Backend Services asks for RS384 or ES384, so for RSA keys of 2048 bits or more and
for keys on the curve P-384.
"""

import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

LEAST_RSA_BITS = 2048
MOST_KEYS = 10


class BadKeys(ValueError):
    """The text is a sentence for the administrator."""


def read(text: str) -> dict[str, Any]:
    """A key set from what was pasted; an empty one from nothing. Raises `BadKeys`."""
    if not text.strip():
        return {}
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise BadKeys("This is not JSON.") from None
    if not isinstance(told, dict) or not isinstance(told.get("keys"), list) or not told["keys"]:
        raise BadKeys('A key set looks like {"keys": [ … ]} and holds one key or more.')
    if len(told["keys"]) > MOST_KEYS:
        raise BadKeys(f"A key set holds {MOST_KEYS} keys at most.")
    for key in told["keys"]:
        _check(key)
    names = [key["kid"] for key in told["keys"]]
    if len(set(names)) < len(names):
        raise BadKeys('Two keys have the same "kid".')
    return {"keys": told["keys"]}


def algorithm(key: Mapping[str, Any]) -> str:
    """RS384 or ES384: what a key of a checked set signs with."""
    return "ES384" if key["kty"] == "EC" else "RS384"


def public_key(key: Mapping[str, Any]) -> Any:
    """Raises `BadKeys`."""
    try:
        return jwt.PyJWK(dict(key), algorithm=algorithm(key)).key
    except (jwt.PyJWTError, ValueError, KeyError, TypeError):
        raise BadKeys("One of the keys cannot be read.") from None


def _check(key: Any) -> None:
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or key.get("kty") not in ("RSA", "EC"):
        raise BadKeys('Each key needs a "kid", and a "kty" that is RSA or EC.')
    if {"d", "p", "q", "k"} & key.keys():
        raise BadKeys("This is a private key. Paste the public one, and make a new pair: this one has been shown.")
    found = public_key(key)
    if isinstance(found, RSAPublicKey) and found.key_size < LEAST_RSA_BITS:
        raise BadKeys(f"An RSA key needs {LEAST_RSA_BITS} bits or more.")
    if isinstance(found, EllipticCurvePublicKey) and found.curve.name != "secp384r1":
        raise BadKeys("An EC key must be on the curve P-384.")

"""Signatures: HMAC-SHA256 over id, time and body, one for each secret that is valid now. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(message_id: str, timestamp_s: int, body: bytes, valid: Sequence[str]) -> dict[str, str]:
    """The three headers. `valid` holds one secret, or two while a rotation overlaps; `timestamp_s` is Unix time."""
    signatures = " ".join(f"v1,{_sign(message_id, timestamp_s, body, secret)}" for secret in valid)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": signatures}


def _sign(message_id: str, timestamp_s: int, body: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()

"""A message that only one browser can read: RFC 8291, in the one record of RFC 8188's aes128gcm. Pure."""

import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from compliance import base64url

CURVE = ec.SECP256R1()
RECORD_BYTES = 4096
POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
LAST_RECORD = b"\x02"


def encrypt(
    message: bytes,
    receiver: bytes,
    auth: bytes,
    *,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of the request. `receiver` is the browser's public point, `auth` its secret of 16 bytes.

    `ours` and `salt` are new for each message; only a test gives them. Raises `ValueError`.
    """
    ours, salt = ours or ec.generate_private_key(CURVE), salt or os.urandom(SALT_BYTES)
    point = public_point(ours)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver))
    secret = _derive(auth, shared, b"WebPush: info\0" + receiver + point, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(point)]) + point
    return header + AESGCM(key).encrypt(nonce, message + LAST_RECORD, None)


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def check_keys(point: str, auth: str) -> None:
    """Raises `ValueError` for what no browser would give."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, base64url.read(point))
    if len(base64url.read(point)) != POINT_BYTES or len(base64url.read(auth)) != AUTH_BYTES:
        raise ValueError("not the keys of a push subscription")


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)

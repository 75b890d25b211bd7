"""Who sends a push message: RFC 8292. The key pair comes from the settings, or is made once and sealed.

A browser's subscription is bound to this key: with another one, devices have to be switched on again.
"""

from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from clinic.models import PushIdentity
from clinic.push import encryption
from compliance import base64url

VALID_S = 12 * 3600  # at most 24 h


def private_key() -> ec.EllipticCurvePrivateKey:
    """Raises `ValueError` if the settings hold no key of P-256."""
    written = settings.WEB_PUSH_PRIVATE_KEY or _kept()
    return ec.derive_private_key(int.from_bytes(base64url.read(written), "big"), encryption.CURVE)


def public_key() -> str:
    """What a browser is given to subscribe with."""
    return base64url.write(encryption.public_point(private_key()))


def authorization(endpoint: str, now_s: int) -> str:
    """The header of one request. `now_s` is Unix time."""
    parts = urlsplit(endpoint)
    key = private_key()
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now_s + VALID_S, "sub": _contact()}
    token = jwt.encode(claims, key, algorithm="ES256")
    return f"vapid t={token}, k={base64url.write(encryption.public_point(key))}"


def _contact() -> str:
    """Whom the push service may write to about what we send."""
    return settings.BASE_URL if settings.BASE_URL.startswith("https://") else f"mailto:{settings.DEFAULT_FROM_EMAIL}"


def _kept() -> str:
    """Ours, made when it is first needed; of two that are made at once, the first is kept."""
    kept = PushIdentity.objects.filter(pk=PushIdentity.ONLY).first()
    if kept is None:
        number = ec.generate_private_key(encryption.CURVE).private_numbers().private_value
        made = base64url.write(number.to_bytes(32, "big"))
        kept, _made = PushIdentity.objects.get_or_create(pk=PushIdentity.ONLY, defaults={"private": made})
    return str(kept.private)

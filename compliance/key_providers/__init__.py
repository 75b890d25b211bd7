"""Who keeps the key-encryption key: a port, and the adapter that settings name.

A provider wraps a patient's key so that it opens only for that patient and version:
a wrapped key copied to another row is worthless.
"""

from functools import cache
from typing import NamedTuple, Protocol

from django.conf import settings

Context = dict[str, str]  # what a wrapped key is bound to: {"patient": …, "version": …}


class Wrapped(NamedTuple):
    """A wrapped key, and the name of the key-encryption key that opens it (at most 64 characters)."""

    secret: bytes
    under: str


class KeyProvider(Protocol):
    def current(self) -> str:
        """The name of the key that `wrap` uses now."""
        ...

    def wrap(self, secret: bytes, context: Context) -> Wrapped:
        """Raises `KeyServiceUnavailable`."""
        ...

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """Raises `SealBroken` if it does not open, `KeyServiceUnavailable` if nobody answers."""
        ...


@cache
def provider() -> KeyProvider:
    """The one that settings name. Made once a process."""
    from compliance.key_providers.aws import AwsKms
    from compliance.key_providers.file import KeyFile
    from compliance.key_providers.vault import VaultTransit

    match settings.KEY_PROVIDER:
        case "aws-kms":
            return AwsKms(
                key_id=settings.AWS_KMS_KEY_ID,
                region=settings.AWS_REGION,
                access_key=settings.AWS_ACCESS_KEY_ID,
                secret_key=settings.AWS_SECRET_ACCESS_KEY,
                session_token=settings.AWS_SESSION_TOKEN,
                endpoint=settings.AWS_KMS_ENDPOINT,
            )
        case "vault":
            return VaultTransit(address=settings.VAULT_ADDR, token=settings.VAULT_TOKEN, key=settings.VAULT_TRANSIT_KEY)
        case _:
            return KeyFile(settings.KEY_ENCRYPTION_KEY_PATH, make=settings.DEMO)

"""HashiCorp Vault's transit engine: https://developer.hashicorp.com/vault/api-docs/secret/transit."""

import base64
import json

from compliance.errors import KeyServiceUnavailable
from compliance.key_providers import Context, Wrapped, http


class VaultTransit:
    def __init__(self, *, address: str, token: str, key: str) -> None:
        self._address, self._token, self._key = address.rstrip("/"), token, key

    def current(self) -> str:
        return f"vault:{self._key}"[:64]

    def wrap(self, secret: bytes, context: Context) -> Wrapped:
        body = {"plaintext": _base64(secret), "associated_data": _base64(_bound_to(context))}
        return Wrapped(self._ask("encrypt", body, "ciphertext").encode(), self.current())

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        body = {"ciphertext": wrapped.secret.decode(), "associated_data": _base64(_bound_to(context))}
        return base64.b64decode(self._ask("decrypt", body, "plaintext"))

    def _ask(self, verb: str, body: dict[str, str], wanted: str) -> str:
        url = f"{self._address}/v1/transit/{verb}/{self._key}"
        headers = {"X-Vault-Token": self._token, "X-Vault-Request": "true", "Content-Type": "application/json"}
        answer = http.post(url, json.dumps(body).encode(), headers)
        try:
            return str(answer["data"][wanted])
        except (KeyError, TypeError):
            raise KeyServiceUnavailable(f"Vault's answer has no {wanted}") from None


def _bound_to(context: Context) -> bytes:
    return json.dumps(context, sort_keys=True, separators=(",", ":")).encode()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()

"""AWS KMS over its JSON 1.1 protocol, signed with Signature Version 4.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from compliance.errors import KeyServiceUnavailable
from compliance.key_providers import Context, Wrapped, http


@dataclass(frozen=True)
class Signer:
    """Signs one request. Pure but for its secrets: time is an argument."""

    access_key: str
    secret_key: str
    region: str
    service: str

    def authorization(self, method: str, path: str, headers: Mapping[str, str], body: bytes, at: datetime) -> str:
        """The Authorization header of a request whose `headers` (X-Amz-Date among them) are all signed."""
        sent = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        names = ";".join(sorted(sent))
        lines = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent))
        request = "\n".join((method, path, "", lines, names, sha256(body).hexdigest()))
        scope = f"{at:%Y%m%d}/{self.region}/{self.service}/aws4_request"
        told = f"AWS4-HMAC-SHA256\n{at:%Y%m%dT%H%M%SZ}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.new(self._key(at), told.encode(), sha256).hexdigest()
        return f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"

    def _key(self, at: datetime) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for part in (f"{at:%Y%m%d}", self.region, self.service, "aws4_request"):
            key = hmac.new(key, part.encode(), sha256).digest()
        return key


class AwsKms:
    def __init__(
        self,
        *,
        key_id: str,
        region: str,
        access_key: str,
        secret_key: str,
        session_token: str = "",
        endpoint: str = "",
    ) -> None:
        self._key_id, self._session_token = key_id, session_token
        self._endpoint = (endpoint or f"https://kms.{region}.amazonaws.com").rstrip("/")
        self._signer = Signer(access_key, secret_key, region, "kms")

    def current(self) -> str:
        return f"aws-kms:{self._key_id}"[:64]

    def wrap(self, secret: bytes, context: Context) -> Wrapped:
        body = {"KeyId": self._key_id, "Plaintext": base64.b64encode(secret).decode(), "EncryptionContext": context}
        return Wrapped(self._ask("Encrypt", body, "CiphertextBlob"), self.current())

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        # Without KeyId: KMS finds the key in the blob, so what an earlier key wrapped still opens.
        body = {"CiphertextBlob": base64.b64encode(wrapped.secret).decode(), "EncryptionContext": context}
        return self._ask("Decrypt", body, "Plaintext")

    def _ask(self, verb: str, content: dict[str, Any], wanted: str) -> bytes:
        body, at = json.dumps(content).encode(), datetime.now(UTC)
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "Host": urlsplit(self._endpoint).netloc,
            "X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}",
            "X-Amz-Target": f"TrentService.{verb}",
        }
        if self._session_token:
            headers["X-Amz-Security-Token"] = self._session_token
        headers["Authorization"] = self._signer.authorization("POST", "/", headers, body, at)
        answer = http.post(f"{self._endpoint}/", body, headers)
        try:
            return base64.b64decode(answer[wanted])
        except (KeyError, TypeError, ValueError):
            raise KeyServiceUnavailable(f"the answer of KMS has no {wanted}") from None

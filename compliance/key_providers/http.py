"""One small HTTP request to a key service: JSON in, JSON out, with a total deadline and no redirects."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from compliance.errors import KeyServiceUnavailable, SealBroken

TIMEOUT_S = 5.0
REFUSED = (400, 403, 422)  # the service answered: this ciphertext, or this key, is not for us


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Raises `SealBroken` if the service refuses, `KeyServiceUnavailable` if it does not answer as it should."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310  # from settings
    try:
        with _opener.open(request, timeout=TIMEOUT_S) as response:
            answer = json.loads(response.read(65_536))
    except urllib.error.HTTPError as problem:
        if problem.code in REFUSED:
            raise SealBroken(f"the key service refused: {problem.code}") from None
        raise KeyServiceUnavailable(f"the key service answered {problem.code}") from None
    except (OSError, ValueError) as problem:
        raise KeyServiceUnavailable(f"the key service does not answer: {type(problem).__name__}") from None
    if not isinstance(answer, dict):
        raise KeyServiceUnavailable("the key service did not answer with an object")
    return answer

"""One HTTP request to an endpoint: to the judged address, without redirects, with a limit on everything."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult

from clinic.webhooks import addresses

TIMEOUT_S = 20.0
MOST_READ = 4096  # of the answer, which only a person ever looks at


@dataclass(frozen=True)
class Answer:
    """`status` 0 means that there was none; `problem` then says why, as a code."""

    status: int
    duration_ms: int
    problem: str = ""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """Connects to one address and talks as to the host it stands for."""

    def __init__(self, parts: SplitResult, address: str) -> None:
        self._tls = parts.scheme == "https"
        super().__init__(parts.hostname or "", parts.port or (443 if self._tls else 80), timeout=TIMEOUT_S)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Never raises for what the other side does."""
    began = time.monotonic()
    try:
        status = _exchange(url, body, headers)
    except addresses.Forbidden as problem:
        return Answer(0, _since(began), str(problem))
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return Answer(0, _since(began), type(problem).__name__)
    return Answer(status, _since(began))


def _exchange(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    parts = addresses.check_url(url)
    connection = _Pinned(parts, addresses.resolve(parts.hostname or "", parts.port or 443))
    # A timeout of the socket begins anew with each byte; one that drips bytes must end as well.
    deadline = threading.Timer(TIMEOUT_S, _hang_up, [connection])
    deadline.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fixed = {"Content-Type": "application/json", "User-Agent": "Aftercare-Webhooks/1", "Connection": "close"}
        connection.request("POST", target, body, {**fixed, **headers})
        response = connection.getresponse()
        response.read(MOST_READ)
        return response.status
    finally:
        deadline.cancel()
        connection.close()


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)

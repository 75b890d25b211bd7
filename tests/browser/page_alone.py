"""The call page by itself, with its own CSP and no server behind it: for what happens on the patient's device."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from csp.utils import build_policy
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from compliance import consent
from compliance.models import Purpose
from conversations import views


@dataclass
class PageAlone:
    """Where it is, and the bodies that were posted to it."""

    address: str = ""
    posted: list[bytes] = field(default_factory=list)


class Site(BaseHTTPRequestHandler):
    """The call page and the static files, all of them under the page's policy: a proxy may add it to files, too."""

    def __init__(self, page: bytes, alone: PageAlone, *args: Any) -> None:
        self.page, self.alone = page, alone
        super().__init__(*args)

    def do_POST(self) -> None:
        self.alone.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, b'{"said": "Your care team has the picture."}', "application/json")

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/call/":
            self._answer(200, self.page, "text/html; charset=utf-8")
        elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
            self._answer(200, Path(found).read_bytes(), guess_type(path)[0] or "application/octet-stream")
        else:
            self._answer(404, b"", "text/plain")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", build_policy(update=views.MAY_COMPILE))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def call_page() -> Iterator[Callable[..., PageAlone]]:
    """`call_page(perception=True)`: the page of a patient who agreed to be looked at; the others likewise."""
    servers: list[ThreadingHTTPServer] = []

    def serve(
        *, perception: bool = False, posture: bool = False, pictures: bool = False, edge: bool = False
    ) -> PageAlone:
        # Rendered by itself: Playwright's event loop keeps this thread from the database.
        someone = SimpleNamespace(id=uuid4(), called="Maria", joined_at=None)
        context = {
            "patient": someone,
            "session": someone,
            "face": True,
            "edge_face": "/static/conversations/face/people/ines/" if edge else "",
            "edge_face_on": edge,
            "perception": perception,
            "posture": posture,
            "pictures_agreed": pictures,
            "pictures_text": consent.text(Purpose.PICTURES).words,
            "words": views.words(),
        }
        page, alone = render_to_string("conversations/call.html", context), PageAlone()
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, page.encode(), alone)))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        alone.address = f"http://127.0.0.1:{servers[-1].server_port}/call/"
        return alone

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()

"""The names of Redis groups, and the messages that travel in them. Hints only, no patient's words.

page ⇄ consumer ⇄ `call.<session>.process` / `call.<session>.page` ⇄ call process
"""

from typing import Any
from uuid import UUID

HOSTS = "callhosts"
CALL_WANTED = {"type": "call.wanted"}


def process_group(session_id: UUID) -> str:
    return f"call.{session_id.hex}.process"


def page_group(session_id: UUID) -> str:
    return f"call.{session_id.hex}.page"


def to_page(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "page.message", "message": message}


def to_process(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "process.message", "message": message}

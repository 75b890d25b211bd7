"""Access to a call's room on the clinic's LiveKit server, if it has one: for the call's process and the patient's page.

Tokens are LiveKit's: JWTs signed with the server's API secret, good for one room and one identity
(https://docs.livekit.io/home/get-started/authentication/). They name the call and its two sides, nothing else.
"""

import time
from uuid import UUID

import jwt
from django.conf import settings

from conversations.relays import LIFETIME_S

ASSISTANT, PATIENT = "assistant", "patient"


def token(session_id: UUID, identity: str, now_s: float) -> str:
    """For `identity`, in the room of this call only."""
    grant = {
        "room": session_id.hex,
        "roomJoin": True,
        "canPublish": True,
        "canSubscribe": True,
        "canPublishData": True,
        "canPublishSources": ["microphone", "camera"],
    }
    claims = {
        "iss": settings.LIVEKIT.api_key,
        "sub": identity,
        "nbf": int(now_s),
        "exp": int(now_s) + LIFETIME_S,
        "video": grant,
    }
    return jwt.encode(claims, settings.LIVEKIT.api_secret, algorithm="HS256")


def for_host(session_id: UUID) -> tuple[str, str]:
    """(URL, token) for the call's process."""
    return settings.LIVEKIT.host_url, token(session_id, ASSISTANT, time.time())


def for_page(session_id: UUID) -> dict[str, str] | None:
    """URL and token for the patient's page; None if pages connect to the call directly."""
    if not settings.LIVEKIT.url:
        return None
    return {"url": settings.LIVEKIT.url, "token": token(session_id, PATIENT, time.time())}

"""ICE servers for one call: what its page, a colleague's page and its host are told, with TURN credentials of its own.

With `TURN_SECRET`, credentials follow the TURN REST API (draft-uberti-behave-turn-rest-00), as coturn's
`use-auth-secret` reads them: they end by themselves, and a page that is left open cannot lend them for long. Without,
`ICE_USERNAME` and `ICE_CREDENTIAL` go to everybody.
"""

import base64
import hashlib
import hmac
import time
from uuid import UUID

from django.conf import settings

from conversations.live.link import Ice

LIFETIME_S = 2 * 3600  # the longest call lasts one hour; a relay looks again whenever an allocation is renewed


def credentials(session_id: UUID, now_s: float) -> tuple[str, str]:
    """(username, password) for the relays. The name tells calls apart, and nothing else about them."""
    if not settings.TURN_SECRET:
        return settings.ICE_USERNAME, settings.ICE_CREDENTIAL
    call = hashlib.sha256(session_id.bytes).hexdigest()[:12]
    username = f"{int(now_s) + LIFETIME_S}:{call}"
    made = hmac.new(settings.TURN_SECRET.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(made.digest()).decode()


def for_page(session_id: UUID, now_s: float | None = None) -> list[dict[str, str]]:
    """As `RTCPeerConnection` takes them: it tries them all, and uses the first that leads somewhere."""
    username, password = credentials(session_id, time.time() if now_s is None else now_s)
    return [
        {"urls": url, "username": username, "credential": password} if is_relay(url) else {"urls": url}
        for url in settings.ICE_SERVERS
    ]


def for_host(session_id: UUID) -> Ice:
    """STUN tells a host behind an address of its provider its own; a relay it needs only if nobody can reach it."""
    username, password = credentials(session_id, time.time())
    servers = [url for url in settings.ICE_SERVERS if settings.CALL_HOST_USES_TURN or not is_relay(url)]
    return Ice(servers, username, password, settings.ICE_ADDRESSES)


def is_relay(url: str) -> bool:
    return url.startswith(("turn:", "turns:"))

"""A media server that the clinic already has, as a setting: LiveKit. Called by `clinic.settings` only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from clinic import environment, senses

PACKAGE = "livekit==1.2.1"


@dataclass(frozen=True)
class LiveKit:
    """`url` for patients' pages, `host_url` for the processes of calls; both empty if calls need no such server."""

    url: str
    host_url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    covered_by: str

    @property
    def sources(self) -> list[str]:
        """What a page may connect to, as a Content-Security-Policy names it: the WebSocket, and the check before it."""
        return [self.url, self.url.replace("ws", "http", 1)] if self.url else []


def livekit(residency: Sequence[str], *, demo: bool) -> LiveKit:
    """Raises `ImproperlyConfigured` for a server that patients cannot reach safely, or that may not see their data."""
    url = environment.text("LIVEKIT_URL", "").rstrip("/")
    found = LiveKit(
        url,
        environment.text("LIVEKIT_HOST_URL", url).rstrip("/"),
        environment.text("LIVEKIT_API_KEY", ""),
        environment.text("LIVEKIT_API_SECRET", ""),
        environment.choice("LIVEKIT_COVERED_BY", "none", {"none", "baa", "self-hosted"}),
    )
    region = environment.text("LIVEKIT_REGION", "")
    if not url:
        return found
    for name, one in (("LIVEKIT_URL", found.url), ("LIVEKIT_HOST_URL", found.host_url)):
        if urlsplit(one).scheme not in ({"ws", "wss"} if demo else {"wss"}) or not urlsplit(one).hostname:
            raise ImproperlyConfigured(f"{name} is {one!r}; write an address such as wss://livekit.example.org.")
    if not found.api_key or len(found.api_secret) < 32:
        raise ImproperlyConfigured(
            "LIVEKIT_URL needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET, as the server's `keys` have them: "
            "a secret of at least 32 characters."
        )
    senses.refuse_uncovered("LIVEKIT", "the LiveKit server", found.covered_by, region, residency)
    if find_spec("livekit") is None:
        raise ImproperlyConfigured(f"LIVEKIT_URL needs LiveKit's library: pip install {PACKAGE}.")
    return found

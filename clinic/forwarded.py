"""Whose request it is, behind proxies: an address is believed only from a proxy that is ours.

`clinic.asgi` wraps the whole application in `TrustedProxies`, so that the audit trail,
lockouts and throttles all see one address. Anybody can send `X-Forwarded-For`; each
proxy appends whom it saw. So the list is read from its end: as far as the proxies are
ours, the next address is true, and what stands before it is hearsay.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Network = IPv4Network | IPv6Network
Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
_TOLD_BY_PROXIES = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded")


class TrustedProxies:
    """ASGI middleware. What a stranger says about forwarding is removed, the protocol (`https`) included."""

    def __init__(self, application: Application, trusted: Iterable[Network]) -> None:
        self._application = application
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = self._as_seen(scope)
        await self._application(scope, receive, send)

    def _as_seen(self, scope: Scope) -> Scope:
        peer = str((scope.get("client") or ("",))[0])
        headers = list(scope["headers"])
        if not is_trusted(peer, self._trusted):
            return {**scope, "headers": [one for one in headers if one[0].lower() not in _TOLD_BY_PROXIES]}
        forwarded = b",".join(value for name, value in headers if name.lower() == b"x-forwarded-for")
        return {**scope, "client": [client_of(peer, forwarded.decode("latin-1"), self._trusted), 0]}


def client_of(peer: str, forwarded: str, trusted: Iterable[Network]) -> str:
    """The address of the visitor. `peer` is who connected to us; `forwarded` is the header it sent. Pure."""
    trusted = tuple(trusted)
    seen = peer
    for told in reversed(forwarded.split(",")):
        if not is_trusted(seen, trusted):
            break
        address = _address(told)
        if address is None:
            break
        seen = str(address)
    return seen


def is_trusted(address: str, trusted: Iterable[Network]) -> bool:
    known = _address(address)
    return known is not None and any(known.version == network.version and known in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address with or without a port; an IPv4 address inside an IPv6 one is that. None if it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address

"""Where a webhook may go: to public addresses over TLS, and nowhere inside.

The name is resolved once, every address it has is judged, and the connection goes to
the very address that was judged: a name that answers differently the next moment
(DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address
_COMPATIBLE = ipaddress.ip_network("::/96")  # deprecated, still understood by some stacks


class Forbidden(Exception):
    """We do not send there; the text is a sentence for the admin."""


def check_url(url: str) -> SplitResult:
    """The parts of a URL that may be a webhook's. Raises `Forbidden`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("This is not a web address.") from None
    if parts.scheme != "https" and not (settings.WEBHOOKS_MAY_STAY_INSIDE and parts.scheme == "http"):
        raise Forbidden("The address must begin with https://.")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise Forbidden("The address must hold a host, and no name, password or fragment.")
    if port == 0:
        raise Forbidden("Port 0 cannot be reached.")
    return parts


def resolve(host: str, port: int) -> str:
    """The address to connect to. Raises `Forbidden` if the name has none, or any that is not public."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Forbidden("The host cannot be found.") from None
    if not found:
        raise Forbidden("The host cannot be found.")
    if not settings.WEBHOOKS_MAY_STAY_INSIDE and not all(is_public(address) for address in found):
        raise Forbidden("The host has an address inside a private network.")
    return sorted(found, key=lambda address: (":" in address, address))[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, whatever it is wrapped in."""
    try:
        parsed: IPAddress = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(part.is_global and not part.is_multicast for part in _unwrapped(parsed))


def _unwrapped(address: IPAddress) -> list[IPAddress]:
    """The address, and any IPv4 address that an IPv6 one carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    carried: list[IPAddress] = [address]
    if address.sixtofour:
        carried.append(address.sixtofour)
    if address.teredo:
        carried.extend(address.teredo)
    if address in _TRANSLATED or address in _COMPATIBLE:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return carried

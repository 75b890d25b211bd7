"""Whose request it is: told by our proxies, and by nobody else."""

import asyncio
from ipaddress import ip_network

import pytest

from clinic.forwarded import TrustedProxies, client_of

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not our proxy: what it says counts for nothing
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),  # the visitor made up the first one
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),  # two proxies of ours
        ("10.0.0.1", "10.9.9.9, 203.0.113.9", "203.0.113.9"),  # posing as one of us does not help
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # somebody inside
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", ""),
    ],
)
def test_the_visitor_is_the_first_who_is_not_one_of_us(peer, forwarded, visitor):
    assert client_of(peer, forwarded, OURS) == visitor


def seen_by_the_application(peer, *headers, kind="http"):
    seen = {}

    async def application(scope, _receive, _send):
        seen.update(scope)

    scope = {"type": kind, "client": [peer, 5000], "headers": list(headers)}
    asyncio.run(TrustedProxies(application, OURS)(scope, None, None))
    return seen


FROM = (b"x-forwarded-for", b"203.0.113.9")
HTTPS = (b"x-forwarded-proto", b"https")
OTHER = (b"accept", b"text/html")


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_our_proxy_is_believed(kind):
    seen = seen_by_the_application("10.0.0.1", FROM, HTTPS, OTHER, kind=kind)
    assert seen["client"] == ["203.0.113.9", 0]
    assert HTTPS in seen["headers"]


def test_a_stranger_neither_borrows_an_address_nor_claims_tls():
    seen = seen_by_the_application("198.51.100.1", FROM, HTTPS, OTHER)
    assert seen["client"][0] == "198.51.100.1"
    assert seen["headers"] == [OTHER]


def test_a_header_sent_twice_is_one_list():
    seen = seen_by_the_application("10.0.0.1", (b"x-forwarded-for", b"1.2.3.4"), FROM)
    assert seen["client"][0] == "203.0.113.9"

"""What two ends really agree on: DTLS 1.2 with an AEAD suite, SRTP with AES-GCM, and each other's fingerprint."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc import rtcdtlstransport as dtls

from conversations.live import wire
from conversations.live.link import BadOffer
from conversations.live.out import Out
from tests.live.links import link_of

AEAD = re.compile(r"ECDHE-ECDSA-(AES(128|256)-GCM-SHA(256|384)|CHACHA20-POLY1305)")


def stock_page(profiles=None, suites=None):
    """A page that would rather have something else."""
    page = RTCPeerConnection()
    certificate = page._RTCPeerConnection__certificates[0]

    def context(srtp_profiles):
        made = wire._stock_context(certificate, srtp_profiles)
        if suites:
            made.set_cipher_list(suites)
        return made

    certificate._create_ssl_context = context
    page.addTransceiver("audio")
    page.createDataChannel("call")
    if profiles:
        for transceiver in page.getTransceivers():
            transceiver.sender.transport._srtp_profiles = profiles
    return page


@asynccontextmanager
async def joined(page, change_offer=lambda sdp: sdp):
    """The call's end, once the page's end has made up its mind."""
    out = Out()
    decided = asyncio.Event()
    link = link_of(out, on_state=lambda state: decided.set())
    page.on("connectionstatechange", lambda: page.connectionState in {"connected", "failed"} and decided.set())
    await page.setLocalDescription(await page.createOffer())
    answer = await link.answer(change_offer(page.localDescription.sdp))
    await page.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    try:
        await asyncio.wait_for(decided.wait(), 10)
        for _ in range(40):  # both ends
            if {page.connectionState, link._peer.connectionState} & {"failed", "closed"}:
                break
            if page.connectionState == link._peer.connectionState == "connected":
                break
            await asyncio.sleep(0.05)
        yield link._peer
    finally:
        await link.close()
        await page.close()


async def test_gcm_is_agreed_on_with_a_page_that_would_rather_not():
    page = stock_page([dtls.SRTP_AES128_CM_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM])
    async with joined(page) as ours:
        assert ours.connectionState == "connected"
        session = ours.sctp.transport._ssl
        assert AEAD.fullmatch(session.get_cipher_name())
        assert session.get_protocol_version_name() == "DTLSv1.2"
        assert session.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"


async def test_a_page_without_gcm_is_not_spoken_to():
    page = stock_page([dtls.SRTP_AES128_CM_SHA1_80])
    async with joined(page) as ours:
        assert ours.connectionState != "connected"


async def test_a_page_with_cbc_suites_only_is_not_spoken_to():
    page = stock_page(suites=b"ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA")
    async with joined(page) as ours:
        assert ours.connectionState != "connected"


def other_fingerprint(sdp):
    """Somebody on the way whose certificate is not the one that was announced."""

    def flip(found):
        return found[1] + ("00" if found[2] != "00" else "11")

    changed, count = re.subn(r"(a=fingerprint:sha-\d+ )([0-9A-F]{2})", flip, sdp)
    assert count
    return changed


async def test_a_page_whose_certificate_is_not_the_announced_one_is_not_spoken_to():
    async with joined(stock_page(), change_offer=other_fingerprint) as ours:
        assert ours.connectionState == "failed"


@pytest.mark.parametrize("weak", ["", "a=fingerprint:sha-1 AA:BB\r\n"])
async def test_an_offer_without_a_fingerprint_worth_checking_is_refused(weak):
    def bare(sdp):
        return re.sub(r"a=fingerprint:[^\r]*\r\n", weak, sdp)

    with pytest.raises(BadOffer):
        async with joined(stock_page(), change_offer=bare):
            pass

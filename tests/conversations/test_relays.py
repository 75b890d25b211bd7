"""TURN: credentials that end by themselves, and a call that really goes through coturn."""

import asyncio
import base64
import hashlib
import hmac
import shutil
import socket
import ssl
import subprocess
import time
import uuid
import warnings
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
import yaml
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.exceptions import ImproperlyConfigured

from clinic import environment
from conversations import relays
from conversations.live.audio_in import AudioIn
from conversations.live.guest import Camera
from conversations.live.link import Link, offer_only
from conversations.live.out import Out, VoiceTrack
from tests.stack import ROOT, free_port

CALL = uuid.UUID(int=7)
SECRET = "shared with coturn"


@pytest.fixture(autouse=True)
def _given(settings):
    settings.TURN_SECRET = SECRET
    settings.ICE_ADDRESSES = ["127.0.0.1"]
    settings.CALL_HOST_USES_TURN = False
    settings.ICE_SERVERS = ["stun:stun.example.org", "turn:turn.example.org:3478?transport=udp"]


def test_a_page_gets_credentials_that_coturn_can_check_and_that_end():
    stun, turn = relays.for_page(CALL, now_s=1_000.0)
    assert stun == {"urls": "stun:stun.example.org"}
    expires, _, call = turn["username"].partition(":")
    assert int(expires) == 1_000 + 2 * 3600
    assert call not in ("", str(CALL))
    signed = hmac.new(SECRET.encode(), turn["username"].encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(signed).decode()


def test_two_calls_have_credentials_of_their_own():
    assert relays.credentials(CALL, 1_000.0) != relays.credentials(uuid.UUID(int=8), 1_000.0)


def test_without_a_secret_everybody_gets_the_fixed_ones(settings):
    settings.TURN_SECRET, settings.ICE_USERNAME, settings.ICE_CREDENTIAL = "", "aftercare", "word"
    assert relays.for_page(CALL)[1]["username"] == "aftercare"


def test_a_host_leaves_the_relay_to_the_patients_unless_it_needs_it(settings):
    assert list(relays.for_host(CALL).servers) == ["stun:stun.example.org"]
    settings.CALL_HOST_USES_TURN = True
    assert len(relays.for_host(CALL).servers) == 2


@pytest.mark.parametrize(
    "wrong", ["turn.example.org", "https://turn.example.org", "turn:a?transport=sctp", "stun:a?x=1"]
)
def test_an_address_that_is_none_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("ICE_SERVERS", wrong)
    with pytest.raises(ImproperlyConfigured, match="write addresses such as"):
        environment.ice_servers("ICE_SERVERS")


# -- through coturn -----------------------------------------------------------------------


@contextmanager
def coturn(folder, *more):
    """A relay on loopback, with `more` settings; its port."""
    if not shutil.which("turnserver"):
        warnings.warn(
            "NO COTURN: relayed calls were NOT TRIED. As root, on Debian: apt-get install coturn", stacklevel=1
        )
        pytest.skip("no turnserver on this machine: apt-get install coturn")
    port = free_port()
    process = subprocess.Popen(
        [
            "turnserver", "-n", "--no-cli", *(more or ["--no-tls"]), "--no-dtls", "--listening-ip=127.0.0.1",
            "--relay-ip=127.0.0.1", f"--{'tls-' if more else ''}listening-port={port}", "--use-auth-secret",
            f"--static-auth-secret={SECRET}", "--realm=aftercare",
            "--allow-loopback-peers", "--log-file=stdout", f"--pidfile={folder}/pid", f"--userdb={folder}/db",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port):
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("coturn did not start")


def relay_only(servers):
    known = [RTCIceServer(one["urls"], one.get("username"), one.get("credential")) for one in servers]
    return RTCPeerConnection(RTCConfiguration(known, iceTransportPolicy=RTCIceTransportPolicy.RELAY))


@asynccontextmanager
async def relayed(servers, call=CALL):
    """A page that may use nothing but the relay, in a call, and what the call heard from it."""
    out, connected, heard = Out(), asyncio.Event(), []
    link = Link(
        audio_in=AudioIn(),
        camera=Camera(),
        voice=lambda: VoiceTrack(out),
        picture=lambda: None,
        ice=relays.for_host(call),
        on_message=heard.append,
        on_state=lambda state: None,
    )
    offer_only(["127.0.0.1"])
    page = relay_only(servers)
    page.addTransceiver("audio")
    channel = page.createDataChannel("call")
    channel.on("open", connected.set)
    await page.setLocalDescription(await page.createOffer())
    await page.setRemoteDescription(RTCSessionDescription(await link.answer(page.localDescription.sdp), "answer"))
    try:
        await asyncio.wait_for(connected.wait(), 5)
        channel.send('{"type":"leave"}')
        for _ in range(100):
            if heard:
                break
            await asyncio.sleep(0.02)
        yield page, heard
    finally:
        await link.close()
        await page.close()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_page_behind_a_strict_firewall_joins_through_the_relay(settings, tmp_path, transport):
    with coturn(tmp_path) as port:
        settings.ICE_SERVERS = [f"turn:127.0.0.1:{port}?transport={transport}"]
        async with relayed(relays.for_page(CALL)) as (page, heard):
            assert heard == [{"type": "leave"}]
            pairs = page.sctp.transport.transport._connection._nominated
            assert [pair.local_candidate.type for pair in pairs.values()] == ["relay"]
            assert "typ host" not in page.localDescription.sdp


def certificate(folder):
    """coturn's settings of TLS as they are deployed, with a certificate that says 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "turn.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "turn.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    deployed = yaml.safe_load((ROOT / "deploy" / "compose" / "turns.yaml").read_text())["services"]["coturn"]["command"]
    wanted = ("--cert=", "--pkey=", "--no-tlsv1", "--cipher-list=")
    settings = [one.replace("/run/secrets", str(folder)) for one in deployed if one.startswith(wanted)]
    assert len(settings) == 5
    return settings


async def test_a_page_whose_network_lets_out_nothing_but_tls_joins_through_the_relay(settings, tmp_path, monkeypatch):
    with coturn(tmp_path, *certificate(tmp_path)) as port:
        settings.ICE_SERVERS = [f"turns:127.0.0.1:{port}?transport=tcp"]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "turn.crt"))
        async with relayed(relays.for_page(CALL)) as (page, heard):
            assert heard == [{"type": "leave"}]
            pairs = page.sctp.transport.transport._connection._nominated
            assert [pair.local_candidate.type for pair in pairs.values()] == ["relay"]


async def test_a_relay_whose_certificate_nobody_vouches_for_is_not_used(settings, tmp_path):
    with coturn(tmp_path, *certificate(tmp_path)) as port:
        settings.ICE_SERVERS = [f"turns:127.0.0.1:{port}?transport=tcp"]
        assert "typ relay" not in await gathered(relays.for_page(CALL))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_the_relay_speaks_no_old_tls(tmp_path, version):
    with coturn(tmp_path, *certificate(tmp_path)) as port:
        old = ssl.create_default_context(cafile=tmp_path / "turn.crt")
        old.minimum_version, old.maximum_version = version, version
        old.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", port), 2) as plain, pytest.raises(OSError):
            old.wrap_socket(plain, server_hostname="127.0.0.1")


async def test_credentials_that_have_ended_or_are_made_up_open_no_relay(settings, tmp_path):
    with coturn(tmp_path) as port:
        settings.ICE_SERVERS = [f"turn:127.0.0.1:{port}"]
        good, ended = relays.for_page(CALL), relays.for_page(CALL, now_s=time.time() - 3 * 3600)
        settings.TURN_SECRET = "another"
        assert "typ relay" in await gathered(good)
        assert "typ relay" not in await gathered(ended)
        assert "typ relay" not in await gathered(relays.for_page(CALL))


async def gathered(servers):
    """The offer of a page that may use nothing but the relay."""
    page = relay_only(servers)
    page.createDataChannel("call")
    try:
        await page.setLocalDescription(await page.createOffer())
        return page.localDescription.sdp
    finally:
        await page.close()

"""Malformed packets to the ports of a running call, malformed messages to its socket: by a stranger, and by a bad page.

    python -m tests.faults.malformed --packets 100000 --signals 1000 --seed 1

The call that is shot at has to answer afterwards in the process it began in; a call beside it has to answer at most
200 ms later than it did before. A stranger's packets are random or mutated STUN, DTLS, SRTP and SRTCP. A bad page
also sends what decrypts: RTP, RTCP and SCTP that is wrong inside.
"""

import argparse
import asyncio
import json
import math
import random
import re
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pylibsrtp
from aioice import stun
from google_crc32c import value as crc32c

from conversations.live.link import offer_only
from conversations.load.driver import greeted
from conversations.synthetic_patient import SyntheticPatient
from tests.bench import quantile
from tests.stack import Stack, prepared_folder, started

BORN = "1958-03-02"
AT_A_TIME, PAUSE_S = (
    20,
    0.01,
)  # two thousand a second: a flood is for the network to stop, this is about what is in them
A_SOCKET_TAKES = 25  # messages, before it has to be a new one
ALLOWED_MS = 200.0
SHARES = {"p50": 0.5, "p95": 0.95}
QUIET_S = 0.8
TURNS = 4
SAYS = "Could you say that again?"  # as often as wanted: the conversation does not go on by it
PARTS = (b"", b"\x00", b"\xff" * 40, b"\x00" * 1200)


class Packets:
    """Bytes of every kind that a call's port may get. One seed, one sequence."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._makers: tuple[Callable[[], bytes], ...] = (self._noise, self._stun, self._dtls, self._rtp, self._rtcp)

    def strange(self) -> bytes:
        """From somebody without keys."""
        made = self._chance.choice(self._makers)()
        return self._mutated(made) if self._chance.random() < 0.7 else made

    def inside(self) -> bytes:
        """To be encrypted by a bad page: a packet with a valid head and a wrong rest."""
        return self._chance.choice((self._rtp, self._rtcp))()

    def chunk(self) -> bytes:
        """A chunk of SCTP that is none. What would end an association, or move it on, is wrong in its length."""
        kind = self._chance.choice((0, 3, 4, 5, 9, 130, 192, 77))
        body = self._bytes(self._chance.randrange(0, 60))
        wrong = (len(body) + 3, 0, 3, 65_535)
        length = self._chance.choice(wrong if kind in {3, 192} else (len(body) + 4, 4, *wrong))
        return struct.pack("!BBH", kind, self._chance.randrange(256), length) + body

    def _bytes(self, length: int) -> bytes:
        return self._chance.randbytes(length)

    def _noise(self) -> bytes:
        return self._chance.choice((*PARTS, self._bytes(self._chance.randrange(0, 1400))))

    def _stun(self) -> bytes:
        message = stun.Message(
            message_method=self._chance.choice(list(stun.Method)),
            message_class=self._chance.choice(list(stun.Class)),
            transaction_id=self._bytes(12),
        )
        if self._chance.random() < 0.5:
            message.attributes["USERNAME"] = self._bytes(8).hex()
            message.attributes["PRIORITY"] = self._chance.randrange(1 << 32)
            message.add_message_integrity(self._bytes(20))
        extra = struct.pack("!HH", self._chance.randrange(1 << 16), self._chance.choice((0, 1, 4, 20, 65_535)))
        return bytes(message) + (extra + self._bytes(8) if self._chance.random() < 0.5 else b"")

    def _dtls(self) -> bytes:
        body = self._bytes(self._chance.randrange(0, 300))
        length = self._chance.choice((len(body), 0, 65_535))
        kind, version = self._chance.randrange(20, 64), self._chance.choice((0xFEFD, 0xFEFF, 0xFEFC, 0))
        return (
            struct.pack("!BHHIHH", kind, version, self._chance.randrange(3), 0, self._chance.randrange(9), length)
            + body
        )

    def _rtp(self) -> bytes:
        first = 0x80 | self._chance.randrange(64)  # padding, extension and CSRC count as they fall
        kind = self._chance.choice((96, 97, 111, 0, 127)) | self._chance.choice((0, 128))
        head = struct.pack("!BBHII", first, kind, *(self._chance.randrange(1 << bits) for bits in (16, 32, 32)))
        return head + self._bytes(self._chance.randrange(0, 200))

    def _rtcp(self) -> bytes:
        kind = self._chance.choice((200, 201, 202, 204, 205, 206, 207))  # without BYE: that is a command
        body = self._bytes(4 * self._chance.randrange(0, 12))
        words = self._chance.choice((len(body) // 4, 0, 65_535))
        return struct.pack("!BBH", 0x80 | self._chance.randrange(64), kind, words) + body

    def _mutated(self, made: bytes) -> bytes:
        changed = bytearray(made)
        for _ in range(self._chance.randrange(1, 6)):
            if changed:
                changed[self._chance.randrange(len(changed))] = self._chance.randrange(256)
        return bytes(changed[: self._chance.randrange(len(changed) + 1)] if self._chance.random() < 0.3 else changed)


def signals(seed: int, offer: str) -> Iterator[str | bytes]:
    """What a page may send over the socket, without end; `offer` is a good one to spoil."""
    chance = random.Random(seed)
    fixed: tuple[str | bytes, ...] = (
        "", "null", "[]", '"offer"', "{", "{}", '{"type":null}', '{"type":["offer"]}', '{"type":"offer"}',
        '{"type":"offer","sdp":7}', '{"type":"offer","sdp":""}', '{"type":"offer","sdp":"\\ud800"}', "[" * 60_000,
        '{"a":' * 9_000 + "1" + "}" * 9_000, '{"type":"ready","epoch":1}', '{"type":"colleague.left"}', "NaN", "1e999",
        '{"type":"consent"}', '{"type":"offer","sdp":"' + "v=0\\r\\n" * 9_000 + '"}', b"\x00\xff", "9" * 50_000,
    )  # fmt: skip
    while True:
        if chance.random() < 0.5:
            yield chance.choice(fixed)
        else:
            # Without its fingerprint: whatever is left of it would be a command, to speak with another page instead.
            lines = (line for line in spoiled(offer, chance).splitlines(True) if not line.startswith("a=fingerprint"))
            yield json.dumps({"type": "offer", "sdp": "".join(lines)})


def spoiled(offer: str, chance: random.Random) -> str:
    """Lines lost, doubled, cut, or with numbers that are none."""
    lines = offer.splitlines()
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                lines.pop(at)
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case _:
                lines[at] = re.sub(r"\d+", lambda _: str(chance.choice((-1, 0, 65_536, 10**30))), lines[at])
        if not lines:
            break
    return "\r\n".join(lines) + "\r\n"


@dataclass
class Shot:
    """What was sent, and what became of it."""

    packets: int = 0
    signals: int = 0
    sockets: int = 0
    refused: int = 0
    encrypted: int = 0
    took_s: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)


async def shoot(patient: SyntheticPatient, packets: int, count: int, seed: int) -> Shot:
    """`packets` to the ports of the patient's call, an eighth of them from the patient's own page; `count` messages."""
    shot, began_s = Shot(), time.monotonic()
    await asyncio.gather(_packets(patient, packets, Packets(seed), shot), _signals(patient, count, seed, shot))
    shot.took_s = time.monotonic() - began_s
    return shot


async def _packets(patient: SyntheticPatient, count: int, made: Packets, shot: Shot) -> None:
    assert patient._peer
    ports = [
        int(port)
        for port in re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)", patient._peer.remoteDescription.sdp)
    ]
    assert ports
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        while shot.packets < count:
            for number in range(min(AT_A_TIME, count - shot.packets)):
                if number % 8 == 0:
                    await _encrypted(patient, made, shot)
                else:
                    with suppress(OSError):  # the port may be closed while the call moves to a new connection
                        stranger.sendto(made.strange(), ("127.0.0.1", ports[number % len(ports)]))
                shot.packets += 1
            await asyncio.sleep(PAUSE_S)


async def _encrypted(patient: SyntheticPatient, made: Packets, shot: Shot) -> None:
    """By the page's own keys, over its own connection."""
    association = patient._peer.sctp if patient._peer else None
    if association is None or association.transport.state != "connected":
        return
    with suppress(pylibsrtp.Error, ConnectionError, TypeError, IndexError):
        if shot.packets % 16:
            await association.transport._send_rtp(made.inside())
        else:
            await association.transport._send_data(_sctp(made.chunk(), association))
        shot.encrypted += 1


def _sctp(chunk: bytes, association: Any) -> bytes:
    """With the tag and the checksum that let it in."""
    head = struct.pack("!HHL", 5000, 5000, association._remote_verification_tag)
    return head + struct.pack("<L", crc32c(head + b"\x00\x00\x00\x00" + chunk)) + chunk


async def _signals(patient: SyntheticPatient, count: int, seed: int, shot: Shot) -> None:
    assert patient._peer
    messages = signals(seed, patient._peer.localDescription.sdp)
    url = f"{patient.base_url}/ws/call/{patient.session_id}/".replace("http", "ws", 1)
    while shot.signals < count:
        async with patient.http.ws_connect(url, origin=patient.base_url) as page:
            shot.sockets += 1
            for _ in range(min(A_SOCKET_TAKES, count - shot.signals)):
                message = next(messages)
                with suppress(ConnectionError):
                    await (page.send_bytes(message) if isinstance(message, bytes) else page.send_str(message))
                shot.signals += 1
                if page.closed or (isinstance(message, bytes) and await _told(page) is None):
                    shot.refused += 1
                    break


async def _told(page: aiohttp.ClientWebSocketResponse) -> str | None:
    """What the socket answers; None if it closed."""
    with suppress(TimeoutError, TypeError):
        return await page.receive_str(timeout=2.0)
    return None


@asynccontextmanager
async def calling(stack: Stack) -> AsyncIterator[SyntheticPatient]:
    """Somebody in a call."""
    link = await asyncio.to_thread(stack.newcomer, papers=False)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        patient = SyntheticPatient(stack.url, http)
        await patient.enter(link, BORN)
        async with patient.in_call():
            yield patient


async def answer_ms(patient: SyntheticPatient) -> float:
    """From something typed to the first sound of what is said to it; waits until that is over."""
    async with asyncio.timeout(30):
        await patient.connected.wait()
    await asyncio.sleep(QUIET_S)  # the end of what was said before is still on its way
    asked_s = time.monotonic()
    patient.send({"type": "typed", "text": SAYS})
    await patient.floor("speaking", 15)
    over = asyncio.create_task(patient.floor("listening", 60))
    while (heard_s := patient.heard.first_sound_after(asked_s)) is None:
        assert time.monotonic() - asked_s < 15, "no answer was heard"
        await asyncio.sleep(0.01)
    await over
    return (heard_s - asked_s) * 1000


async def _while_both_talk(beside: SyntheticPatient, target: SyntheticPatient) -> float:
    """Who says nothing for minutes is said goodbye to, so both are kept talking."""
    answer = await answer_ms(beside)
    target.send({"type": "typed", "text": SAYS})
    return answer


def epoch(stack: Stack, patient: SyntheticPatient) -> str:
    """The state of the call, how many processes it has had, and why it ended if it did."""
    find = f"one = Session.objects.get(pk='{patient.session_id}'); print(one.state, one.epoch, one.reason)"
    return stack.shell(f"from conversations.models import Session\n{find}").splitlines()[-1].strip()


async def measure(stack: Stack, packets: int, count: int, seed: int) -> int:
    """Prints what was found; 0 if the call went on and the one beside it hardly noticed."""
    offer_only(["127.0.0.1"])
    async with calling(stack) as target, calling(stack) as beside:
        await greeted(beside)
        await answer_ms(beside)
        quiet = [await _while_both_talk(beside, target) for _ in range(TURNS)]
        shooting = asyncio.create_task(shoot(target, packets, count, seed))
        under_fire = [await _while_both_talk(beside, target) for _ in range(TURNS)]
        while not shooting.done():
            under_fire.append(await _while_both_talk(beside, target))
        shot = await shooting
        after = math.inf
        with suppress(TimeoutError):
            after = await answer_ms(target)
        state = await asyncio.to_thread(epoch, stack, target)
    before = {name: quantile(quiet, share) for name, share in SHARES.items()}
    meanwhile = {name: quantile(under_fire, share) for name, share in SHARES.items()}
    worse = {name: meanwhile[name] - before[name] for name in SHARES}
    print(
        f"{shot.packets} packets ({shot.encrypted} of them encrypted), {shot.signals} messages in {shot.took_s:.0f} s"
    )
    print(f"the call: {state} (state, processes), joined {target.joins} times, answered after {after:.0f} ms")
    print(f"beside it, ms: quiet {_in_ms(before)}, under fire {_in_ms(meanwhile)} ({len(under_fire)} turns)")
    good = state == "live 1" and after < math.inf and worse["p95"] <= ALLOWED_MS
    verdict = "good" if good else "NOT GOOD"
    print(f"p50 {worse['p50']:+.0f} ms, p95 {worse['p95']:+.0f} ms, at most {ALLOWED_MS:+.0f}: {verdict}")
    for name in ("callhost", "web"):
        lines = stack.log(name).splitlines()
        ends = [line for line in lines if re.match(r"\w[\w.]*(Error|Exception|Timeout)\b", line)]
        print(f"{name}.log: {sum('Traceback' in line for line in lines)} tracebacks", *ends[-3:], sep="\n       ")
        told = Counter(re.sub(r"\d+", "0", line.partition(" WARNING ")[2]) for line in lines if " WARNING " in line)
        print(*(f"{count:6} × {line}" for line, count in told.most_common(8)), sep="\n")
    return 0 if good else 1


def _in_ms(shares: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.0f}" for name, value in shares.items())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.malformed", description=__doc__)
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--signals", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with prepared_folder() as folder, started(folder) as stack:
        return asyncio.run(measure(stack, chosen.packets, chosen.signals, chosen.seed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

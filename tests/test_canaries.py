"""Fifty words that stand nowhere else are typed and uploaded: nothing kept, logged, queued or sent then holds one.

They go the way a patient's words go, through the public doors of the running product.
"""

import asyncio
import base64
import itertools
import random
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from clinic import servers
from clinic.embedded import DATABASE, KEYS_DATABASE, OWNER_ROLE, keys_data, postgres_data, redis_socket
from conversations.live.link import offer_only
from conversations.synthetic_patient import SyntheticPatient
from tests.stack import Stack

pytestmark = pytest.mark.stack
BORN = "1958-03-02"
DELIVERIES = "from clinic.models import WebhookDelivery as D; print(set(D.objects.values_list('event', flat=True)))"
# Every canary begins with this, so that one search finds them all, however they are written.
MARK = "".join(random.choices("bdfgkpvz", k=10))
TYPED = [
    "My {} hurts a little.",
    "I have a {} on my leg.",
    "Is {} normal?",
    "My daughter {} is here.",
    "I take {} in the morning.",
    "When may I {}?",
    "No {} at all.",
    "The wound is {}.",
    "I live near {}.",
    "My calf is hot and swollen since {}.",
]


Upload = tuple[str, bytes]  # file name, contents


class Aviary:
    """Hands out canaries, and remembers how many."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self.planted: list[str] = []

    def canary(self) -> str:
        number = next(self._numbers)
        self.planted.append(f"{MARK}{chr(97 + number // 26)}{chr(97 + number % 26)}")
        return self.planted[-1]


def spellings(mark: str) -> list[bytes]:
    """`mark` as it might lie in bytes: cases, UTF-16, hexadecimal, and base64 at each alignment."""
    plain = [mark.encode(), mark.upper().encode(), mark.title().encode()]
    wide = mark.encode("utf-16-le")
    inner = [base64.b64encode(b"\0" * shift + mark.encode())[4 if shift else 0 : -4] for shift in range(3)]
    return [*plain, wide, mark.encode().hex().encode(), mark.encode().hex().upper().encode(), *inner]


SPELLINGS = spellings(MARK)


def holds_one(data: bytes) -> bool:
    return any(spelling in data for spelling in SPELLINGS)


def test_the_search_finds_a_canary_however_it_is_written():
    word = f"{MARK}ab"
    for data in (
        f"she said {word}.".encode(),
        word.title().encode(),
        word.encode("utf-16"),
        b"\\x" + f"ö {word}".encode().hex().encode(),
        *(base64.b64encode(b"x" * shift + word.encode() + b" and more") for shift in range(3)),
    ):
        assert holds_one(data), data
    assert not holds_one(b"nothing of the kind")


# -- the doors ----------------------------------------------------------------------------
class Browser:
    """Somebody at the public doors: posts forms as a browser would."""

    def __init__(self, stack: Stack, http: aiohttp.ClientSession) -> None:
        self.stack, self.http = stack, http
        self.refusals: list[str] = []  # what error pages said

    async def post(self, page: str, fields: dict[str, str], to: str = "", **files: Upload) -> tuple[str, str]:
        """Fill in the form on `page`; returns the address and text of where it leads."""
        async with self.http.get(self.stack.url + page) as response:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', await response.text())
            assert token, f"{page} has no form: {response.status}"
        data = aiohttp.FormData({**fields, "csrfmiddlewaretoken": token[1]}, default_to_multipart=bool(files))
        for name, (filename, contents) in files.items():
            data.add_field(name, contents, filename=filename)
        address = self.stack.url + (to or page)
        async with self.http.post(address, data=data, headers={"Referer": self.stack.url + page}) as response:
            return str(response.url), await response.text()

    async def read(self, page: str) -> str:
        async with self.http.get(self.stack.url + page) as response:
            return await response.text()

    async def sign_in(self, username: str) -> None:
        person = next(one for one in self.stack.sign_ins() if one.get("username") == username)
        await self.post("/sign-in/", {"login": username, "password": person["password"]})

    async def refused(self, method: str, page: str, body: str) -> None:
        async with self.http.request(method, self.stack.url + page, data=body.encode()) as response:
            assert response.status >= 400
            self.refusals.append(await response.text())


async def enrol(admin: Browser, aviary: Aviary) -> tuple[str, str]:
    """A patient made of canaries, with papers; the address of their page and their invitation."""
    form = await admin.read("/patients/enrol/")
    team = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Orthopaedics', form)
    assert team
    details = {
        "name": f"Maria {aviary.canary()}",
        "called": aviary.canary(),
        "born": BORN,
        "care_team": team[1],
        "procedure": f"{aviary.canary()} replacement",
        "discharged_on": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 3 * 86_400)),
        "phone": f"+1 555 {aviary.canary()}",
        "email": f"{aviary.canary()}@example.org",
        "time_zone": "UTC",
        "language": "en",
    }
    await admin.post("/patients/enrol/", {**details, "born": aviary.canary()})  # refused
    where, _page = await admin.post("/patients/enrol/", details)
    patient = where.removeprefix(admin.stack.url)
    correction = {**details, "called": aviary.canary(), "asked_by": "patient", "why": f"She says {aviary.canary()}."}
    await admin.post(f"{patient}correct/", correction)
    papers = f"# {aviary.canary()}\n\nYou may shower after two days. {aviary.canary()} is normal.\n".encode()
    upload = f"/knowledge{patient}upload/"
    await admin.post(upload, {"title": aviary.canary()}, file=(f"{aviary.canary()}.md", papers))
    await admin.post(upload, {"title": aviary.canary()}, file=(f"{aviary.canary()}.exe", b"MZ" + papers))  # refused
    await admin.post("/patients/", {"words": aviary.canary()})
    _where, page = await admin.post(patient, {}, to=f"{patient}invite/")
    link = re.search(r'id="link"[^>]*value="([^"]+)"', page)
    assert link
    return patient, link[1]


async def _until(condition: Callable[[], bool], limit_s: float = 120.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def call(patient: SyntheticPatient, aviary: Aviary) -> None:
    """Typed words, and messages that make no sense."""
    async with patient.in_call():
        await patient.floor("speaking")
        for sentence in TYPED * 2:
            patient.send({"type": "typed", "text": sentence.format(aviary.canary())})
            await asyncio.sleep(0.15)
        last = aviary.planted[-1]
        patient.send({"type": aviary.canary()})
        patient.send({"type": "typed", "text": {"not": aviary.canary()}})
        patient._channel.send(aviary.canary())  # no JSON
        await patient.signal({"type": aviary.canary()})
        await patient.signal({"type": "offer", "sdp": f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={aviary.canary()}\r\n"})
        await _until(lambda: any(last in one["text"] for one in patient.heard.captions("patient")))
        await _until(lambda: any(one.get("type") == "escalated" for _at, one in patient.heard.messages))
        patient.send({"type": "leave"})
        with suppress(TimeoutError):
            await asyncio.wait_for(patient.ended, 20)


async def look_after(osei: Browser, patient: str, name: str, aviary: Aviary) -> str:
    """The clinician resolves an escalation, and opens the record as if it were an emergency; what she was shown."""
    shown = await osei.read(patient)
    escalation = re.search(r'href="(/escalations/[0-9a-f-]{36}/)"', shown)
    assert escalation
    shown += await osei.read(escalation[1])
    resolution = {"outcome": "advised", "note": f"We talked about {aviary.canary()}."}
    await osei.post(escalation[1], resolution, to=f"{escalation[1]}resolve/")
    emergency = {"name": name, "born": BORN, "reason": f"She collapsed near {aviary.canary()}, and cannot speak."}
    await osei.post("/compliance/emergency/", {**emergency, "name": f"Maria {aviary.canary()}"})  # nobody
    await osei.post("/compliance/emergency/", emergency)
    return shown


async def oversee(officer: Browser, patient: str, aviary: Aviary) -> str:
    rights = f"/compliance{patient}"
    await officer.post("/compliance/trail/", {"words": aviary.canary()}, to="/compliance/trail/find/")
    await officer.post(rights, {"ground": "contested"}, to=f"{rights}restrict/")
    await officer.post(rights, {"reason": f"{aviary.canary()} was right."}, to=f"{rights}unrestrict/")
    return await officer.read("/compliance/break-glass/")


async def knock(browser: Browser, aviary: Aviary) -> None:
    """Doors that do not open."""
    await browser.post("/sign-in/", {"login": "osei", "password": aviary.canary()})
    await browser.refused("POST", "/nothing-here/", aviary.canary())
    await browser.refused("POST", "/choices/", f"purpose={aviary.canary()}")  # without its token
    await browser.refused("PUT", "/queue/", aviary.canary())
    await browser.refused("POST", "/ws/escalations/", aviary.canary())


async def live(stack: Stack, aviary: Aviary) -> tuple[str, list[str]]:
    """Everything above; what staff were shown, and what error pages said."""
    offer_only(["127.0.0.1"])

    def jar() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async with jar() as one, jar() as two, jar() as three, jar() as four, jar() as five:
        admin, osei, officer, stranger = (Browser(stack, http) for http in (one, two, three, four))
        for browser, username in ((admin, "admin"), (osei, "osei"), (officer, "officer")):
            await browser.sign_in(username)
        page, link = await enrol(admin, aviary)
        patient = SyntheticPatient(stack.url, five)
        await patient.enter(link, BORN, ("ai_call", "voice", "memory"))
        await call(patient, aviary)
        await knock(stranger, aviary)
        shown = await look_after(osei, page, f"Maria {aviary.planted[0]}", aviary)
        shown += await oversee(officer, page, aviary)
        return shown, stranger.refusals


# -- everywhere it could lie ----------------------------------------------------------------
@contextmanager
def monitored(data: Path) -> Iterator[bytearray]:
    """Every command that Redis is given meanwhile: messages between processes, Celery's payloads, channel layers."""
    heard = bytearray()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(redis_socket(data)))
        line.sendall(b"MONITOR\r\n")

        def listen() -> None:
            with suppress(OSError):
                while piece := line.recv(1 << 16):
                    heard.extend(piece)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield heard
        line.shutdown(socket.SHUT_RDWR)
        listener.join(5)


def kept_in_redis(data: Path) -> Iterator[tuple[str, bytes]]:
    import redis

    with redis.Redis(unix_socket_path=str(redis_socket(data))) as server:
        for key in server.scan_iter():
            yield "a key of Redis", bytes(key) + (server.dump(key) or b"")


def dumps(data: Path) -> Iterator[tuple[str, bytes]]:
    for folder, database in ((postgres_data(data), DATABASE), (keys_data(data), KEYS_DATABASE)):
        command = [str(servers.binaries() / "pg_dump"), "-h", str(folder), "-U", OWNER_ROLE, database]
        yield f"the dump of {database}", subprocess.run(command, capture_output=True, check=True).stdout


def written_since(began: float, data: Path) -> Iterator[tuple[str, bytes]]:
    """Files of the product (both databases with their WAL, logs, messages, sealed papers), and temporary files."""
    ours = list(data.rglob("*"))
    temporary = [path for path in Path(tempfile.gettempdir()).glob("*") if path != data]
    for path in [*ours, *temporary]:
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime >= began - 1:
                name = str(path.relative_to(data)) if path.is_relative_to(data) else path.name
                yield name, _without_address(path.read_bytes()) if name.startswith("outbox/") else path.read_bytes()


def _without_address(message: bytes) -> bytes:
    """A message has to say whom it is for: canaries lie in that phone number and that e-mail address too."""
    return re.sub(rb"^To: .*$", b"", message, flags=re.MULTILINE)


def told(stack: Stack) -> Iterator[tuple[str, bytes]]:
    yield "the terminal", "".join(stack.said).encode()
    for page in ("/metrics", "/nothing-here/"):
        try:
            with urllib.request.urlopen(stack.url + page) as answer:
                yield page, answer.read()
        except urllib.error.HTTPError as answer:
            yield page, answer.read()


@pytest.fixture
def webhook(stack: Stack) -> Iterator[None]:
    """Somebody who is sent everything."""
    stack.shell(
        "from clinic.models import WebhookEndpoint\n"
        "WebhookEndpoint.objects.create(url='https://hooks.invalid/', secret='whsec_AAAA')"
    )
    yield
    stack.shell(
        "from clinic.models import WebhookEndpoint as E; E.objects.filter(url='https://hooks.invalid/').delete()"
    )


@pytest.mark.usefixtures("webhook")
def test_nothing_that_is_kept_logged_queued_or_sent_holds_a_patients_word(stack: Stack):
    aviary, began = Aviary(), time.time()
    with monitored(stack.data) as heard:
        shown, refusals = asyncio.run(live(stack, aviary))
        stack.shell("from django.db import connections; connections['owner'].cursor().execute('CHECKPOINT')")
        time.sleep(2)  # what the relay and the workers still do
    # They did arrive: the clinician and the officer read them.
    assert len(aviary.planted) >= 50
    assert sum(word in shown for word in aviary.planted) >= 6
    assert heard
    assert "escalation.raised" in stack.shell(DELIVERIES)
    places = itertools.chain(
        [("what Redis was told", bytes(heard)), ("error pages", "".join(refusals).encode())],
        kept_in_redis(stack.data),
        dumps(stack.data),
        written_since(began, stack.data),
        told(stack),
    )
    searched, found = 0, []
    for place, data in places:
        searched += 1
        if holds_one(data):
            found.append(place)
    assert found == []
    assert searched > 50

"""Notifications on devices: only their owner can read them, and they say nothing of the patient."""

import datetime
import json
import os
import time
from dataclasses import dataclass

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils import timezone

from clinic import escalations, oncall, paging
from clinic.discharge_plan import Severity
from clinic.models import PageAttempt, PushDevice
from clinic.push import devices, encryption, sending, vapid
from compliance import base64url
from tests import cast
from tests.clinic import trail
from tests.clinic.test_webhooks import Receiver, receiver  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@dataclass
class Browser:
    """The other side: its keys, and reading what arrives as RFC 8291 and 8188 say."""

    endpoint: str

    def __post_init__(self) -> None:
        self.key, self.auth = ec.generate_private_key(encryption.CURVE), os.urandom(16)
        self.point = encryption.public_point(self.key)

    @property
    def subscription(self) -> dict[str, str]:
        keys = {"p256dh": base64url.write(self.point), "auth": base64url.write(self.auth)}
        return {"endpoint": self.endpoint, **keys}

    def subscribe(self, user) -> PushDevice:
        told = self.subscription
        return devices.add(user, told["endpoint"], told["p256dh"], told["auth"])

    def read(self, body: bytes) -> dict[str, str]:
        salt, sender, sealed = body[:16], body[21 : 21 + body[20]], body[21 + body[20] :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(encryption.CURVE, sender)
        shared = self.key.exchange(ec.ECDH(), theirs)
        secret = HKDF(hashes.SHA256(), 32, self.auth, b"WebPush: info\0" + self.point + sender).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain[-1:] == b"\x02"
        told: dict[str, str] = json.loads(plain[:-1])
        return told


@pytest.fixture
def service(receiver: Receiver) -> Receiver:  # noqa: F811
    """The browser maker's push service."""
    receiver.status = 201
    return receiver


def page_osei() -> None:
    now = timezone.now()
    hour = datetime.timedelta(hours=1)
    oncall.plan(cast.orthopaedics(), 1, cast.dr_osei(), now - hour, now + hour)
    escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=None,
        turn=1,
        rule="emergency.chest_pain",
        severity=Severity.EMERGENCY,
        quote="a new pain in my chest",
    )
    paging.climb_due()
    paging.send_due()


def test_whoever_is_on_call_is_notified_and_only_their_browser_can_read_it(service):
    browser = Browser(service.url)
    browser.subscribe(cast.dr_osei())
    page_osei()
    assert PageAttempt.objects.get(channel="push").state == "sent"
    headers, body = service.got[0]
    told = browser.read(body)
    assert told["title"].startswith("Aftercare · Emergency: escalation")
    assert not any(word in str(told) for word in ("Maria", "chest", "pain"))
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert b"escalation" not in body


def test_the_push_service_can_tell_that_it_was_us(service):
    Browser(service.url).subscribe(cast.dr_osei())
    page_osei()
    scheme, _, parts = service.got[0][0]["authorization"].partition(" ")
    fields = dict(part.strip().split("=", 1) for part in parts.split(","))
    assert (scheme, fields["k"]) == ("vapid", vapid.public_key())
    point = base64url.read(fields["k"])
    ours = ec.EllipticCurvePublicKey.from_encoded_point(encryption.CURVE, point)
    claims = jwt.decode(fields["t"], ours, algorithms=["ES256"], audience=service.url.removesuffix("/hook"))
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    assert claims["sub"].startswith(("mailto:", "https://"))


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_asked_no_more(service, status):
    device = Browser(service.url).subscribe(cast.dr_osei())
    service.status = status
    page_osei()
    device.refresh_from_db()
    assert device.ended_because == f"http_{status}"
    assert trail.only(devices.GONE).subject == f"push_device:{device.pk}"
    assert devices.owners_among([cast.dr_osei().pk]) == set()


def test_one_device_that_takes_it_is_enough(service):
    Browser(service.url).subscribe(cast.dr_osei())
    Browser("http://127.0.0.1:9/nobody").subscribe(cast.dr_osei())
    assert sending.push(cast.dr_osei().pk, "Something waits", "") == ""
    service.status = 500
    assert sending.push(cast.dr_osei().pk, "Something waits", "") == "HTTP 500"


def test_nothing_is_sent_inside(settings):
    settings.WEBHOOKS_MAY_STAY_INSIDE = False
    Browser("https://127.0.0.1/push").subscribe(cast.dr_osei())
    assert "private network" in sending.push(cast.dr_osei().pk, "Something waits", "")


def test_it_is_switched_on_and_off_from_the_page(service):
    osei, browser = cast.signed_in(cast.dr_osei()), Browser("https://push.example/1")
    assert vapid.public_key() in osei.get("/queue/").content.decode()
    for _ in range(2):  # the page says it again each time it is opened
        assert osei.post("/notify/", browser.subscription).status_code == 200
    assert len(trail.events(devices.ADDED)) == 1
    assert "push.example" not in str(PushDevice.objects.values())
    cast.signed_in(cast.stranger()).post("/notify/off/", {"endpoint": browser.endpoint})
    assert PushDevice.objects.count() == 1
    osei.post("/notify/off/", {"endpoint": browser.endpoint})
    assert not PushDevice.objects.exists()
    assert trail.only(devices.REMOVED).actor == f"user:{cast.dr_osei().pk}"


@pytest.mark.parametrize("change", [{"endpoint": "http://inside/"}, {"p256dh": "AAAA"}, {"auth": ""}])
def test_what_is_no_subscription_is_refused_with_a_sentence(change):
    told = {**Browser("https://push.example/1").subscription, **change}
    answer = cast.signed_in(cast.dr_osei()).post("/notify/", told)
    assert answer.status_code == 422
    assert "no address" in answer.json()["said"]
    assert not PushDevice.objects.exists()


def test_an_eleventh_device_takes_the_place_of_the_oldest():
    first, *_others = [Browser(f"https://push.example/{n}").subscribe(cast.dr_osei()) for n in range(11)]
    first.refresh_from_db()
    assert first.ended_because == "too_many"
    assert len(devices.of(cast.dr_osei().pk)) == devices.MOST


def test_the_key_is_made_once_sealed_or_taken_from_the_settings(settings):
    from clinic.models import PushIdentity

    made = vapid.public_key()
    assert vapid.public_key() == made
    assert PushIdentity.objects.values_list("private", flat=True)[0] != ""
    settings.WEB_PUSH_PRIVATE_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    assert vapid.public_key().startswith("BP4z9KsN6nGRTbVYI_c7")

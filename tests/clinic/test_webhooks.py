"""Webhooks from their cause to a receiver: signed, thin, tried for three days, and nobody waits for another."""

import datetime
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import standardwebhooks
from django.utils import timezone

from clinic import escalations, relay
from clinic.discharge_plan import Severity
from clinic.models import OutboxEntry, WebhookDelivery, WebhookEndpoint
from clinic.webhooks import addresses, deliveries, endpoints, schedule, sending
from clinic.webhooks.events import EVENTS
from compliance import consent
from compliance.models import Purpose
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db


class Receiver(ThreadingHTTPServer):
    """A receiver on this machine that answers as told and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.status, self.location = 200, ""
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class Taker(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_MAY_STAY_INSIDE = True
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def raise_one(turn: int = 1) -> None:
    escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=None,
        turn=turn,
        rule="plan.red_flag",
        severity=Severity.URGENT,
        quote="my calf is hot and swollen",
        plan_excerpt="Call the ward",
        perception_note="voice strained",
    )


def deliver(minutes: float = 0) -> None:
    """Everything due by then goes out."""
    relay.relay_due()
    while deliveries.deliver_due(timezone.now() + datetime.timedelta(minutes=minutes, seconds=1)):
        pass


def test_an_escalation_reaches_the_receiver_signed_and_without_a_word_of_the_patient(receiver):
    _, secret = endpoints.add(receiver.url, [])
    raise_one()
    deliver()
    headers, body = receiver.got[0]
    payload = standardwebhooks.Webhook(secret).verify(body, headers)
    assert payload["type"] == "escalation.raised"
    assert set(payload["data"]) == {"id", "rule", "severity"}
    for private in (b"Maria", b"Lindqvist", b"calf", b"ward", b"strained", b"hip"):
        assert private not in body


def test_consent_is_announced_from_the_audit_trail(receiver):
    endpoints.add(receiver.url, ["consent.granted"])
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.MEMORY])
    deliver()
    payload = json.loads(receiver.got[0][1])
    assert payload["data"] == {"id": str(maria.pk), "patient_id": str(maria.pk), "purpose": "memory"}


def test_an_endpoint_gets_only_the_events_it_chose(receiver):
    endpoints.add(receiver.url, ["escalation.resolved"])
    raise_one()
    deliver()
    assert receiver.got == []


def test_a_failing_receiver_is_tried_ten_times_over_three_days_and_then_given_up(receiver, monkeypatch):
    monkeypatch.setattr(schedule, "JITTER", 0.0)
    endpoints.add(receiver.url, [])
    receiver.status = 500
    raise_one()
    relay.relay_due()
    began = timezone.now()
    delivery = WebhookDelivery.objects.get()
    tried = []
    while delivery.state == "waiting":
        delivery.refresh_from_db()
        assert deliveries.deliver_due(delivery.due_at)
        tried.append(delivery.due_at - began)
        delivery.refresh_from_db()
    assert len(receiver.got) == 10
    assert datetime.timedelta(hours=75) < tried[-1] < datetime.timedelta(hours=76)
    assert delivery.state == "given_up"
    assert delivery.attempt_set.count() == 10
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {delivery.message_id}


def test_down_for_a_day_and_back_everything_arrives_and_others_never_waited(receiver, settings):
    endpoints.add(receiver.url, [])
    endpoints.add("http://127.0.0.1:9/closed", [])
    for turn in range(3):
        raise_one(turn)
    deliver()
    assert len(receiver.got) == 3
    assert WebhookDelivery.objects.filter(state="waiting").count() == 3


def test_410_switches_the_endpoint_off(receiver):
    endpoint, _ = endpoints.add(receiver.url, [])
    receiver.status = 410
    raise_one()
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.disabled_because == "gone"
    assert trail.only(endpoints.DISABLED).reason == "gone"
    raise_one(2)
    deliver(minutes=10_000)
    assert len(receiver.got) == 1


def test_a_redirect_is_not_followed(receiver):
    endpoints.add(receiver.url, [])
    receiver.status, receiver.location = 302, receiver.url.replace("/hook", "/elsewhere")
    raise_one()
    deliver()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().attempt_set.get().status == 302


def test_a_name_that_moves_inside_after_it_was_added_is_refused(monkeypatch):
    answers = iter(["93.184.216.34", "169.254.169.254"])
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (next(answers), 443))], raising=True
    )
    endpoints.add("https://hooks.example/", [])
    raise_one()
    deliver()
    attempt = WebhookDelivery.objects.get().attempt_set.get()
    assert (attempt.status, attempt.problem) == (0, "The host has an address inside a private network.")


def test_a_name_with_one_address_inside_is_refused(monkeypatch):
    both = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_a, **_k: both)
    with pytest.raises(addresses.Forbidden):
        endpoints.add("https://hooks.example/", [])


def test_a_receiver_that_drips_is_hung_up_on(monkeypatch, settings):
    settings.WEBHOOKS_MAY_STAY_INSIDE = True
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.5)

    class Dripping(Taker):
        def do_POST(self) -> None:
            over = threading.Event()
            for _ in range(100):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return
                over.wait(0.1)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answer = sending.post(f"http://127.0.0.1:{server.server_port}/", b"{}", {})
    server.shutdown()
    server.server_close()
    assert answer.status == 0
    assert answer.duration_ms < 3000


def test_a_rotation_keeps_the_former_secret_for_a_day(receiver):
    endpoint, old = endpoints.add(receiver.url, [])
    new = endpoints.rotate(endpoint)
    raise_one()
    deliver()
    headers, body = receiver.got[0]
    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(body, headers)
    WebhookEndpoint.objects.update(former_until=timezone.now())
    endpoint.refresh_from_db()
    assert endpoints.valid_secrets(endpoint) == [new]


def test_a_replay_carries_the_same_id(receiver):
    endpoints.add(receiver.url, [])
    raise_one()
    deliver()
    deliveries.replay(WebhookDelivery.objects.get())
    deliver()
    first, second = ({name: h[name] for name in ("webhook-id",)} for h, _ in receiver.got)
    assert first == second


def test_an_entry_that_is_handed_out_twice_makes_one_delivery(receiver):
    endpoints.add(receiver.url, [])
    raise_one()
    relay.relay_due()
    OutboxEntry.objects.update(done_at=None)
    relay.relay_due()
    assert WebhookDelivery.objects.count() == 1


def test_two_senders_do_not_send_the_same_one(receiver):
    endpoints.add(receiver.url, [])
    raise_one()
    relay.relay_due()
    now = timezone.now() + datetime.timedelta(seconds=1)
    assert deliveries._claim(now) is not None
    assert deliveries._claim(now) is None
    assert deliveries._claim(now + deliveries.LEASE + datetime.timedelta(seconds=1)) is not None


def test_one_broken_handler_does_not_hold_up_the_outbox(monkeypatch):
    def broken(_entry: OutboxEntry) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(relay._handlers, "escalation.raised", [broken])
    raise_one()
    osei = cast.dr_osei()
    escalations.acknowledge(cast.maria().escalations.get(), osei)
    relay.relay_due()
    waiting = OutboxEntry.objects.get(done_at=None)
    assert (waiting.topic, waiting.attempts) == ("escalation.raised", 1)


# -- the admin's pages -----------------------------------------------------------


def test_the_admin_adds_an_endpoint_and_sees_its_secret_once(receiver):
    admin = cast.signed_in(cast.admin())
    page = admin.post("/webhooks/add/", {"url": receiver.url, "events": ["escalation.raised"]}).content.decode()
    assert "whsec_" in page
    endpoint = WebhookEndpoint.objects.get()
    assert "whsec_" not in admin.get(f"/webhooks/{endpoint.pk}/").content.decode()
    assert endpoint.events == ["escalation.raised"]


def test_a_private_address_is_refused_with_a_sentence():
    page = cast.signed_in(cast.admin()).post("/webhooks/add/", {"url": "https://127.0.0.1/"}).content.decode()
    assert "inside a private network" in page
    assert not WebhookEndpoint.objects.exists()


def test_a_test_and_a_replay_from_the_page(receiver):
    endpoint, _ = endpoints.add(receiver.url, [])
    admin = cast.signed_in(cast.admin())
    admin.post(f"/webhooks/{endpoint.pk}/test/")
    deliver()
    page = admin.get(f"/webhooks/{endpoint.pk}/").content.decode()
    assert "HTTP 200" in page and "webhook.test" in page
    admin.post(f"/webhooks/deliveries/{WebhookDelivery.objects.get().pk}/replay/")
    deliver()
    assert len(receiver.got) == 2


def test_switching_off_and_on(receiver):
    endpoint, _ = endpoints.add(receiver.url, [])
    admin = cast.signed_in(cast.admin())
    admin.post(f"/webhooks/{endpoint.pk}/disable/")
    raise_one()
    deliver()
    assert receiver.got == []
    admin.post(f"/webhooks/{endpoint.pk}/enable/")
    raise_one(2)
    deliver()
    assert len(receiver.got) == 1


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_documented(event, settings):
    page = (settings.BASE_DIR / "docs" / "reference" / "webhooks.md").read_text()
    assert f"`{event}`" in page
    assert all(f"`{field}`" in page for field in EVENTS[event].carries)

"""Webhooks without a network: signatures, the schedule of attempts, and where we never send."""

import base64
import datetime
import json

import pytest
import standardwebhooks

from clinic.webhooks import addresses, events, schedule, signing

BODY = json.dumps({"type": "webhook.test", "data": {"id": "x"}}).encode()


def now() -> datetime.datetime:
    """Not a constant: a verifier refuses what was signed five minutes ago, for that reason alone."""
    return datetime.datetime.now(datetime.UTC)


def signed(*secrets: str, at: datetime.datetime | None = None, body: bytes = BODY) -> dict[str, str]:
    return signing.headers("msg_1", int((at or now()).timestamp()), body, secrets)


def test_an_independent_verifier_accepts_our_signature():
    secret = signing.new_secret()
    assert standardwebhooks.Webhook(secret).verify(BODY, signed(secret)) == json.loads(BODY)


def test_a_secret_has_256_bits():
    assert len(base64.b64decode(signing.new_secret().removeprefix("whsec_"))) == 32


def test_any_flipped_bit_is_rejected():
    secret = signing.new_secret()
    headers = signed(secret)
    verifier = standardwebhooks.Webhook(secret)
    for place in range(len(BODY) * 8):
        flipped = bytearray(BODY)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            verifier.verify(bytes(flipped).decode("latin-1"), headers)


def test_another_id_time_or_secret_is_rejected():
    secret = signing.new_secret()
    verifier = standardwebhooks.Webhook(secret)
    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(now().timestamp()) + 1)}):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            verifier.verify(BODY, {**signed(secret), **changed})
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(signing.new_secret()).verify(BODY, signed(secret))


def test_an_old_message_is_rejected_as_a_replay():
    secret = signing.new_secret()
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(BODY, signed(secret, at=now() - datetime.timedelta(minutes=6)))


def test_while_a_rotation_overlaps_both_secrets_verify():
    new, old = signing.new_secret(), signing.new_secret()
    for secret in (new, old):
        standardwebhooks.Webhook(secret).verify(BODY, signed(new, old))


def test_ten_attempts_over_75_hours():
    rests = [schedule.rest_after(attempt, chance=0.0) for attempt in range(1, 12)]
    assert schedule.ATTEMPTS == 10
    assert sum((rest for rest in rests if rest), datetime.timedelta()) == datetime.timedelta(
        hours=75, minutes=35, seconds=5
    )
    assert rests[9:] == [None, None]


def test_jitter_only_ever_waits_longer():
    for chance in (0.0, 0.5, 1.0):
        rest = schedule.rest_after(4, chance)
        assert rest and datetime.timedelta(hours=2) <= rest <= datetime.timedelta(hours=2.2)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "::127.0.0.1",
        "not an address",
    ],
)
def test_an_address_inside_is_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_an_address_outside_is_public(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https://user:word@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example:99999/",
        "https://hooks.example:0/",
        "https://[::1",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(addresses.Forbidden):
        addresses.check_url(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_every_spelling_of_home_is_refused(host):
    with pytest.raises(addresses.Forbidden):
        addresses.resolve(host.strip("[]"), 443)


def test_a_payload_carries_only_what_its_event_is_documented_to():
    facts = {"rule": "plan.red_flag", "severity": "urgent", "quote": "my calf is hot", "name": "Maria"}
    assert events.data_of("escalation.raised", "e1", facts) == {
        "id": "e1",
        "rule": "plan.red_flag",
        "severity": "urgent",
    }


@pytest.mark.parametrize(
    ("reason", "event"),
    [
        ("completed", "conversation.completed"),
        ("patient_left", "conversation.left"),
        ("connection_lost", "conversation.left"),
        ("failed", "conversation.failed"),
    ],
)
def test_how_a_call_ended_is_an_event_of_its_own(reason, event):
    assert events.of_audit_action("session.ended", {"reason": reason}) == (event, "transcript.ready")


def test_an_objective_that_waits_for_a_clinician_is_completed_when_they_confirm_it():
    assert events.of_audit_action("objective.completed", {"objective": "pain", "state": "pending"}) == ()
    assert events.of_audit_action("objective.completed", {"objective": "pain", "state": "completed"}) == (
        "objective.completed",
    )
    assert events.of_audit_action("objective.confirmed", {"objective": "pain"}) == ("objective.completed",)

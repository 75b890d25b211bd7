"""The link that lets a patient in: what opens it, and that a refusal tells nothing."""

import datetime
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from clinic import invitations
from clinic.errors import InvitationRefused
from clinic.models import Invitation
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
BORN = datetime.date.fromisoformat(cast.BORN)
WRONG = datetime.date(1960, 1, 1)


def invite(**options) -> tuple[Invitation, str]:
    invitation, link = invitations.make(cast.maria(), **options)
    return invitation, link.rstrip("/").rsplit("/", 1)[1]


def reasons() -> list[str]:
    return [event.reason for event in trail.events(invitations.REFUSED)]


def test_link_and_birth_date_let_maria_in():
    invitation, token = invite()
    assert invitations.open_link(token, BORN, address="192.0.2.1") == invitation
    event = trail.only(invitations.OPENED)
    assert event.actor == f"patient:{cast.maria().pk}"


def test_the_token_has_256_bits_and_is_not_in_the_database():
    _, token = invite()
    assert len(token) >= 43  # 32 bytes in base64
    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text FROM clinic_invitation i")
        assert token not in cursor.fetchone()[0]


def test_an_expired_link_is_refused():
    _, token = invite(lifetime=timedelta(seconds=-1))
    with pytest.raises(InvitationRefused):
        invitations.open_link(token, BORN, address="192.0.2.1")
    assert reasons() == ["expired"]


def test_a_used_link_is_refused():
    _, token = invite()
    invitations.open_link(token, BORN, address="192.0.2.1")
    with pytest.raises(InvitationRefused):
        invitations.open_link(token, BORN, address="192.0.2.1")
    assert reasons() == ["used"]


def test_a_revoked_link_is_refused():
    invitation, token = invite()
    invitations.revoke(invitation)
    with pytest.raises(InvitationRefused):
        invitations.open_link(token, BORN, address="192.0.2.1")
    assert reasons() == ["revoked"]
    trail.only(invitations.REVOKED)


def test_a_guessed_link_is_refused_and_audited_without_a_patient():
    with pytest.raises(InvitationRefused):
        invitations.open_link("x" * 43, BORN, address="192.0.2.1")
    assert trail.only(invitations.REFUSED).patient_id is None


def test_five_wrong_birth_dates_lock_the_link_for_the_right_one_too():
    _, token = invite()
    for _ in range(invitations.MAX_FAILURES):
        with pytest.raises(InvitationRefused):
            invitations.open_link(token, WRONG, address="192.0.2.1")
    with pytest.raises(InvitationRefused):
        invitations.open_link(token, BORN, address="192.0.2.1")
    assert reasons() == ["birth_date"] * 5 + ["locked"]


def test_every_refusal_reads_the_same():
    _, expired = invite(lifetime=timedelta(seconds=-1))
    _, good = invite()
    said = set()
    for token, born in ((expired, BORN), (good, WRONG), ("x" * 43, BORN)):
        with pytest.raises(InvitationRefused) as refused:
            invitations.open_link(token, born, address="192.0.2.1")
        said.add(str(refused.value))
    assert said == {""}


def test_an_address_that_guesses_is_not_heard_for_a_while_and_others_are():
    for number in range(invitations.ADDRESS_FAILURES):
        with pytest.raises(InvitationRefused):
            invitations.open_link(f"guess-{number}", BORN, address="198.51.100.7")
    _, token = invite()
    with pytest.raises(InvitationRefused):
        invitations.open_link(token, BORN, address="198.51.100.7")
    assert reasons()[-1] == "throttled"
    assert invitations.open_link(token, BORN, address="192.0.2.1")


def test_the_throttle_ends():
    from clinic.models import LinkFailure

    old = timezone.now() - invitations.ADDRESS_WINDOW - timedelta(seconds=1)
    LinkFailure.objects.bulk_create(LinkFailure(address="198.51.100.7", at=old) for _ in range(50))
    assert not invitations.too_many_failures("198.51.100.7")

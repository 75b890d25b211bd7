"""A call that was cut off goes on with what it began with, whatever was published or taken back meanwhile."""

from dataclasses import replace

import pytest

from compliance import consent
from conversations import equipment, protocol_book, protocols, sessions
from conversations.models import ProtocolVersion
from conversations.protocols import CallProtocol
from conversations.releases import book
from conversations.sessions import Claim
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> Claim:
    maria = cast.maria()
    consent.grant(maria.pk, consent.NEEDED_FOR_A_CALL)
    sessions.want(sessions.open_for(maria.pk).id)
    claim = sessions.claim("here")
    assert claim is not None
    return claim


def begin(claim: Claim) -> None:
    """The call's first words were said, and its state was written down."""
    sessions.keep_dialogue(claim, equipment.brief(claim).dialogue.snapshot())


def another_version(greeting: str) -> CallProtocol:
    shipped = protocols.load("after_surgery")
    row = protocol_book.publish(protocol_book.draft(replace(shipped, greeting=greeting), cast.admin()))
    return protocol_book.as_protocol(row)


def goes_by(claim: Claim) -> int:
    briefing = equipment.brief(claim)
    version: int = briefing.dialogue.snapshot()["protocol"]["version"]
    return version


NEWER = "Hello {called}, I am an AI assistant of {clinic}. Here is a newer greeting."


def test_a_call_goes_on_with_the_protocol_it_began_with(claim):
    begin(claim)
    another_version(NEWER)
    assert goes_by(claim) == 1
    assert protocol_book.in_use()["after_surgery"].version == 2


def test_a_call_that_has_not_begun_takes_what_is_in_use(claim):
    another_version(NEWER)
    assert goes_by(claim) == 2


def test_a_release_that_is_taken_back_does_not_change_the_questions_of_a_call(claim):
    another_version(NEWER)
    release = book.draft({"limits.turn_s": 7.0}, "newer questions", cast.admin())
    book.sign(release, cast.dr_osei())
    release.refresh_from_db()
    rollout = book.roll_out(release, 50)
    book.complete(rollout)
    begin(claim)
    book.roll_back(rollout, "worse")
    ProtocolVersion.objects.update(state=ProtocolVersion.State.RETIRED)
    assert protocol_book.in_use()["after_surgery"].version == 1
    assert goes_by(claim) == 2


def test_a_version_that_no_longer_fits_the_software_keeps_nobody_from_the_call(claim):
    another_version(NEWER)
    begin(claim)
    ProtocolVersion.objects.update(state=ProtocolVersion.State.RETIRED, content={"name": "after_surgery"})
    assert goes_by(claim) == 1

"""What a call found out, in words, by the protocol that the call went by."""

from dataclasses import replace

import pytest

from conversations import agreed, progress, protocol_book, protocols
from conversations.models import Session
from tests import cast
from tests.conversations.talk import talk

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    """A call that has begun, with what its dialogue wrote down."""
    return Session.objects.create(patient=cast.maria(), dialogue=talk().dialogue.snapshot())


def answer(session: Session, variable: str, value: str | float | bool, kind: str, objective="health_status") -> None:
    progress.record_answer(
        session.pk, objective=objective, variable=variable, value=value, kind=kind, quote="canary", turn=1
    )


def test_answers_stand_beside_the_question_that_was_asked(session):
    answer(session, "pain", 3.0, "number")
    answer(session, "fever", False, "yes_no")
    answer(session, "teach_back_apixaban", "understood", "teach_back", "teach_back")
    found = {one.key: one for one in agreed.answers(session)}
    assert found["health_status.pain"].question.startswith("How strong is your pain")
    assert (found["health_status.pain"].answer, found["health_status.fever"].answer) == ("3", "No")
    assert "apixaban" in found["teach_back.teach_back_apixaban"].question


def test_a_later_version_does_not_change_what_was_asked(session):
    answer(session, "pain", 3.0, "number")
    shipped = protocols.load("after_surgery")
    first, *others = shipped.objectives
    pain = replace(first.output_variables[1], ask="Any pain?")
    changed = replace(first, output_variables=(first.output_variables[0], pain, *first.output_variables[2:]))
    newer = protocol_book.publish(protocol_book.draft(replace(shipped, objectives=(changed, *others)), cast.admin()))
    assert agreed.answers(session)[0].question.startswith("How strong")
    session.dialogue = {**session.dialogue, "protocol": {"name": newer.name, "version": newer.version}}
    session.save()
    assert agreed.answers(session)[0].question == "Any pain?"

"""What a call found out, in words and as FHIR, by the protocol that the call went by."""

from dataclasses import replace

import pytest
from django.utils import timezone
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from conversations import agreed, progress, protocol_book, protocols, questionnaires
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


def test_answers_are_a_valid_questionnaire_response(session):
    answer(session, "pain", 3.0, "number")
    answer(session, "fever", False, "yes_no")
    answer(session, "eating", "canary soup", "text", "eating")
    made = questionnaires.response(
        agreed.answers(session),
        session_id=session.pk,
        patient_id=session.patient_id,
        protocol=protocol_book.used_in(session),
        authored=timezone.now(),
        finished=True,
    )
    read = QuestionnaireResponse.model_validate(made)
    assert [group.linkId for group in read.item] == ["health_status", "eating"]
    assert read.item[0].item[0].answer[0].valueDecimal == 3
    assert read.item[0].item[1].answer[0].valueBoolean is False
    assert made["questionnaire"].endswith("after_surgery|1")

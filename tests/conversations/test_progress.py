"""What a call found out is kept with its evidence; what is remembered needs consent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from clinic import relay
from clinic.models import WebhookDelivery, WebhookEndpoint
from compliance import consent
from compliance.models import AuditEvent, Purpose
from conversations import progress, protocol_book, protocols
from conversations.models import MemoryFact, ObjectiveRecord, Session
from tests import cast

pytestmark = pytest.mark.django_db


def audited(code: str) -> int:
    return AuditEvent.objects.filter(action=code).count()


@pytest.fixture
def session() -> Session:
    return Session.objects.create(patient=cast.maria())


def answer(session: Session, value: float = 3.0, turn: int = 2) -> ObjectiveRecord:
    return progress.record_answer(
        session.pk,
        objective="health_status",
        variable="pain",
        value=value,
        kind="number",
        quote="about a three",
        turn=turn,
    )


def test_an_answer_is_kept_with_the_words_it_was_read_from(session):
    answer(session)
    record = ObjectiveRecord.objects.get(session=session)
    assert record.variables == {"pain": {"value": 3.0, "type": "number", "quote": "about a three", "turn": 2}}
    assert audited("objective.answered") == 1
    assert "three" not in str(AuditEvent.objects.get(action="objective.answered").detail)


def test_a_later_answer_replaces_an_earlier_one(session):
    answer(session)
    answer(session, value=5.0, turn=4)
    assert ObjectiveRecord.objects.get(session=session).variables["pain"]["value"] == 5.0


def test_an_objective_is_reached_once(session):
    answer(session)
    progress.complete_objective(session.pk, objective="health_status")
    progress.complete_objective(session.pk, objective="health_status")
    assert ObjectiveRecord.objects.get(session=session).state == ObjectiveRecord.State.COMPLETED
    assert audited("objective.completed") == 1


def test_a_manual_objective_waits_for_a_named_clinician(session):
    record = progress.complete_objective(session.pk, objective="home", confirmation_mode="manual")
    assert record.state == ObjectiveRecord.State.PENDING
    progress.confirm_objective(record, cast.dr_osei())
    record.refresh_from_db()
    assert record.state == ObjectiveRecord.State.COMPLETED
    assert record.confirmed_by == cast.dr_osei()
    assert audited("objective.confirmed") == 1


def learn(session: Session, **changes: object) -> MemoryFact | None:
    fact = {"kind": "medicine", "topic": "metformin", "text": "the metformin tablets", "quote": "hard to swallow"}
    return progress.learn(session.patient_id, session_id=session.pk, turn=3, **{**fact, **changes})  # type: ignore[arg-type]


def test_nothing_is_remembered_without_consent(session):
    assert learn(session) is None
    assert not MemoryFact.objects.exists()


def test_a_fact_is_used_next_time_and_its_use_is_audited(session):
    consent.grant(session.patient_id, [Purpose.MEMORY])
    learn(session)
    assert [fact.text for fact in progress.recall(session.patient_id)] == ["the metformin tablets"]
    assert audited("memory.learned") == 1
    assert audited("memory.recalled") == 1


def test_memory_stops_with_the_consent(session):
    consent.grant(session.patient_id, [Purpose.MEMORY])
    learn(session)
    consent.withdraw(session.patient_id, Purpose.MEMORY)
    assert progress.recall(session.patient_id) == ()


def test_an_expired_fact_is_not_used(session):
    consent.grant(session.patient_id, [Purpose.MEMORY])
    fact = learn(session)
    assert fact is not None
    MemoryFact.objects.filter(pk=fact.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert not progress.recall(session.patient_id)


def test_a_correction_keeps_the_old_fact_and_uses_the_new(session):
    consent.grant(session.patient_id, [Purpose.MEMORY])
    fact = learn(session)
    assert fact is not None
    right = progress.correct(fact, text="the big white tablets", by=cast.dr_osei())
    assert [fact.text for fact in progress.recall(session.patient_id)] == ["the big white tablets"]
    assert right.corrects_id == fact.pk
    assert audited("memory.corrected") == 1


def test_what_is_forgotten_is_never_used_again(session):
    consent.grant(session.patient_id, [Purpose.MEMORY])
    fact = learn(session)
    assert fact is not None
    progress.forget(fact)
    assert not progress.recall(session.patient_id)
    assert audited("memory.forgotten") == 1


WARD = "https://ward.example/reached"


@pytest.fixture
def ward_is_named(session: Session) -> None:
    """The call goes by a protocol that wants one endpoint told of one objective."""
    shipped = protocols.load("after_surgery")
    first, *rest = shipped.objectives
    changed = replace(shipped, objectives=(replace(first, callback=WARD), *rest))
    row = protocol_book.publish(protocol_book.draft(changed, cast.admin()))
    session.dialogue = {"protocol": {"name": row.name, "version": row.version}}
    session.save()


def told() -> list[str]:
    relay.relay_due()
    return list(WebhookDelivery.objects.values_list("endpoint__url", flat=True))


@pytest.mark.usefixtures("ward_is_named")
@pytest.mark.parametrize("mode", ["auto", "manual"])
def test_the_endpoint_that_an_objective_names_is_told_when_it_is_reached(session, mode):
    for url in (WARD, "https://other.example/"):
        WebhookEndpoint.objects.create(url=url, secret="whsec_AAAA", events=["release.rolled_back"])
    named, other = protocols.load("after_surgery").objectives[:2]
    progress.complete_objective(session.pk, objective=other.objective_name)
    assert told() == []
    record = progress.complete_objective(session.pk, objective=named.objective_name, confirmation_mode=mode)
    if mode == "manual":
        assert told() == []
        progress.confirm_objective(record, cast.dr_osei())
    assert told() == [WARD]


def test_a_callback_that_is_no_https_address_is_refused():
    shipped = protocols.load("after_surgery")
    first, *rest = shipped.objectives
    [fault] = protocols.faults(replace(shipped, objectives=(replace(first, callback="ward"), *rest)))
    assert "callback is the address of a webhook endpoint" in fault

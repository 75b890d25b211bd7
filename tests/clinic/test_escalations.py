"""Escalations: one for one cause, never lowered, closed only by name."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from clinic import escalations
from clinic.discharge_plan import Severity
from clinic.errors import EscalationClosed, OutcomeMissing
from clinic.models import Escalation, OutboxEntry
from compliance import audit
from compliance.models import AuditEvent
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
SESSION = "5f0f3a9e-6f0f-4c43-9a52-0c9d1d9f4a11"
WORDS = "I have a new pain in my chest"


def chest_pain(**changes) -> Escalation:
    facts = {
        "patient_id": cast.maria().pk,
        "session_id": SESSION,
        "turn": 4,
        "rule": "emergency.chest_pain",
        "severity": Severity.EMERGENCY,
        "quote": WORDS,
        "plan_excerpt": "Call 112 for chest pain.",
        "position_ms": 61_500,
    }
    return escalations.escalate(**{**facts, **changes})


def test_raising_writes_row_step_audit_and_outbox_together():
    escalation = chest_pain()
    assert Escalation.objects.get().quote == WORDS
    assert [step.kind for step in escalation.events.all()] == ["raised"]
    assert trail.only(escalations.RAISED).patient_id == cast.maria().pk
    assert [entry.topic for entry in OutboxEntry.objects.order_by("id")] == ["escalation.raised", "guardrail.triggered"]


def test_without_an_audit_entry_there_is_no_escalation(monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("no room")

    maria = cast.maria()
    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(DatabaseError), transaction.atomic():
        chest_pain(patient_id=maria.pk)
    assert not Escalation.objects.exists()
    assert not OutboxEntry.objects.exists()


def test_the_same_cause_is_the_same_escalation():
    assert chest_pain() == chest_pain()
    assert Escalation.objects.count() == 1
    assert len(trail.events(escalations.RAISED)) == 1


def test_a_repetition_heightens_but_never_lowers():
    chest_pain(severity=Severity.URGENT)
    assert chest_pain(severity=Severity.EMERGENCY).severity == "emergency"
    assert chest_pain(severity=Severity.QUESTION).severity == "emergency"
    assert len(trail.events(escalations.HEIGHTENED)) == 1


def test_another_turn_is_another_escalation_with_a_number_of_its_own():
    numbers = {Escalation.objects.get(pk=chest_pain(turn=turn).pk).number for turn in (4, 5)}
    assert len(numbers) == 2


def test_neither_outbox_nor_audit_trail_holds_the_patients_words():
    chest_pain()
    kept = str(list(OutboxEntry.objects.values())) + str(list(AuditEvent.objects.values()))
    assert not any(word in kept for word in ("pain in my", "Maria", "Call 112"))


def test_whoever_acknowledges_first_has_it():
    escalation = chest_pain()
    escalations.acknowledge(escalation, cast.dr_osei())
    after = escalations.acknowledge(escalation, cast.nurse_lind())
    assert after.acknowledged_by == cast.dr_osei()
    assert len(trail.events(escalations.ACKNOWLEDGED)) == 1


def test_a_colleague_may_take_over_the_work():
    escalation = escalations.acknowledge(chest_pain(), cast.dr_osei())
    after = escalations.start(escalation, cast.nurse_lind())
    assert (after.state, after.acknowledged_by) == ("in_progress", cast.nurse_lind())


def test_resolving_takes_a_name_an_outcome_and_a_note():
    escalation = chest_pain()
    with pytest.raises(OutcomeMissing):
        escalations.resolve(escalation, cast.dr_osei(), outcome="", note="")
    after = escalations.resolve(escalation, cast.dr_osei(), outcome="called_back", note="Sent an ambulance.")
    assert (after.state, after.resolved_by, after.note) == ("resolved", cast.dr_osei(), "Sent an ambulance.")
    assert trail.only(escalations.RESOLVED).detail["rule"] == "emergency.chest_pain"
    with pytest.raises(EscalationClosed):
        escalations.resolve(escalation, cast.nurse_lind(), outcome="advised", note="")


def test_a_resolved_escalation_opens_again_only_if_its_cause_proves_graver():
    escalation = chest_pain(severity=Severity.QUESTION)
    escalations.resolve(escalation, cast.dr_osei(), outcome="advised", note="")
    assert chest_pain(severity=Severity.QUESTION).state == "resolved"
    assert chest_pain(severity=Severity.EMERGENCY).state == "raised"


def test_the_team_sees_it_and_a_stranger_does_not():
    escalation = chest_pain()
    assert escalations.visible_to(cast.dr_osei()).get() == escalation
    assert not escalations.visible_to(cast.stranger()).exists()
    assert not escalations.visible_to(cast.officer()).exists()


def test_a_hint_that_finds_no_redis_changes_nothing(settings, django_capture_on_commit_callbacks):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": "unix:///nowhere/redis.sock"}]},
        }
    }
    with django_capture_on_commit_callbacks(execute=True):
        chest_pain()
    assert Escalation.objects.count() == 1


def test_each_who_was_shown_the_same_has_an_entry_of_their_own():
    raised = [str(uuid4()), str(uuid4())]
    strange = 'a "place", with {braces} and \\ ' + "x" * 200
    two = [audit.Actor("user:osei", "10.0.0.7"), audit.Actor("user:lind", strange)]
    escalations.record_listings([(two, raised), ([audit.Actor("user:third")], raised[:1])])
    found = {event.actor: event for event in trail.events(escalations.LISTED)}
    assert [found[one.name].where for one in two] == ["10.0.0.7", strange[:120]]
    assert [found[one.name].detail["escalations"] for one in two] == [",".join(raised)] * 2
    third = found["user:third"]
    assert (third.detail, third.patient_id) == ({"count": 1, "escalations": raised[0]}, None)
    assert (third.outcome, third.subject, third.reason) == ("ok", "", "")
    assert len({event.uid for event in found.values()}) == 3

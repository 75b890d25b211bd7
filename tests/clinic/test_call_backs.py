"""A call-back is promised, told, kept or escalated: never forgotten, and never promised twice by the clock."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from clinic import call_back_times, call_backs, escalations, paging
from clinic.discharge_plan import Severity
from clinic.errors import CallBackSettled, CallBackTime, EscalationClosed
from clinic.models import CallBack, Escalation, OutboxEntry
from compliance import audit
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
SESSION = uuid.UUID("5f0f3a9e-6f0f-4c43-9a52-0c9d1d9f4a11")
HOUR = datetime.timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def raised(turn: int = 1, severity: Severity = Severity.URGENT, session: uuid.UUID | None = SESSION) -> Escalation:
    return escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=session,
        turn=turn,
        rule="request.human",
        severity=severity,
        quote="can somebody talk to me",
    )


def promised(escalation: Escalation | None = None) -> CallBack:
    return call_backs.promise(escalation or raised(), timezone.now() + HOUR, cast.dr_osei())


def climb(escalation: Escalation, minutes: float) -> None:
    paging.climb_due(escalation.raised_at + datetime.timedelta(minutes=minutes))


def at(hour: int, minute: int = 0, day: int = 2) -> datetime.datetime:
    return datetime.datetime(2026, 6, day, hour, minute, tzinfo=BERLIN)


def test_whoever_promises_has_the_escalation_and_paging_stops():
    call_back = promised()
    escalation = Escalation.objects.get()
    assert (escalation.state, escalation.acknowledged_by) == ("acknowledged", cast.dr_osei())
    assert call_back.caller == cast.dr_osei()
    assert trail.only(call_backs.PROMISED).patient_id == cast.maria().pk
    topics = OutboxEntry.objects.values_list("topic", flat=True)
    assert list(topics).count("call_back.promised") == 1


@pytest.mark.parametrize("hours", [-1, 24 * 4])
def test_a_time_that_cannot_be_kept_is_not_promised(hours):
    with pytest.raises(CallBackTime):
        call_backs.promise(raised(), timezone.now() + hours * HOUR, cast.dr_osei())
    assert not CallBack.objects.exists()


def test_nothing_is_promised_about_what_is_resolved():
    escalation = escalations.resolve(raised(), cast.dr_osei(), outcome="advised", note="")
    with pytest.raises(EscalationClosed):
        promised(escalation)


def test_another_time_moves_the_promise_and_the_patient_is_told_anew():
    first = promised()
    call_backs.note_told(first.pk)
    second = promised(first.escalation)
    first.refresh_from_db()
    assert first.state == "moved"
    assert call_backs.untold(SESSION) == second


def test_the_clock_promises_once_a_call_when_everyone_was_paged_and_nobody_came():
    one, other = raised(1), raised(2)
    climb(one, 5)
    assert not CallBack.objects.exists()
    climb(one, 15)
    call_back = CallBack.objects.get()
    assert call_back.caller is None
    assert call_back.escalation in (one, other)
    assert Escalation.objects.filter(state="paged").count() == 2  # paging goes on
    call_backs.miss_due(call_back.due_at + HOUR)
    climb(one, 300)
    assert CallBack.objects.count() == 1


def test_the_clock_promises_nothing_to_somebody_who_is_in_no_call():
    climb(raised(session=None), 15)
    assert not CallBack.objects.exists()


def test_a_promise_that_nobody_keeps_is_an_escalation_once():
    call_back = promised()
    assert call_backs.miss_due(call_back.due_at + datetime.timedelta(minutes=14)) == 0
    late = call_back.due_at + call_back_times.GRACE
    assert call_backs.miss_due(late) == 1
    assert call_backs.miss_due(late) == 0
    broken = Escalation.objects.get(rule__startswith="call_back.missed")
    assert (broken.severity, broken.quote, broken.state) == ("urgent", "can somebody talk to me", "raised")
    assert trail.only(call_backs.MISSED).subject == f"call_back:{call_back.pk}"


def test_a_patient_who_does_not_answer_is_an_escalation():
    call_back = promised()
    call_backs.unanswered(call_back, cast.dr_osei())
    assert Escalation.objects.filter(rule__startswith="call_back.unanswered").count() == 1
    with pytest.raises(CallBackSettled):
        call_backs.reached(call_back, cast.dr_osei())


@pytest.mark.parametrize(("outcome", "state"), [("called_back", "done"), ("no_action", "dropped")])
def test_resolving_settles_what_was_promised(outcome, state):
    call_back = promised()
    escalations.resolve(call_back.escalation, cast.dr_osei(), outcome=outcome, note="")
    call_back.refresh_from_db()
    assert (call_back.state, call_back.settled_by) == (state, cast.dr_osei())
    assert call_backs.miss_due(call_back.due_at + HOUR) == 0


def test_a_colleague_who_joins_after_all_makes_it_needless():
    from conversations import sessions

    call_back = promised()
    audit.record(sessions.COLLEAGUE_JOINED, patient_id=cast.maria().pk, subject=f"session:{SESSION}")
    call_back.refresh_from_db()
    assert call_back.state == "dropped"
    assert call_backs.untold(SESSION) is None


def test_it_is_told_once():
    call_back = promised()
    call_backs.note_told(call_back.pk)
    call_backs.note_told(call_back.pk)
    assert len(trail.events(call_backs.TOLD)) == 1
    assert call_backs.untold(SESSION) is None


def test_it_is_promised_and_settled_from_the_escalations_page_and_seen_on_queue_and_board():
    escalation = raised()
    osei = cast.signed_in(cast.dr_osei())
    page = f"/escalations/{escalation.pk}/"
    osei.post(f"{page}call-back/", {"minutes": "30"})
    call_back = CallBack.objects.get()
    for address in (page, "/queue/", "/follow-ups/"):
        shown = osei.get(address).content.decode()
        assert timezone.localtime(call_back.due_at).strftime("%H:%M") in shown, address
    assert "Abena Osei calls Maria at" in osei.get(page).content.decode()
    osei.post(f"{page}call-backs/{call_back.pk}/settle/", {"answered": "yes"})
    call_back.refresh_from_db()
    assert (call_back.state, call_back.settled_by) == ("done", cast.dr_osei())


def test_a_form_without_a_time_promises_nothing_and_says_so():
    escalation = raised()
    answer = cast.signed_in(cast.dr_osei()).post(f"/escalations/{escalation.pk}/call-back/", {}, follow=True)
    assert "choose a time" in answer.content.decode()
    assert not CallBack.objects.exists()


@pytest.mark.parametrize(
    ("severity", "now", "due"),
    [
        (Severity.EMERGENCY, at(23, 2), at(23, 20)),
        (Severity.URGENT, at(23, 31), at(0, 20, day=3)),
        (Severity.QUESTION, at(10, 0), at(14, 0)),
        (Severity.QUESTION, at(18, 30), at(8, 0, day=3)),
    ],
)
def test_only_a_question_waits_for_the_morning(severity, now, due):
    assert call_back_times.proposed(severity, now, BERLIN) == due


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (at(15, 10), "3:10 PM today"),
        (at(9, 0, day=3), "9 AM tomorrow"),
        (at(12, 0, day=5), "12 PM on Friday"),
        (at(0, 5, day=3), "12:05 AM tomorrow"),
    ],
)
def test_a_time_is_said_by_the_patients_clock(due, said):
    assert call_back_times.spoken(due.astimezone(datetime.UTC), at(14, 0), BERLIN) == said


def test_another_time_is_chosen_by_the_clinics_clock():
    escalation, later = raised(), timezone.localtime(timezone.now() + 20 * HOUR).replace(second=0, microsecond=0)
    told = {"minutes": "later", "due_at": later.strftime("%Y-%m-%dT%H:%M")}
    cast.signed_in(cast.dr_osei()).post(f"/escalations/{escalation.pk}/call-back/", told)
    assert CallBack.objects.get().due_at == later


def test_a_broken_promise_says_in_the_queue_what_it_is():
    call_back = promised()
    call_backs.miss_due(call_back.due_at + HOUR)
    page = cast.signed_in(cast.dr_osei()).get("/queue/").content.decode()
    assert "Was promised a call, and nobody called" in page

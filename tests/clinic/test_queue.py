"""The queue and one escalation, as pages: order, who sees what, acting, and what is written down."""

import datetime
import uuid

import pytest
from django.utils import timezone

from clinic import escalations, live_calls, plans, queue, rules, times
from clinic.discharge_plan import DischargePlan, RedFlag, Severity
from clinic.models import Escalation
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
SESSION = uuid.UUID("5f0f3a9e-6f0f-4c43-9a52-0c9d1d9f4a11")


def escalation(*, severity: Severity = Severity.URGENT, turn: int = 1, minutes: int = 0, **facts) -> Escalation:
    facts = {"patient_id": cast.maria().pk, "rule": "plan.not_expected", "quote": f"words {turn}", **facts}
    raised = escalations.escalate(session_id=SESSION, turn=turn, severity=severity, **facts)
    raised.raised_at = timezone.now() - datetime.timedelta(minutes=minutes)
    raised.save(update_fields=["raised_at"])
    return raised


def osei():
    return cast.signed_in(cast.dr_osei())


def test_most_severe_first_then_what_nobody_has_then_the_oldest():
    question = escalation(severity=Severity.QUESTION, turn=1, minutes=90)
    newer = escalation(turn=2, minutes=5)
    older = escalation(turn=3, minutes=50)
    owned = escalations.acknowledge(escalation(turn=4, minutes=70), cast.nurse_lind())
    emergency = escalation(severity=Severity.EMERGENCY, turn=5)
    shown = [row.id for row in osei().get("/queue/").context["rows"]]
    assert shown == [str(one.pk) for one in (emergency, older, newer, owned, question)]


def test_a_row_says_who_day_after_what_and_in_their_own_words():
    escalation(quote="my calf is hot", minutes=4)
    page = osei().get("/queue/").content.decode()
    for words in (
        "Maria Lindqvist",
        "day 3 after right hip replacement",
        "“my calf is hot”",
        "4 min ago",
        "Nobody has",
    ):
        assert words in page
    assert trail.only(escalations.LISTED).detail["count"] == 1


def test_a_patients_words_cannot_become_markup():
    escalation(quote="<script>alert(1)</script>")
    assert "<script>alert" not in osei().get("/queue/").content.decode()
    assert "<script>alert" not in str(osei().get("/queue/rows/").json())


def test_an_empty_queue_says_so_and_resolved_ones_are_gone():
    done = escalation()
    escalations.resolve(done, cast.dr_osei(), outcome="advised", note="")
    response = osei().get("/queue/")
    assert response.context["rows"] == []
    assert "Nothing is waiting" in response.content.decode()


@pytest.mark.parametrize("who", [cast.stranger, cast.officer, cast.admin, None])
def test_nobody_else_sees_marias_escalation(client, who):
    raised = escalation(quote="very private")
    browser = cast.signed_in(who()) if who else client
    for path in ("/queue/", "/queue/rows/", f"/escalations/{raised.pk}/"):
        assert b"very private" not in browser.get(path, follow=True).content


def test_a_stranger_is_refused_by_name():
    raised = escalation()
    browser = cast.signed_in(cast.stranger())
    assert browser.get(f"/escalations/{raised.pk}/").status_code == 403
    assert browser.post(f"/escalations/{raised.pk}/acknowledge/").status_code == 403
    refusals = trail.events(escalations.REFUSED)
    assert {event.patient_id for event in refusals} == {cast.maria().pk}
    raised.refresh_from_db()
    assert raised.state == "raised"


def test_the_page_shows_the_words_the_rule_and_the_plan_beside_it():
    plan = DischargePlan(red_flags=(RedFlag("fever above 38.5 °C", "Call the ward"),))
    plans.approve(plans.propose(cast.maria().pk, plan), cast.admin())
    raised = escalation(quote="I feel hot", rule="emergency.high_fever", plan_excerpt="38.5", position_ms=61_500)
    page = osei().get(f"/escalations/{raised.pk}/").content.decode()
    for words in ("I feel hot", "Emergency words: high fever", "fever above 38.5 °C", "1:01"):
        assert words in page
    assert trail.only(escalations.READ).patient_id == cast.maria().pk


def test_acknowledge_begin_and_resolve_from_the_page():
    raised = escalation()
    browser = osei()
    browser.post(f"/escalations/{raised.pk}/acknowledge/")
    browser.post(f"/escalations/{raised.pk}/start/")
    browser.post(f"/escalations/{raised.pk}/resolve/", {"outcome": "called_back", "note": "All well."})
    raised.refresh_from_db()
    assert (raised.state, raised.outcome, raised.note) == ("resolved", "called_back", "All well.")
    page = browser.get(f"/escalations/{raised.pk}/").content.decode()
    assert "Called back" in page and "Resolved by Abena Osei" in page


def test_resolving_without_an_outcome_is_explained():
    raised = escalation()
    page = osei().post(f"/escalations/{raised.pk}/resolve/", {"note": "?"}).content.decode()
    assert "This field is required" in page
    raised.refresh_from_db()
    assert raised.state == "raised"


def test_two_who_resolve_at_once_are_both_answered():
    raised = escalation()
    for _ in range(2):
        response = osei().post(f"/escalations/{raised.pk}/resolve/", {"outcome": "advised", "note": ""}, follow=True)
    assert "Their outcome stands" in response.content.decode()


def test_acknowledging_from_the_queue_answers_with_who_has_it():
    raised = escalation()
    answer = osei().post(f"/escalations/{raised.pk}/acknowledge/", headers={"accept": "application/json"}).json()
    assert answer == {"state": "acknowledged", "by": "Abena Osei"}


def test_a_running_call_shows_in_the_row_once_it_is_known(monkeypatch):
    raised = escalation()
    monkeypatch.setattr(live_calls, "_look_up", lambda ids: set(ids))
    before = queue.waiting()[raised.pk].version
    escalations.touch_session(raised.session_id)
    assert queue.waiting()[raised.pk].version > before


def test_what_a_page_lacks_is_what_differs():
    maria, tomas, elsa = (cast.maria().pk, cast.another_patient().pk, SESSION)
    assert queue.newer({maria: 2, tomas: 1}, {maria: 1, elsa: 4}) == ({maria, tomas}, {elsa})
    assert queue.newer({}, {}) == (set(), set())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("plan.not_expected", "A symptom that the plan does not expect"),
        ("emergency.chest_pain", "Emergency words: chest pain"),
        ("something_else", "something_else"),
    ],
)
def test_rules_read_as_words(rule, words):
    assert rules.in_words(rule) == words


def test_a_row_says_when_it_becomes_an_incident_and_what_it_can_be_filtered_by():
    raised = escalation()
    page = osei().get("/queue/").content.decode()
    due = raised.paging_since + datetime.timedelta(minutes=60)
    assert f"Incident at {times.clock(due, timezone.now())}" in page
    assert 'data-team="Orthopaedics"' in page
    assert 'name="team"' not in page  # one team needs no filter
    cast.dr_osei().care_teams.add(cast.cardiology())
    assert osei().get("/queue/").content.decode().count('name="team"') == 2

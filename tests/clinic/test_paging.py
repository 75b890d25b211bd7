"""Paging goes on, and gets wider, until a named person has it; and its messages say nothing of the patient."""

import datetime
from email.message import Message

import pytest
from django.core import mail
from django.utils import timezone

from clinic import duties, escalations, notices, oncall, paging
from clinic.discharge_plan import Severity
from clinic.ladder import Whom
from clinic.models import Escalation, OutboxEntry, PageAttempt, User
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
SEVERE = Severity.URGENT


def raise_one(severity: Severity = SEVERE, turn: int = 1) -> Escalation:
    return escalations.escalate(
        patient_id=cast.maria().pk,
        session_id=None,
        turn=turn,
        rule="plan.not_expected",
        severity=severity,
        quote="my calf is hot and swollen",
        plan_excerpt="Call the ward about swelling",
    )


def later(escalation: Escalation, minutes: float) -> datetime.datetime:
    return escalation.raised_at + datetime.timedelta(minutes=minutes)


def pages_at(escalation: Escalation, minutes: float) -> set[str]:
    """Who gets a message when the relay looks at this minute."""
    before = set(PageAttempt.objects.values_list("pk", flat=True))
    now = later(escalation, minutes)
    paging.climb_due(now)
    paging.send_due(now)
    return {attempt.user.username for attempt in PageAttempt.objects.exclude(pk__in=before)}


def on_call(user: User, tier: int = 1) -> None:
    now = timezone.now()
    oncall.plan(cast.orthopaedics(), tier, user, now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=9))


def a_team() -> None:
    """Dr Osei first, Karin Lind second, a third colleague, the stranger of another team, the admin."""
    on_call(cast.dr_osei(), 1)
    on_call(cast.nurse_lind(), 2)
    third = User.objects.create(username="third", role="clinician", email="third@clinic.example")
    third.care_teams.add(cast.orthopaedics())
    cast.stranger(), cast.admin()


def test_the_circle_widens_until_somebody_has_it():
    a_team()
    raised = raise_one()
    assert pages_at(raised, 0) == {"osei"}
    assert pages_at(raised, 1) == set()
    assert pages_at(raised, 2) == {"osei"}
    assert pages_at(raised, 5) == {"osei", "lind"}
    assert pages_at(raised, 15) == {"osei", "lind", "third"}
    assert pages_at(raised, 60) == {"osei", "lind", "third", "admin"}
    assert pages_at(raised, 75) == {"osei", "lind", "third", "admin"}
    escalations.acknowledge(raised, cast.nurse_lind())
    assert pages_at(raised, 200) == set()


def test_open_pages_hurry_for_what_was_raised_and_not_for_paged_once(django_capture_on_commit_callbacks):
    a_team()
    with django_capture_on_commit_callbacks() as hinted:
        raised = raise_one()
    assert len(hinted) == 1
    with django_capture_on_commit_callbacks() as hinted:
        assert pages_at(raised, 0)
    assert not hinted


def test_a_relay_that_was_dead_pages_once_and_widely():
    a_team()
    assert pages_at(raise_one(), 20) == {"osei", "lind", "third"}
    assert len(trail.events(paging.PAGED)) == 1


def test_looking_twice_pages_once():
    a_team()
    raised = raise_one()
    assert pages_at(raised, 0) == {"osei"}
    assert pages_at(raised, 0) == set()


def test_an_incident_is_said_once_and_goes_to_the_outbox():
    raised = raise_one()
    for minutes in (60, 75, 90):
        pages_at(raised, minutes)
    assert OutboxEntry.objects.filter(topic="escalation.overdue").count() == 1
    trail.only(paging.OVERDUE)


def test_one_that_somebody_has_but_does_not_close_becomes_an_incident_too():
    raised = raise_one()
    pages_at(raised, 0)
    escalations.acknowledge(raised, cast.dr_osei())
    assert pages_at(raised, 30) == set()
    cast.admin()
    assert pages_at(raised, 60) == {"osei", "admin"}
    assert pages_at(raised, 600) == set()


def test_a_resolved_one_is_never_paged_again():
    raised = raise_one()
    escalations.resolve(raised, cast.dr_osei(), outcome="advised", note="")
    assert pages_at(raised, 600) == set()


def test_a_question_wakes_nobody_twice_in_the_night():
    a_team()
    raised = raise_one(Severity.QUESTION)
    assert pages_at(raised, 0) == {"osei"}
    assert pages_at(raised, 200) == set()
    assert pages_at(raised, 240) == {"osei"}


def test_one_that_proves_graver_starts_the_ladder_again():
    a_team()
    raised = raise_one(Severity.QUESTION)
    pages_at(raised, 0)
    again = raise_one(Severity.EMERGENCY)
    again.refresh_from_db()
    assert (again.rung, again.page_at) == (0, again.paging_since)


def test_without_a_rota_the_whole_team_is_paged():
    cast.dr_osei(), cast.nurse_lind()
    assert pages_at(raise_one(), 0) == {"osei", "lind"}


def test_without_a_team_the_administrators_are_paged():
    cast.admin()
    assert pages_at(raise_one(), 0) == {"admin"}


def test_with_nobody_at_all_that_is_visible():
    raised = raise_one()
    assert pages_at(raised, 0) == set()
    assert raised.events.last().detail == "nobody"
    assert trail.only(paging.PAGED).outcome == "failed"


def test_whoever_is_away_is_not_paged():
    a_team()
    now = timezone.now()
    oncall.note_absence(cast.dr_osei(), now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1))
    assert pages_at(raise_one(), 0) == {"lind"}


def test_a_swap_pages_the_one_who_took_it():
    on_call(cast.dr_osei())
    oncall.swap(cast.orthopaedics().shifts.get(), cast.nurse_lind())
    assert pages_at(raise_one(), 0) == {"lind"}
    trail.only(oncall.SWAPPED)


def test_a_weekly_shift_keeps_its_clock_time_over_the_change_of_the_clocks(settings):
    settings.TIME_ZONE = "Europe/Stockholm"
    with timezone.override("Europe/Stockholm"):
        begins = timezone.make_aware(datetime.datetime(2026, 10, 20, 8, 0))
        oncall.plan(cast.orthopaedics(), 1, cast.dr_osei(), begins, begins + datetime.timedelta(hours=8), weeks=2)
        hours = [timezone.localtime(shift.starts_at).hour for shift in cast.orthopaedics().shifts.all()]
    assert hours == [8, 8]


def test_what_was_acknowledged_before_it_was_sent_is_not_sent():
    a_team()
    raised = raise_one()
    paging.climb_due(later(raised, 0))
    escalations.acknowledge(raised, cast.dr_osei())
    paging.send_due(later(raised, 0))
    assert {attempt.state for attempt in PageAttempt.objects.all()} == {"not_needed"}
    assert mail.outbox == []


def test_a_message_says_that_something_waits_and_nothing_of_the_patient():
    a_team()
    raised = raise_one()
    pages_at(raised, 0)
    sent: Message = mail.outbox[0].message()
    text = sent.as_string()
    number = Escalation.objects.get(pk=raised.pk).number
    assert f"escalation {number}" in text and f"/escalations/{raised.pk}/" in text
    for private in ("Maria", "Lindqvist", "calf", "swelling", "hip"):
        assert private not in text


def test_a_page_that_cannot_be_sent_is_tried_three_times_and_then_shown(monkeypatch):
    def broken(_self: object, _address: str, _notice: notices.Notice) -> None:
        raise notices.NotSent("ConnectionRefusedError")

    a_team()
    monkeypatch.setattr(notices.Email, "send", broken)
    raised = raise_one()
    paging.climb_due(later(raised, 0))
    for minutes in (0, 0.6, 1.2, 1.8):
        paging.send_due(later(raised, minutes))
    attempt = PageAttempt.objects.get()
    assert (attempt.state, attempt.tries, attempt.problem) == ("failed", 3, "ConnectionRefusedError")
    assert raised.events.last().kind == "page_failed"


def test_sms_goes_to_those_with_a_phone(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.filter(pk=cast.dr_osei().pk).update(phone="+46 70 111 11 11")
    pages_at(raise_one(), 0)
    sent = [path.read_text() for path in (tmp_path / "outbox" / "sms").iterdir()]
    assert len(sent) == 1 and "+46 70 111 11 11" in sent[0] and "Maria" not in sent[0]


def test_a_promise_nobody_keeps_is_found():
    raised = raise_one()
    Escalation.objects.filter(pk=raised.pk).update(page_at=None)
    assert duties.reconcile() == 1
    assert duties.reconcile() == 0


def test_what_comes_meanwhile_is_done_together_and_webhooks_wait_for_nothing():
    for duty in ("climbing", "paging", "outbox"):
        rest_s = duties.DUTIES[duty].rest_after(3)
        assert 0 < rest_s < duties.DUTIES[duty].rest_after(0)
    assert duties.DUTIES["webhooks 1"].rest_after(1) == 0


def test_climbing_together_asks_for_each_little_more_than_its_own_step(django_assert_max_num_queries):
    a_team()
    raised = [raise_one(turn=turn) for turn in range(8)]
    with django_assert_max_num_queries(8 + 3 * len(raised)):
        paging.climb_due(raised[-1].raised_at)
    assert PageAttempt.objects.count() >= len(raised)


@pytest.mark.parametrize("whom", list(Whom))
def test_a_closed_account_is_never_paged(whom):
    cast.admin()
    osei = cast.dr_osei()
    on_call(osei)
    User.objects.filter(pk=osei.pk).update(is_active=False)
    assert osei not in oncall.recipients(whom, cast.orthopaedics(), timezone.now())


# -- the pages ------------------------------------------------------------------


def test_the_rota_says_who_is_on_and_where_it_has_gaps():
    on_call(cast.dr_osei())
    page = cast.signed_in(cast.nurse_lind()).get("/on-call/").content.decode()
    assert "Abena Osei" in page and "Nobody is on the first tier" in page


def test_the_admin_plans_and_removes_and_a_colleague_takes_over():
    osei, lind, team = cast.dr_osei(), cast.nurse_lind(), cast.orthopaedics()
    posted = {"user": osei.pk, "tier": 1, "starts_at": "2030-01-01T08:00", "ends_at": "2030-01-01T16:00", "weeks": 2}
    admin = cast.signed_in(cast.admin())
    admin.post(f"/on-call/teams/{team.pk}/plan/", posted)
    first, second = team.shifts.order_by("starts_at")
    cast.signed_in(lind).post(f"/on-call/shifts/{first.pk}/take/")
    first.refresh_from_db()
    assert first.user == lind
    admin.post(f"/on-call/shifts/{second.pk}/remove/")
    assert team.shifts.count() == 1


def test_a_stranger_cannot_take_a_shift_of_another_team():
    on_call(cast.dr_osei())
    shift = cast.orthopaedics().shifts.get()
    assert cast.signed_in(cast.stranger()).post(f"/on-call/shifts/{shift.pk}/take/").status_code == 403


def test_a_shift_that_ends_before_it_begins_is_explained():
    team, osei = cast.orthopaedics(), cast.dr_osei()
    posted = {"user": osei.pk, "tier": 1, "starts_at": "2030-01-01T16:00", "ends_at": "2030-01-01T08:00", "weeks": 1}
    page = cast.signed_in(cast.admin()).post(f"/on-call/teams/{team.pk}/plan/", posted).content.decode()
    assert "The end has to come after the beginning" in page

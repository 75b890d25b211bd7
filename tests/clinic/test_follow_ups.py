"""Follow-up calls: planned, reminded of, moved, done, or missed and passed on."""

import datetime
from email.message import Message
from uuid import uuid4

import icalendar
import pytest
from django.core import mail
from django.utils import timezone

from clinic import follow_ups, invitations, notices
from clinic.models import Escalation, FollowUp, Invitation, Patient
from compliance import audit
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def maria(*, email: str = "maria@post.example", phone: str = "") -> Patient:
    patient = cast.maria()
    patient.email, patient.phone, patient.discharged_on = email, phone, timezone.localdate()
    patient.save()
    return patient


def first_call(patient: Patient) -> FollowUp:
    follow_ups.plan_for(patient)
    return FollowUp.objects.filter(patient=patient).order_by("opens_at")[0]


def at_noon(follow_up: FollowUp, days: int = 0) -> datetime.datetime:
    return follow_up.closes_at - datetime.timedelta(days=2 - days, hours=8)


def contact(now: datetime.datetime) -> None:
    while follow_ups.contact_due(now):
        pass


def test_enrolment_plans_the_calls_that_are_not_over():
    patient = maria()
    follow_ups.plan_for(patient)
    follow_ups.plan_for(patient)
    assert [call.visit for call in patient.follow_ups.order_by("opens_at")] == ["day_2", "day_7", "day_14", "day_30"]
    late = cast.another_patient()
    follow_ups.plan_for(late, now=timezone.now() + datetime.timedelta(days=20))
    assert [call.visit for call in late.follow_ups.all()] == ["day_30"]


def test_a_reminder_holds_a_link_that_opens_and_nothing_of_the_patient():
    call = first_call(maria())
    contact(at_noon(call))
    sent: Message = mail.outbox[0].message()
    text = str(sent.get_payload(decode=True))
    for private in ("Maria", "Lindqvist", "hip", "replacement"):
        assert private not in text and private not in str(sent["Subject"])
    token = text.split("/i/")[1].split("/")[0]
    born = datetime.date.fromisoformat(cast.BORN)
    assert invitations.open_link(token, born, address="192.0.2.1").patient == call.patient
    trail.only(follow_ups.REMINDED)


def test_three_reminders_and_then_the_care_team_is_told():
    call = first_call(maria())
    for day in range(3):
        contact(at_noon(call, day))
    assert len(mail.outbox) == 3
    contact(call.closes_at)
    call.refresh_from_db()
    assert call.state == "missed"
    escalation = Escalation.objects.get()
    assert (escalation.patient, escalation.severity) == (call.patient, "question")
    trail.only(follow_ups.MISSED)
    contact(call.closes_at + HOUR)
    assert Escalation.objects.count() == 1


def test_the_link_before_no_longer_opens_once_there_is_a_new_one():
    call = first_call(maria())
    contact(at_noon(call, 0))
    contact(at_noon(call, 1))
    first, second = Invitation.objects.order_by("made_at")
    assert first.revoked_at and not second.revoked_at


def test_a_patient_without_address_is_visible_and_not_forgotten():
    call = first_call(maria(email=""))
    contact(at_noon(call))
    assert call.reminder_set.get().state == "no_address"
    contact(call.closes_at)
    assert Escalation.objects.count() == 1


def test_a_message_that_fails_is_shown_and_tried_again_the_next_day(monkeypatch):
    def broken(_self: object, _address: str, _notice: notices.Notice) -> None:
        raise notices.NotSent("ConnectionRefusedError")

    call = first_call(maria())
    monkeypatch.setattr(notices.Email, "send", broken)
    contact(at_noon(call))
    reminder = call.reminder_set.get()
    assert (reminder.state, reminder.problem) == ("failed", "ConnectionRefusedError")
    call.refresh_from_db()
    assert call.contact_at == at_noon(call, 1)


def test_a_call_that_comes_to_its_end_is_the_follow_up():
    patient = maria()
    call = first_call(patient)
    FollowUp.objects.filter(pk=call.pk).update(opens_at=timezone.now() - HOUR)
    session = uuid4()
    audit_ended(patient, session, "patient_left")
    call.refresh_from_db()
    assert call.state == "planned"
    audit_ended(patient, session, "completed")
    call.refresh_from_db()
    assert (call.state, call.session_id) == ("done", session)


def audit_ended(patient: Patient, session: object, reason: str) -> None:
    ended = audit.declared()["session.ended"]
    audit.record(ended, patient_id=patient.pk, subject=f"session:{session}", detail={"reason": reason})


def test_a_done_call_is_not_reminded_of():
    call = first_call(maria())
    FollowUp.objects.filter(pk=call.pk).update(state=FollowUp.State.DONE)
    contact(at_noon(call))
    assert mail.outbox == []


# -- pages ---------------------------------------------------------------------


def test_maria_chooses_another_time_and_is_reminded_then():
    patient = maria()
    call = first_call(patient)
    browser = cast.as_patient(patient)
    page = browser.get("/another-time/").content.decode()
    chosen = page.split('name="time" value="')[1].split('"')[0]
    assert "That is noted" in browser.post("/another-time/", {"time": chosen}, follow=True).content.decode()
    call.refresh_from_db()
    assert call.contact_at == call.chosen_at == datetime.datetime.fromisoformat(chosen)
    trail.only(follow_ups.MOVED)


@pytest.mark.parametrize("time", ["2020-01-01T10:00:00+00:00", "soon", ""])
def test_a_time_that_cannot_be_chosen_is_refused_kindly(time):
    patient = maria()
    first_call(patient)
    page = cast.as_patient(patient).post("/another-time/", {"time": time}, follow=True).content.decode()
    assert "choose another one" in page


def test_the_calendar_file_says_when_and_not_why():
    patient = maria()
    call = first_call(patient)
    response = cast.as_patient(patient).get("/another-time/call.ics")
    event = next(iter(icalendar.Calendar.from_ical(response.content).walk("VEVENT")))
    assert event["uid"] == f"{call.pk}@aftercare"
    assert "hip" not in response.content.decode().lower() and "Maria" not in response.content.decode()


def test_a_patient_without_a_call_is_told_so():
    page = cast.as_patient(maria()).get("/another-time/").content.decode()
    assert "No call is planned" in page


def test_the_board_shows_each_team_its_own():
    follow_ups.plan_for(cast.maria())
    follow_ups.plan_for(cast.another_patient())
    page = cast.signed_in(cast.dr_osei()).get("/follow-ups/").content.decode()
    assert "Maria Lindqvist" in page and "Tomas Berg" not in page


def test_a_follow_up_is_cancelled_from_the_patients_page():
    call = first_call(maria())
    cast.signed_in(cast.dr_osei()).post(f"/patients/{call.patient_id}/follow-ups/{call.pk}/cancel/")
    call.refresh_from_db()
    assert call.state == "cancelled"
    trail.only(follow_ups.CANCELLED)


def test_nobody_is_promised_a_message_that_cannot_be_sent():
    patient = maria(email="")
    first_call(patient)
    page = cast.as_patient(patient).get("/another-time/").content.decode()
    assert "We will send you" not in page and "come back by yourself" in page
    assert "no phone or e-mail" in cast.signed_in(cast.dr_osei()).get("/follow-ups/").content.decode().lower()

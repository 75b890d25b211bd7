"""Breaking the glass: a reason, an hour, somebody told, somebody reviewing."""

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic import care, duties, glass_notices, notices, oncall
from clinic.models import GlassNotice, User
from compliance import break_glass
from compliance.errors import NeedsAnother, NoReason
from compliance.models import AuditEvent, BrokenGlass
from tests import cast

pytestmark = pytest.mark.django_db

REASON = "She collapsed in our waiting room and cannot speak."
EMERGENCY = "/compliance/emergency/"


def told(**changes):
    return {"name": "Maria Lindqvist", "born": cast.BORN, "reason": REASON, **changes}


def test_a_care_team_sees_its_own_patients_and_nobody_elses():
    maria = cast.maria()
    assert care.may_see(cast.dr_osei(), maria.pk)
    assert not care.may_see(cast.stranger(), maria.pk)
    assert not care.may_see(cast.officer(), maria.pk)
    assert care.may_see(cast.admin(), maria.pk)


def test_behind_broken_glass_a_stranger_sees_one_patient_for_an_hour():
    maria, stranger = cast.maria(), cast.stranger()
    glass = break_glass.break_glass(stranger, maria.pk, REASON)
    assert care.may_see(stranger, maria.pk)
    assert care.patients_of(stranger).filter(pk=maria.pk).exists()
    assert not care.may_see(cast.nurse_lind(), cast.another_patient().pk)
    later = timezone.now() + datetime.timedelta(minutes=60)
    assert break_glass.broken_by(stranger.pk, later) == frozenset()
    assert glass.ends_at - glass.broken_at == datetime.timedelta(minutes=60)
    event = AuditEvent.objects.get(action="break_glass.broken")
    assert event.patient_id == maria.pk
    assert REASON not in str(event.__dict__)


def test_it_takes_a_reason():
    with pytest.raises(NoReason):
        break_glass.break_glass(cast.stranger(), cast.maria().pk, "urgent        ")


def test_the_officer_and_the_patients_team_are_told_and_hear_nothing_of_the_patient():
    officer, osei, stranger = cast.officer(), cast.dr_osei(), cast.stranger()
    glass = break_glass.break_glass(stranger, cast.maria().pk, REASON)
    duties.do_all()
    assert {message.to[0] for message in mail.outbox} == {officer.email, osei.email}
    for message in mail.outbox:
        told = f"{message.subject} {message.body}"
        for secret in ("Maria", "Lindqvist", "collapsed", "Hale", "hip", str(glass.patient_id), "Orthopaedics"):
            assert secret not in told
    page = cast.signed_in(officer).get(reverse("compliance:break_glass")).content.decode()
    assert "Ines Duarte was told by email" in page
    assert "Abena Osei was told by email" in page
    duties.do_all()
    assert len(mail.outbox) == 2


def test_what_cannot_be_sent_is_tried_again_and_then_said(monkeypatch):
    officer = cast.officer()
    break_glass.break_glass(cast.stranger(), cast.maria().pk, REASON)

    def away(*_anything):
        raise notices.NotSent("ConnectionRefusedError")

    with monkeypatch.context() as broken:
        broken.setattr(notices.Email, "send", away)
        glass_notices.send_due()
        assert not AuditEvent.objects.filter(action="break_glass.told").exists()
        for minutes in range(1, 5):
            glass_notices.send_due(timezone.now() + datetime.timedelta(minutes=minutes))
    page = cast.signed_in(officer).get(reverse("compliance:break_glass")).content.decode()
    assert "Ines Duarte could not be told by email" in page
    assert mail.outbox == []


def test_if_no_message_reaches_anybody_the_page_says_so():
    officer = cast.officer()
    User.objects.update(email="")
    stranger = cast.stranger()
    break_glass.break_glass(stranger, cast.maria().pk, REASON)
    page = cast.signed_in(officer).get(reverse("compliance:break_glass")).content.decode()
    assert "Nobody could be told" in page


def test_nobody_is_told_of_their_own_emergency_alone():
    """Whoever is on call for the patient's team, and broke the glass meanwhile taken off it, is no witness."""
    stranger = cast.stranger()
    now = timezone.now()
    oncall.plan(cast.orthopaedics(), 1, stranger, now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1))
    cast.officer()
    break_glass.break_glass(stranger, cast.maria().pk, REASON)
    assert set(GlassNotice.objects.values_list("user__username", flat=True)) == {"officer"}


def test_without_the_promise_to_tell_there_is_no_access(monkeypatch):
    def broken(*_anything):
        raise RuntimeError

    monkeypatch.setattr(GlassNotice.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        break_glass.break_glass(cast.stranger(), cast.maria().pk, REASON)
    assert not BrokenGlass.objects.exists()


def test_what_was_not_justified_ends_at_once():
    maria, stranger = cast.maria(), cast.stranger()
    glass = break_glass.break_glass(stranger, maria.pk, REASON)
    break_glass.review(glass, cast.officer(), BrokenGlass.Verdict.NOT_JUSTIFIED)
    assert not care.may_see(stranger, maria.pk)
    assert AuditEvent.objects.get(action="break_glass.reviewed").detail == {"verdict": "not_justified"}


def test_nobody_reviews_themselves():
    glass = break_glass.break_glass(cast.stranger(), cast.maria().pk, REASON)
    with pytest.raises(NeedsAnother):
        break_glass.review(glass, cast.stranger(), BrokenGlass.Verdict.JUSTIFIED)


def test_on_the_page_a_stranger_reaches_the_record_and_the_officer_hears_of_it():
    maria, stranger = cast.maria(), cast.signed_in(cast.stranger())
    record = reverse("clinic:patient", args=[maria.pk])
    assert stranger.get(record).status_code in (403, 404)
    assert stranger.get(EMERGENCY).status_code == 200
    assert stranger.post(EMERGENCY, told()).url == record
    assert stranger.get(record).status_code == 200
    officer = cast.signed_in(cast.officer())
    page = officer.get(reverse("compliance:break_glass")).content.decode()
    assert "Viktor Hale saw Maria L." in page
    assert "She collapsed in our waiting room" in page
    glass = BrokenGlass.objects.get()
    officer.post(reverse("compliance:review_glass", args=[glass.pk]), {"verdict": "not_justified"})
    assert stranger.get(record).status_code in (403, 404)


@pytest.mark.parametrize(
    "wrong", [{"name": "Maria"}, {"born": "1958-03-03"}, {"name": ""}, {"reason": "short"}, {"name": "Nobody"}]
)
def test_it_is_no_way_to_browse(wrong):
    cast.maria()
    page = cast.signed_in(cast.stranger()).post(EMERGENCY, told(**wrong)).content.decode()
    assert 'role="alert"' in page
    assert not BrokenGlass.objects.exists()

"""Breaking the glass: a reason, an hour, somebody told, somebody reviewing."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic import care
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


def test_whoever_reviews_is_told_after_the_commit(django_capture_on_commit_callbacks, monkeypatch):
    heard = []
    monkeypatch.setattr(break_glass, "_listeners", [heard.append])
    with django_capture_on_commit_callbacks(execute=True):
        glass = break_glass.break_glass(cast.stranger(), cast.maria().pk, REASON)
        assert heard == []
    assert heard == [glass.pk]


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

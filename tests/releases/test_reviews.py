"""Calls are looked at again: drawn by chance, found wanting in plain words, and counted for their release."""

import datetime
from importlib import import_module
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from clinic.models import Escalation
from compliance import encryption, keyring
from compliance.errors import SealBroken
from compliance.fields import Sealed
from compliance.models import AuditEvent
from conversations.models import CallMeasure, CallReview, Session
from conversations.releases import measured
from conversations.reviews import book, sampling
from conversations.reviews.agreement import in_words, kappa
from conversations.reviews.book import Findings
from conversations.reviews.sampling import reviewers_wanted
from tests import cast

pytestmark = pytest.mark.django_db
notes_in_their_place = import_module("conversations.migrations.0008_notes_in_their_place")
FINE = Findings(missed=False, untrue=False, manner=4)
FORM = {"missed": "yes", "untrue": "no", "manner": "3", "note": "She said canary twice."}


def test_a_tenth_of_calls_is_drawn_and_a_third_of_those_twice():
    wanted = [reviewers_wanted(UUID(int=number)) for number in range(6000)]
    assert sum(each > 0 for each in wanted) == pytest.approx(600, rel=0.15)
    assert sum(each == 2 for each in wanted) == pytest.approx(200, rel=0.25)
    assert all(reviewers_wanted(UUID(int=number), rating=1) for number in range(100))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([(False, False)] * 9, None),
        ([(True, True)] * 5 + [(False, False)] * 5, 1.0),
        ([(True, False)] * 5 + [(False, True)] * 5, -1.0),
        # Cohen's own kind of table: 20 both yes, 15 both no, 5 and 10 apart
        ([(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15, 0.4),
    ],
)
def test_agreement_is_cohens(pairs, expected):
    assert kappa(pairs) == (None if expected is None else pytest.approx(expected))


def test_agreement_in_words():
    assert [in_words(value) for value in (0.9, 0.5, -0.2)] == ["almost_perfect", "moderate", "slight"]


@pytest.fixture
def marias_call(monkeypatch) -> Session:
    monkeypatch.setattr(sampling, "EVERY", 1)
    now = timezone.now()
    session = Session.objects.create(patient=cast.maria(), state="ended", joined_at=now, ended_at=now, epoch=1)
    CallMeasure.objects.create(session=session)
    return session


def test_a_drawn_call_waits_for_its_team_and_for_nobody_else(marias_call):
    assert book.waiting_for(cast.dr_osei()) == [marias_call]
    assert book.waiting_for(cast.stranger()) == []
    Session.objects.update(ended_at=timezone.now() - book.RECENT - datetime.timedelta(days=1))
    assert book.waiting_for(cast.dr_osei()) == []


def test_one_reviewer_is_enough_or_two_where_agreement_is_tried(marias_call, monkeypatch):
    for twice, left in ((1, [marias_call]), (10**30, [])):
        monkeypatch.setattr(sampling, "TWICE_EVERY", twice)
        book.review(marias_call, cast.dr_osei(), FINE)
        assert book.waiting_for(cast.nurse_lind()) == left
        assert book.waiting_for(cast.dr_osei()) == []


def test_what_was_missed_is_passed_on_counted_and_audited_once(marias_call):
    page = f"/reviews/{marias_call.pk}/"
    osei = cast.signed_in(cast.dr_osei())
    assert cast.maria().name in osei.get("/reviews/").content.decode()
    assert osei.post(page, FORM).status_code == 302
    osei.post(page, FORM)
    raised = Escalation.objects.get(session_id=marias_call.pk)
    assert (raised.rule, raised.severity, raised.quote) == ("review.missed", "urgent", FORM["note"])
    assert AuditEvent.objects.filter(action="call.reviewed").count() == 1
    assert "canary" not in str(AuditEvent.objects.get(action="call.reviewed").detail)
    [call] = measured.before(None, timezone.now() + datetime.timedelta(minutes=1))
    assert (call.missed, call.escalated) == (True, False)  # the call itself passed nothing on


def test_the_note_of_a_review_can_be_read_again(marias_call):
    book.review(marias_call, cast.dr_osei(), Findings(missed=False, untrue=True, manner=2, note="canary"))
    assert CallReview.objects.get().note == "canary"


def test_notes_that_were_sealed_before_their_row_had_a_number_are_put_right(marias_call):
    made = book.review(marias_call, cast.dr_osei(), Findings(missed=False, untrue=True, manner=2, note="canary"))
    nowhere = encryption.Place("conversations_callreview", "note", "None")
    sealed = encryption.seal(b"canary", keyring.key_for(cast.maria().pk), nowhere)
    CallReview.objects.update(note=Sealed(sealed))
    with pytest.raises(SealBroken):
        assert CallReview.objects.get().note
    for _twice in range(2):
        notes_in_their_place.seal_again(None, SimpleNamespace(connection=connection))
        assert CallReview.objects.get(pk=made.pk).note == "canary"


def test_a_stranger_reviews_nothing(marias_call):
    assert cast.signed_in(cast.stranger()).post(f"/reviews/{marias_call.pk}/", FORM).status_code == 403
    assert not CallReview.objects.exists()


def test_pairs_of_reviewers_are_compared(marias_call):
    book.review(marias_call, cast.dr_osei(), FINE)
    book.review(marias_call, cast.nurse_lind(), Findings(missed=True, untrue=False, manner=2))
    assert book.agreed_on("missed") == (0.0, 1)
    assert "κ = 0.00" in cast.signed_in(cast.dr_osei()).get("/reviews/").content.decode()


def test_maria_says_how_it_was_once_and_only_for_her_own_call(marias_call):
    maria, other = cast.as_patient(cast.maria()), cast.as_patient(cast.another_patient())
    after, rate = f"/call/{marias_call.pk}/after/", f"/call/{marias_call.pk}/rate/"
    assert "Did this call help you?" in maria.get(after).content.decode()
    assert other.post(rate, {"rating": "1"}).status_code == 404
    maria.post(rate, {"rating": "9"})
    assert CallMeasure.objects.get().rating is None
    maria.post(rate, {"rating": "4"})
    assert CallMeasure.objects.get().rating == 4
    assert AuditEvent.objects.get(action="call.rated").patient_id == cast.maria().pk
    assert "Did this call help you?" not in maria.get(after).content.decode()

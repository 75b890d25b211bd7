"""What stood out in a call: a few lines for the care team, only with consent, and gone once it is taken back."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from django.db import connection

from compliance import consent
from compliance.models import Purpose
from conversations import noticed, sessions
from conversations.errors import NotYourSession
from conversations.live.noticed import Line, Summary
from conversations.models import Noticed, Session
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
LIVE = Path(__file__).parents[2] / "conversations" / "live"
BREATH = Line("short of breath between words", "voice", 2, 1, 0.6)
SUMMARY = Summary(6, (BREATH, Line("looking away", "face", 4, 0, 0.4)))


def a_call(*purposes):
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.AI_CALL, Purpose.VOICE, *purposes])
    session = sessions.open_for(maria.pk)
    sessions.want(session.id)
    claim = sessions.claim("here")
    assert claim is not None
    return claim


def ended(claim, summary=SUMMARY):
    noticed.keep(claim, summary)
    sessions.finish(claim, "completed")
    return claim


def page(claim, who=None):
    reply = cast.signed_in(who or cast.dr_osei()).get(f"/calls/{claim.session_id}/")
    return reply.status_code, re.sub(r"\s+", " ", reply.content.decode())


def test_her_clinician_reads_it_on_the_calls_page_and_a_stranger_does_not():
    claim = ended(a_call(Purpose.PERCEPTION))
    told = page(claim)[1]
    assert "In 6 stretches of speech, against how they usually look and sound:" in told
    assert "Seemed short of breath twice, from the voice, and the face agreed once; moderate confidence" in told
    assert "Looked away 4 times, from the face and posture; low confidence" in told
    assert "no finding" in told
    status, refused = page(claim, cast.stranger())
    assert status in (403, 404)
    assert "short of breath" not in refused
    assert trail.only(noticed.KEPT).detail == {"lines": 2}


def test_it_is_sealed_and_goes_with_its_call():
    claim = ended(a_call(Purpose.PERCEPTION))
    with connection.cursor() as cursor:
        cursor.execute("SELECT n::text FROM conversations_noticed n")
        assert "breath" not in cursor.fetchone()[0]
    assert Noticed.objects.get().lines == [asdict(line) for line in SUMMARY.lines]
    Session.objects.filter(pk=claim.session_id).delete()
    assert not Noticed.objects.exists()


def test_without_consent_nothing_is_kept_and_the_page_says_so():
    claim = ended(a_call())
    assert not Noticed.objects.exists()
    assert trail.events(noticed.KEPT) == []
    assert "has not agreed to expression and voice being noticed" in page(claim)[1]


def test_consent_taken_back_removes_it_and_the_page_says_so(django_capture_on_commit_callbacks):
    claim = ended(a_call(Purpose.PERCEPTION))
    with django_capture_on_commit_callbacks(execute=True):
        consent.withdraw(claim.patient_id, Purpose.VOICE)
    assert Noticed.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        consent.withdraw(claim.patient_id, Purpose.PERCEPTION)
    assert not Noticed.objects.exists()
    assert trail.only(noticed.REMOVED).detail == {"calls": 1}
    told = page(claim)[1]
    assert "no longer agrees" in told
    assert "short of breath" not in told


def test_who_agreed_in_words_that_named_no_summary_has_none(monkeypatch):
    claim = a_call(Purpose.PERCEPTION)
    monkeypatch.setattr(noticed, "POSTURE_NAMED_SINCE", "2099-01")
    ended(claim)
    assert not Noticed.objects.exists()
    assert "earlier words" in page(claim)[1]


def test_a_withdrawal_that_has_not_been_carried_out_yet_hides_it():
    claim = ended(a_call(Purpose.PERCEPTION))
    consent.withdraw(claim.patient_id, Purpose.PERCEPTION)  # listeners hear of it after the commit, which never comes
    assert Noticed.objects.exists()
    assert "short of breath" not in page(claim)[1]


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (Summary(6, ()), "In 6 stretches of speech nothing stood out"),
        (Summary(1, ()), "In 1 stretch of speech nothing stood out"),
        (None, "Nothing was noticed in this call"),
    ],
    ids=["nothing stood out", "one stretch", "nothing was heard"],
)
def test_an_empty_summary_says_what_it_means(summary, said):
    claim = ended(a_call(Purpose.PERCEPTION), summary)
    assert said in page(claim)[1]


def test_before_the_end_it_says_when_it_comes_and_after_a_restart_since_when_it_counts():
    claim = a_call(Purpose.PERCEPTION)
    assert "summed up when the call has ended" in page(claim)[1]
    sessions.release(claim)
    again = sessions.claim("there")
    assert again is not None
    ended(again)
    assert "Since the call was restored. In 6 stretches" in page(again)[1]


def test_a_process_that_lost_the_call_keeps_nothing():
    claim = a_call(Purpose.PERCEPTION)
    sessions.release(claim)
    assert sessions.claim("there")
    with pytest.raises(NotYourSession):
        noticed.keep(claim, SUMMARY)
    assert not Noticed.objects.exists()


def test_every_sign_has_words_for_a_clinician():
    sources = "".join((LIVE / name).read_text() for name in ("looks.py", "posture.py", "voice_signs.py"))
    signs = set(re.findall(r'Sign\(\s*"([^"]+)"', sources))
    assert len(signs) >= 20
    assert signs == set(noticed.SEEMED)

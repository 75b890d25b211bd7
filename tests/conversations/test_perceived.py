"""What was noticed reaches an escalation, a model and the face; without consent it reaches nobody."""

import numpy as np
import pytest

from clinic.models import Escalation
from compliance import consent
from compliance.models import Purpose
from conversations import equipment, sessions, switchboard
from conversations import noticed as noticed_rows
from conversations.live.desk import Ending
from conversations.live.dialogue import Finding, Verdict
from conversations.live.events import Chunk, SpeechStarted, SpeechStopped
from conversations.live.noticed import Summary
from conversations.live.perception import Note
from conversations.mind import prompt
from conversations.switchboard import Switchboard
from tests import cast

pytestmark = pytest.mark.django_db
NEEDED = (Purpose.AI_CALL, Purpose.VOICE)
REPORT = {"type": "perceived", "face": False}
NOTE = Note("short of breath between words, brow lowered", 0.8, 0.7)
FINDING = Finding("swelling", "plan.not_expected", Verdict.ESCALATE, "my leg is swollen")


def briefed(*purposes):
    maria = cast.maria()
    consent.grant(maria.pk, [*NEEDED, *purposes])
    session = sessions.open_for(maria.pk)
    sessions.want(session.id)
    claim = sessions.claim("here")
    assert claim is not None
    return equipment.brief(claim)


def noticed(briefing):
    """As after an utterance in which this stood out."""
    briefing.perception._note = NOTE
    return briefing


def test_a_clinician_reads_it_beside_what_was_said():
    noticed(briefed(Purpose.PERCEPTION)).escalate(FINDING, turn=1, position_ms=5000)
    raised = Escalation.objects.get()
    assert raised.perception_note == "short of breath between words, brow lowered (clear)"
    page = cast.signed_in(cast.dr_osei()).get(f"/escalations/{raised.pk}/").content.decode()
    assert "short of breath between words, brow lowered (clear)" in page


def test_without_consent_it_stands_nowhere():
    briefing = noticed(briefed())
    briefing.escalate(FINDING, turn=1, position_ms=5000)
    assert Escalation.objects.get().perception_note == ""
    assert briefing.perception.concern() == 0.0


def test_a_model_is_told_that_it_may_be_wrong():
    briefing = noticed(briefed(Purpose.PERCEPTION))
    told = prompt.system(briefing.dialogue.case, briefing.dialogue.script.names, (), "")["content"]
    assert "short of breath between words, brow lowered (clear)" in told
    assert "may be wrong" in told
    briefing.perception.allow(False)
    told = prompt.system(briefing.dialogue.case, briefing.dialogue.script.names, (), "")["content"]
    assert "short of breath" not in told


class Kit:
    """Equipment that needs no models."""

    def face(self, briefing):
        return None

    def ears(self, briefing, echo):
        return None

    more_ears = turn_taking = voice = face


@pytest.fixture
def briefing():
    return briefed(Purpose.PERCEPTION)


async def test_a_page_is_told_at_once_when_it_may_no_longer_look(briefing, monkeypatch):
    board = Switchboard(briefing.claim, Kit(), briefing)
    told: list[dict[str, object]] = []
    monkeypatch.setattr(board.link, "publish", told.append)
    given = {*consent.NEEDED_FOR_A_CALL, Purpose.PERCEPTION}
    monkeypatch.setattr(consent, "granted", lambda _patient: frozenset(given))
    await board._check_consent()
    assert told == []
    given.discard(Purpose.PERCEPTION)
    await board._check_consent()
    await board._check_consent()
    assert told == [{"type": "noticing", "allowed": False}]
    board._page_said(REPORT)
    assert not briefing.perception._looks._recent
    await board.link.close()


async def test_a_page_tells_the_call_what_it_noticed(briefing):
    board = Switchboard(briefing.claim, Kit(), briefing)
    briefing.perception.listen(Chunk(np.zeros(320, np.int16), 1.0))
    board._page_said(REPORT)
    board._page_said({"type": "perceived", "face": True, "eyes": "not a number"})
    assert len(briefing.perception._looks._recent) == 1
    await board.link.close()


async def test_what_stood_out_is_kept_before_the_call_counts_as_over(briefing, monkeypatch):
    board = Switchboard(briefing.claim, Kit(), briefing)
    briefing.perception.heard(SpeechStarted(1.0))
    briefing.perception.heard(SpeechStopped(3.0))
    written: list[object] = []
    monkeypatch.setattr(noticed_rows, "keep", lambda _claim, summary: written.append(summary))
    monkeypatch.setattr(sessions, "finish", lambda _claim, reason: written.append(reason))
    monkeypatch.setattr(switchboard, "_persist", lambda work: work())
    await board.finish(Ending.COMPLETED)
    assert written == [Summary(1, ()), "completed"]

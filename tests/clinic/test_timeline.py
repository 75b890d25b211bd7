"""The call beside an escalation: who spoke when, the moment, and nothing of what was said."""

import datetime
import re
import uuid
from itertools import pairwise

import pytest
from django.utils import timezone

from clinic import escalations, timeline
from clinic.discharge_plan import Severity
from clinic.timeline import Call, Mark, Stretch
from conversations.call_record import stretches
from conversations.models import Session, Utterance
from tests import cast

TALK = (
    Stretch("assistant", 0, 4_000, 0),
    Stretch("patient", 5_000, 10_000, 10_000),
    Stretch("assistant", 22_000, 26_000, 22_000),
)
MINUTE = Call(60_000, TALK)


def test_the_moment_and_what_was_done_in_the_call_have_their_place():
    marks = [
        Mark(10_000, "moment", "Emergency words", "emergency"),
        Mark(12_000, "step", "Paged"),
        Mark(90_000, "step", "Resolved"),
    ]
    drawn = timeline.draw(MINUTE, marks, "Maria")
    signs = {shape.kind: shape.x for shape in drawn.shapes if not shape.width}
    assert signs == {"moment emergency": "16.67%", "step": "20.00%"}
    assert [line.words for line in drawn.lines] == [
        "Assistant spoke, about 4 seconds",
        "Maria spoke, about 5 seconds",
        "Emergency words",
        "Silence, 12 seconds",
        "Paged",
        "Assistant spoke, about 4 seconds",
    ]


@pytest.mark.parametrize("length_ms", [0, 900, 59_000, 61_000, 1_200_000, 7_200_000])
def test_everything_stays_inside_and_the_times_have_room_on_a_phone(length_ms):
    drawn = timeline.draw(Call(length_ms, TALK), [Mark(10_000, "moment", "x", "urgent")], "Maria")
    for shape in (*drawn.shapes, *drawn.ticks):
        begins, width = (float(share.rstrip("%") or 0) for share in (shape.x, shape.width))
        assert 0 <= begins <= 100
        assert begins + width <= 100.01
    assert len(drawn.ticks) <= timeline.MOST_TICKS + 1


def test_where_estimates_overlap_no_two_speak_at_once_and_what_is_known_stays():
    said = [("assistant", 0, 30), ("patient", 8_000, 30), ("patient", 9_000, 30), ("clinician", 9_500, 4)]
    found = stretches(said)
    assert [one.position_ms for one in found] == [0, 8_000, 9_000, 9_500]
    assert (found[0].starts_ms, found[1].ends_ms, found[2].ends_ms) == (0, 8_000, 9_000)
    for before, after in pairwise(found):
        assert before.starts_ms <= before.ends_ms <= after.starts_ms <= after.ends_ms


@pytest.mark.django_db
def test_the_page_draws_the_call_without_a_word_of_it():
    began = timezone.now() - datetime.timedelta(minutes=3)
    session = Session.objects.create(id=uuid.uuid4(), patient=cast.maria(), joined_at=began, ended_at=timezone.now())
    for turn, (who, at) in enumerate([("assistant", 0), ("patient", 9_000), ("assistant", 20_000)]):
        facts = {"turn": turn, "speaker": who, "text": f"secret words {who}", "position_ms": at}
        Utterance.objects.create(session=session, at=began, **facts)
    facts = {"patient_id": cast.maria().pk, "session_id": session.pk, "severity": Severity.URGENT}
    raised = escalations.escalate(turn=1, rule="plan.not_expected", quote="my calf", position_ms=9_000, **facts)
    escalations.escalate(turn=2, rule="request.human", quote="a person", position_ms=20_000, **facts)
    page = cast.signed_in(cast.dr_osei()).get(f"/escalations/{raised.pk}/").content.decode()
    assert "secret words" not in page
    drawing = re.search(r'<svg class="timeline".*?</section>', page, re.S).group()
    assert "raised 0:09" in drawing
    assert f"/calls/{session.pk}/#t9000" in drawing
    assert "Asked to talk with a person" in drawing
    assert "style=" not in drawing


@pytest.mark.django_db
def test_a_call_of_which_nothing_is_kept_is_not_drawn():
    facts = {"patient_id": cast.maria().pk, "session_id": uuid.uuid4(), "severity": Severity.URGENT}
    raised = escalations.escalate(turn=1, rule="plan.not_expected", quote="my calf", position_ms=9_000, **facts)
    assert timeline.of(raised) is None

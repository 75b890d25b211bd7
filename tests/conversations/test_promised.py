"""The patient is told honestly when a person calls: in the call, once, and on their page after it."""

import datetime

import pytest
from django.utils import timezone

from clinic import call_backs, escalations
from clinic.discharge_plan import Severity
from conversations.effects import apply_effect
from conversations.equipment import Briefing
from conversations.live.dialogue import Effect, Promised
from conversations.live.perception import Perception
from conversations.models import Session
from conversations.sessions import Claim
from tests import cast
from tests.conversations.talk import spoken, talk

BY_NAME = Promised("5f0f3a9e-6f0f-4c43-9a52-0c9d1d9f4a11", "Abena Osei", "3:10 PM today")
BY_CLOCK = Promised("5f0f3a9e-6f0f-4c43-9a52-0c9d1d9f4a12", "", "9 AM tomorrow")


@pytest.mark.parametrize(
    ("promised", "words"),
    [
        (BY_NAME, "Abena Osei can't join us now, but will call you at 3:10 PM today."),
        (BY_CLOCK, "They have been asked to call you by 9 AM tomorrow."),
    ],
)
async def test_the_next_reply_begins_with_it_and_goes_on(promised, words):
    call = talk()
    await call.open()
    call.dialogue.promise(promised)
    said = await call.say("Fine.")
    assert spoken(said).index(words) < spoken(said).index("?")
    assert Effect("call_back.told", {"call_back": promised.call_back}) in call.effects
    call.dialogue.promise(promised)  # the row may not be written yet
    assert words not in spoken(await call.say("About a three"))


async def test_it_is_said_into_a_silence_too():
    call = talk()
    await call.open()
    call.dialogue.promise(BY_NAME)
    assert "3:10 PM today" in spoken(await call.finish(call.dialogue.still_there()))


async def test_what_was_cut_off_is_not_told_and_is_said_again():
    call = talk()
    await call.open()
    call.dialogue.promise(BY_NAME)
    await call.finish(call.dialogue.still_there(), heard="Abena")
    assert not [effect for effect in call.effects if effect.kind == "call_back.told"]
    assert "3:10 PM today" in spoken(await call.say("Fine."))


async def test_an_emergency_comes_first():
    call = talk()
    await call.open()
    call.dialogue.promise(BY_NAME)
    said = await call.say("I have a new pain in my chest")
    assert said[0].act == "emergency"
    assert "3:10" not in spoken(said)


@pytest.mark.django_db
def test_a_calls_process_finds_what_its_patient_is_to_be_told_until_it_was():
    maria = cast.maria()
    session = Session.objects.create(patient=maria)
    raised = escalations.escalate(
        patient_id=maria.pk, session_id=session.pk, turn=1, rule="request.human", severity=Severity.URGENT, quote=""
    )
    briefing = Briefing(Claim(session.pk, maria.pk, 1), talk().dialogue, False, {}, Perception(allowed=False))
    assert briefing.promised() is None
    call_back = call_backs.promise(raised, timezone.now() + datetime.timedelta(minutes=30), cast.dr_osei())
    found = briefing.promised()
    assert found is not None
    assert (found.call_back, found.colleague) == (str(call_back.pk), "Abena Osei")
    assert found.when.endswith(("M today", "M tomorrow"))
    call_backs.note_told(call_back.pk)
    assert briefing.promised() is None


@pytest.mark.django_db
def test_what_was_told_is_written_down_and_stands_on_the_page_after():
    maria = cast.maria()
    session = Session.objects.create(patient=maria, state="ended", reason="completed")
    raised = escalations.escalate(
        patient_id=maria.pk, session_id=session.pk, turn=1, rule="request.human", severity=Severity.URGENT, quote=""
    )
    due_at = timezone.now() + datetime.timedelta(minutes=30)
    call_back = call_backs.promise(raised, due_at, cast.dr_osei())
    claim = Claim(session.pk, maria.pk, 1)
    apply_effect(claim, Effect("call_back.told", {"call_back": str(call_back.pk)}))
    call_back.refresh_from_db()
    assert call_back.told_at is not None
    mine = cast.as_patient(maria)
    page = mine.get(f"/call/{session.pk}/after/").content.decode()
    assert "Abena Osei from your care team calls you at" in page
    call_backs.miss_due(due_at + datetime.timedelta(hours=1))
    assert "that did not happen" in mine.get(f"/call/{session.pk}/after/").content.decode()

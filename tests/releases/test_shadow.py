"""A release answers past calls beside the one in use: unheard, without effect, and only where patients agree."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from clinic.models import Escalation, OutboxEntry
from compliance import consent
from compliance.models import AuditEvent, Purpose
from conversations import equipment, sessions
from conversations.mind.model import ModelFailed, Text
from conversations.models import Release, Session, Utterance
from conversations.releases import book, comparing, installed, shadow
from conversations.releases.comparing import Answer, Pair
from tests import cast

pytestmark = pytest.mark.django_db
SAID = ("I have a pain in my chest.", "Can I take a shower?")
ASKED = ("Can I take a shower?", "May I drive my car?")  # an emergency would leave the model out of the rest


class Model:
    """Says something that no paper supports; or fails."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    async def stream(self, _messages, _tools):
        if self.fails:
            raise ModelFailed("status_500")
        yield Text("You may drive at once.")


@pytest.fixture
def modelled(settings, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A clinic with a model, which only releases that name one are given."""
    settings.LLM_BASE_URL = "http://127.0.0.1:9/v1"
    model = Model()
    monkeypatch.setattr(equipment, "_model", lambda _patient, bundle: model if bundle.model == "new" else None)
    return model


def past_call(*purposes: Purpose, said: tuple[str, ...] = SAID) -> Session:
    maria = cast.maria()
    consent.grant(maria.pk, [*consent.NEEDED_FOR_A_CALL, *purposes])
    session = Session.objects.create(patient=maria, host="h", epoch=1, state="live")
    claim = sessions.Claim(session.pk, maria.pk, 1)
    for turn, text in enumerate(said, start=1):
        sessions.keep_utterance(claim, turn=turn, speaker="patient", text=text, position_ms=0)
    Session.objects.filter(pk=session.pk).update(
        state="ended", joined_at=timezone.now(), ended_at=timezone.now(), dialogue=None
    )
    return session


def candidate(**changes) -> Release:
    return book.draft({"limits.turn_s": 7.0, **changes}, "try it", cast.admin())


def test_the_same_release_in_other_clothes_answers_the_same_and_nothing_else_happens():
    session, release = past_call(), candidate()
    before = (AuditEvent.objects.count(), Utterance.objects.count(), OutboxEntry.objects.count())
    pairs = list(shadow.answer_again(release, 5))
    assert len(pairs) == len(SAID)
    assert all(pair.base.text and pair.base.text == pair.candidate.text for pair in pairs)
    assert any("chest" in rule for rule in pairs[0].candidate.raised)
    assert (AuditEvent.objects.count(), Utterance.objects.count(), OutboxEntry.objects.count()) == (
        before[0] + 1,
        *before[1:],
    )
    assert not Escalation.objects.exists()
    entry = AuditEvent.objects.get(action="release.shadowed")
    assert (entry.patient_id, entry.detail) == (session.patient_id, {"session": str(session.pk)})
    session.refresh_from_db()
    assert (session.release, session.dialogue) == (None, None)


def test_what_the_gate_stops_is_counted_on_the_side_that_said_it(modelled: Model):
    past_call(Purpose.EXTERNAL_MODEL, said=ASKED)
    told = comparing.compared(list(shadow.answer_again(candidate(**{"model.name": "new"}), 5)))
    stops = {one.name: one for one in told}["sentences that the gate stopped"]
    assert stops.base.startswith("0 of ")
    assert not stops.candidate.startswith("0 of ")


def test_a_release_whose_model_fails_is_seen_to_fail(modelled: Model):
    past_call(Purpose.EXTERNAL_MODEL, said=ASKED)
    modelled.fails = True
    pairs = list(shadow.answer_again(candidate(**{"model.name": "new"}), 5))
    assert any(pair.candidate.failed for pair in pairs)
    assert not any(pair.base.failed for pair in pairs)
    assert all(pair.candidate.text for pair in pairs)  # the protocol answered in its place


def test_words_of_patients_who_do_not_agree_go_nowhere(modelled: Model):
    past_call()
    release = candidate(**{"model.name": "new"})
    assert list(shadow.answer_again(release, 5)) == []
    assert not AuditEvent.objects.filter(action="release.shadowed").exists()
    with pytest.raises(CommandError, match="nothing to answer"):
        call_command("shadow", str(release.number))


def test_the_command_prints_counts_and_no_words():
    past_call()
    out = StringIO()
    call_command("shadow", str(candidate().number), stdout=out)
    assert "| turns answered otherwise |  | 0 of 2 (" in out.getvalue()
    assert "chest" not in out.getvalue()
    with pytest.raises(CommandError, match="There is no release 9999"):
        call_command("shadow", "9999")


def test_a_release_of_other_software_is_not_tried(monkeypatch: pytest.MonkeyPatch):
    past_call()
    release = candidate()
    ground = installed.ground()
    monkeypatch.setattr(installed, "ground", lambda: ground.__class__("other", ground.prompts, ground.protocols, False))
    with pytest.raises(CommandError, match="cannot be started"):
        call_command("shadow", str(release.number))


def test_falling_silent_about_a_symptom_is_a_line_of_its_own():
    loud = Answer("Call 911 now.", 100.0, 1, 0, frozenset({"emergency.chest_pain"}))
    silent = Answer("Fine.", 50.0, 1, 0)
    told = {one.name: one.candidate for one in comparing.compared([Pair(loud, silent), Pair(loud, loud)])}
    assert told["turns in which less was raised"].startswith("1 of 2")
    assert told["turns answered otherwise"].startswith("1 of 2")
    with pytest.raises(ValueError, match="nothing"):
        comparing.compared([])

"""Simulated patients talk with the assistant through the whole text path."""

from collections.abc import Sequence
from random import Random

import pytest

from clinic.discharge_plan import EMPTY
from clinic.models import Escalation
from clinic.models import Patient as ClinicPatient
from compliance.models import AuditEvent
from conversations import protocols
from conversations.live.events import Sentence
from conversations.simulation import calls, report
from conversations.simulation.calls import Transcript
from conversations.simulation.lives import Persona, lives
from conversations.simulation.patients import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def held(django_db_setup, django_db_blocker, tmp_path_factory) -> Sequence[Transcript]:
    """A call with each persona, held once for all tests here."""
    from django.test import override_settings

    files = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), override_settings(SEALED_FILES_DIR=files):
        return list(calls.run(len(Persona), seed=7, names=["hip"]))


def test_every_call_comes_to_its_end(held):
    assert [call.persona for call in held] == list(Persona)
    assert all(call.ended for call in held)


def test_what_was_answered_is_not_asked_again(held):
    assert report.figures(held)["questions_asked_twice"] == 0, list(report.faults(held))


def test_what_is_wrong_is_raised_and_nothing_else(held):
    found = report.figures(held)
    assert found["escalations_right"] >= 4
    assert found["escalations_missed"] == found["escalations_uncalled_for"] == 0, list(report.faults(held))


def test_answers_are_taken_for_what_they_mean(held):
    assert report.figures(held)["answers_misread"] == 0, list(report.faults(held))
    assert all(len(call.answers) >= 5 for call in held if call.persona is not Persona.WORSENING)


def test_no_turn_is_left_without_words(held):
    assert all(exchange.said for call in held for exchange in call.exchanges)


def test_nothing_is_left_behind(held):
    assert not ClinicPatient.objects.exists()
    assert not Escalation.objects.exists()
    assert not AuditEvent.objects.filter(actor="system:simulation").exists()


def test_a_missed_complaint_is_counted(held):
    """The judge can say no."""
    call = next(call for call in held if any(exchange.line.tells for exchange in call.exchanges))
    for exchange in call.exchanges:
        exchange.raised.clear()
    assert report.judge(call).missed


def test_the_same_seed_tells_the_same_story():
    """Pure: what a patient says follows from who they are, what was said to them, and the seed."""
    said = [Sentence("How have you been feeling since you came home?", "ask")]

    def first_words(seed: int) -> list[str]:
        lines = []
        for persona in Persona:
            patient = Patient(lives()["hip"], persona, protocols.load("after_surgery"), EMPTY, Random(seed))
            lines += [patient.reply(said).text for _ in range(3)]
        return lines

    assert first_words(1) == first_words(1)
    assert first_words(1) != first_words(2)

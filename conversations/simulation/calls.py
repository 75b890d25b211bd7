"""Runs simulated calls through the real path: guard, dialogue, gate, escalations, progress, with the database.

Everything happens in a transaction that is rolled back: nobody is paged, nothing stays.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clinic import patients as clinic_patients
from clinic import plans
from clinic.discharge_plan import Severity
from clinic.models import CareTeam, Escalation, User
from clinic.models import Patient as ClinicPatient
from compliance import audit, consent
from compliance.access import Role
from compliance.models import Purpose
from conversations import equipment, protocol_book, sessions
from conversations.effects import apply_effect
from conversations.equipment import Briefing
from conversations.live.dialogue import Effect, Turn, Verdict
from conversations.live.events import Sentence, Words
from conversations.models import ObjectiveRecord, Session
from conversations.sessions import Claim
from conversations.simulation.lives import Life, Persona, lives
from conversations.simulation.patients import Line, Patient
from knowledge import ingestion

MOST_TURNS = 80
HOST = "simulation"


@dataclass(frozen=True)
class Raised:
    rule: str
    severity: Severity


@dataclass
class Exchange:
    """The patient's line, what was raised for it, and what came back."""

    line: Line
    raised: list[Raised]
    said: list[Sentence]


@dataclass
class Transcript:
    """One whole call. `answers` holds what was recorded, by "objective.variable"; `reached` the objectives."""

    life: str
    persona: Persona
    opening: list[Sentence] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    ended: str = ""
    answers: dict[str, object] = field(default_factory=dict)
    reached: list[str] = field(default_factory=list)
    objectives: int = 0
    questions_passed_on: int = 0
    turn_ms: list[float] = field(default_factory=list)
    guard_ms: list[float] = field(default_factory=list)


def run(calls: int, seed: int, *, names: Sequence[str] = ()) -> Iterator[Transcript]:
    """`calls` calls, personas and lives in turn. Leaves nothing behind."""
    chosen = [lives()[name] for name in names] or list(lives().values())
    with _undone(), audit.acting_as(audit.Actor("system:simulation")):
        clinic = _Clinic()
        for number in range(calls):
            persona = list(Persona)[number % len(Persona)]
            life = chosen[number // len(Persona) % len(chosen)]
            patient = clinic.patient(life)
            with _undone():
                yield _call(patient, life, persona, Random(f"{seed}:{number}"))  # noqa: S311  (no secret)


@contextmanager
def _undone() -> Iterator[None]:
    """What is written inside is taken back at the end."""
    with ExitStack() as stack:
        for alias in settings.DATABASES:
            if alias in ("default", "keys"):
                stack.enter_context(transaction.atomic(using=alias))
        yield
        for alias in ("default", "keys"):
            transaction.set_rollback(True, using=alias)


class _Clinic:
    """Somebody to approve papers, and the patients whose papers were approved."""

    def __init__(self) -> None:
        self._team = CareTeam.objects.create(name="Simulation")
        self._admin = User.objects.create(username="simulation", role=Role.ADMIN)
        self._patients: dict[str, ClinicPatient] = {}

    def patient(self, life: Life) -> ClinicPatient:
        if life.name not in self._patients:
            self._patients[life.name] = self._enrolled(life)
        return self._patients[life.name]

    def _enrolled(self, life: Life) -> ClinicPatient:
        left = timezone.localdate() - timedelta(days=life.day)
        born = date(1948, 5, 17)
        details = clinic_patients.Details(self._team, life.called, life.called, born, life.procedure, left)
        patient = clinic_patients.enrol(details)
        consent.grant(patient.pk, [*consent.NEEDED_FOR_A_CALL, Purpose.MEMORY])
        file = life.document()
        document = ingestion.upload(
            patient_id=patient.pk, name=file.name, title="Discharge papers", data=file.read_bytes(), by=self._admin
        )
        ingestion.ingest(document.pk)
        document.refresh_from_db()
        ingestion.approve(document, by=self._admin)
        return patient


def _call(patient: ClinicPatient, life: Life, persona: Persona, rng: Random) -> Transcript:
    session = sessions.open_for(patient.pk)
    Session.objects.filter(pk=session.pk).update(host=HOST, epoch=1, state=Session.State.LIVE)
    claim = Claim(session.pk, patient.pk, 1)
    briefing = equipment.brief(claim)
    plan, protocol = plans.current_plan(patient.pk), protocol_book.for_patient(patient)
    transcript = Transcript(life.name, persona)
    with asyncio.Runner() as runner:
        line = _Wire(briefing, runner, transcript)
        line.talk(Patient(life, persona, protocol, plan, rng))
    records = ObjectiveRecord.objects.filter(session_id=session.pk).select_related("session")
    for record in records:
        transcript.answers |= {f"{record.name}.{name}": kept["value"] for name, kept in record.variables.items()}
    transcript.reached = [record.name for record in records if record.state != ObjectiveRecord.State.ACTIVE]
    transcript.objectives = len(protocol.objectives)
    asked = Escalation.objects.filter(session_id=session.pk, severity=Severity.QUESTION.value)
    transcript.questions_passed_on = asked.count()
    return transcript


class _Wire:
    """A call without sound: what `conversations.live.call` does with words, in the same order."""

    def __init__(self, briefing: Briefing, runner: asyncio.Runner, transcript: Transcript) -> None:
        self._briefing, self._runner, self._transcript = briefing, runner, transcript
        self._claim, self._dialogue = briefing.claim, briefing.dialogue
        self._turn = 0

    def talk(self, patient: Patient) -> None:
        said = self._transcript.opening = self._speak(self._dialogue.opening(resumed=False))
        while not self._transcript.ended and self._turn < MOST_TURNS:
            self._turn += 1
            line = patient.reply(said)
            exchange = self._hear(line)
            said = exchange.said
            self._transcript.exchanges.append(exchange)
            if line.hangs_up:
                self._transcript.ended = "patient_left"
        sessions.finish(self._claim, self._transcript.ended or "max_duration")

    def _hear(self, line: Line) -> Exchange:
        words = Words(0.0, line.text, True)
        started = time.perf_counter()
        assessment = self._dialogue.hear(words)
        self._transcript.guard_ms.append((time.perf_counter() - started) * 1000)
        for finding in assessment.findings:
            if finding.verdict.order >= Verdict.ESCALATE.order:
                self._briefing.escalate(finding, turn=self._turn, position_ms=self._turn * 1000)
        raised = [
            Raised(row.rule, Severity(row.severity))
            for row in Escalation.objects.filter(cause__startswith=f"{self._claim.session_id}:{self._turn}:")
        ]
        sessions.keep_utterance(self._claim, turn=self._turn, speaker="patient", text=line.text, position_ms=0)
        said = self._speak(self._dialogue.consider(words, assessment))
        self._transcript.turn_ms.append((time.perf_counter() - started) * 1000)
        return Exchange(line, raised, said)

    def _speak(self, turn: Turn) -> list[Sentence]:
        said = self._runner.run(_collected(turn))
        text = " ".join(sentence.text for sentence in said)
        self._apply(self._dialogue.commit(turn, text))
        if text:
            sessions.keep_utterance(self._claim, turn=self._turn, speaker="assistant", text=text, position_ms=0)
        return said

    def _apply(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            apply_effect(self._claim, effect)
            if effect.kind == "call.ended":
                self._transcript.ended = str(effect.data["reason"])
        sessions.keep_dialogue(self._claim, self._dialogue.snapshot())


async def _collected(turn: Turn) -> list[Sentence]:
    return [sentence async for sentence in turn.sentences()]

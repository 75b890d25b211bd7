"""What a call is equipped with: models loaded once a process, and a briefing for each call.

Called by `conversations.switchboard`, in the process of the call. Providers are
chosen here by settings; everything above sees ports only.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from clinic import call_back_times, call_backs, escalations, plans
from clinic.discharge_plan import Severity
from compliance import consent
from compliance.consent_texts import POSTURE_NAMED_SINCE
from compliance.models import Purpose
from conversations import progress, protocol_book, senses
from conversations.database import once_in_a_thread
from conversations.live.adaptive_face import AdaptiveFace
from conversations.live.call import Ears, Turning
from conversations.live.dialogue import Dialogue, Finding, Passage, Promised, Verdict
from conversations.live.ears import ears
from conversations.live.echo import EchoGuard, guarded
from conversations.live.events import Chunk, Citation, Heard
from conversations.live.face_thread import QueuedFace
from conversations.live.perception import Followed, Perception, overheard
from conversations.live.ports import Voice
from conversations.live.turn import TurnTaking
from conversations.mind import factory
from conversations.mind.gate import GroundingGate
from conversations.mind.model import Caps, Model
from conversations.models import Session
from conversations.protocols import CallProtocol
from conversations.providers.consented import ConsentedModel
from conversations.providers.drawn_face import APPEARANCES, DrawnFace
from conversations.providers.espeak import EspeakVoice
from conversations.providers.moonshine import MoonshineTranscriber
from conversations.providers.silero import SileroVad
from conversations.providers.smart_turn import SmartTurn
from conversations.releases import assignment, installed
from conversations.releases.bundle import Bundle
from conversations.sessions import Claim
from knowledge import embeddings, grounding, passages, retrieval

PASSAGES = 5


@dataclass
class Briefing:
    """What this call is about."""

    claim: Claim
    dialogue: Dialogue
    resumed: bool
    choices: dict[str, Any]
    perception: Perception
    outside: bool = False  # the patient agrees to services outside

    def escalate(self, finding: Finding, *, turn: int, position_ms: int) -> None:
        severity = Severity.EMERGENCY if finding.verdict is Verdict.EMERGENCY else Severity.URGENT
        escalations.escalate(
            patient_id=self.claim.patient_id,
            session_id=self.claim.session_id,
            turn=turn,
            rule=finding.rule,
            severity=severity,
            quote=finding.quote,
            plan_excerpt=finding.plan_excerpt,
            perception_note=self.perception.latest(),
            position_ms=position_ms,
        )

    def lost_after_red_flag(self) -> None:
        escalations.escalate(
            patient_id=self.claim.patient_id,
            session_id=self.claim.session_id,
            turn=0,
            rule="call.lost_after_red_flag",
            severity=Severity.URGENT,
            quote="",
        )

    def promised(self) -> Promised | None:
        """What the patient is still to be told about a call by a person."""
        found = call_backs.untold(self.claim.session_id)
        if found is None:
            return None
        zone = ZoneInfo(found.escalation.patient.time_zone)
        when = call_back_times.spoken(found.due_at, timezone.now(), zone)
        return Promised(str(found.pk), str(found.caller or ""), when)


@cache
def preload() -> None:
    """Read the models, once a machine: calls share them.

    A call's process is a copy of one that has done so, and finds it done; if it failed there, it is tried again.
    """
    embeddings.embed(["warm"])
    factory.warm()
    installed.warm()
    _ears()


def _ears() -> tuple[SileroVad, SmartTurn, MoonshineTranscriber]:
    return SileroVad(), SmartTurn(), MoonshineTranscriber()


class Equipment:
    """Made before a call is known, so that joining costs nothing."""

    def __init__(self) -> None:
        preload()
        senses.warm()
        self._voice = EspeakVoice()
        self._spare_ears = _ears()
        self._workshop = ThreadPoolExecutor(1, thread_name_prefix="workshop")

    def ears(self, briefing: Briefing, echo: EchoGuard) -> Ears:
        vad, end_of_turn, embedded = self._spare_ears
        transcriber = senses.transcriber(briefing.claim.patient_id, embedded, outside=briefing.outside)

        def hear(chunks: AsyncIterator[Chunk]) -> AsyncIterator[Heard]:
            return ears(guarded(chunks, echo), vad, end_of_turn, transcriber)

        return overheard(hear, briefing.perception)

    def more_ears(self) -> Ears:
        """For one more person in the call; the models are shared."""
        vad, end_of_turn, transcriber = _ears()
        return lambda chunks: ears(chunks, vad, end_of_turn, transcriber)

    def turn_taking(self, briefing: Briefing) -> Turning:
        return Followed(TurnTaking(), briefing.perception)

    def voice(self, briefing: Briefing) -> Voice:
        return senses.voice(briefing.claim.patient_id, self._voice, outside=briefing.outside)

    def face(self, briefing: Briefing) -> QueuedFace | None:
        if settings.CALL_VIDEO_SIZE == 0 or briefing.choices.get("audio_only"):
            return None
        appearance = str(briefing.choices.get("appearance", APPEARANCES[0]))
        size, fps = settings.CALL_VIDEO_SIZE, settings.CALL_VIDEO_FPS
        face = AdaptiveFace(DrawnFace(appearance, size), fps=fps, largest=size, workshop=self._workshop)
        return QueuedFace(face, worry=briefing.perception.concern)


def load() -> Equipment:
    return Equipment()


def brief(claim: Claim) -> Briefing:
    """Everything the call needs to know about its patient. Raises `ConsentMissing`."""
    for purpose in consent.NEEDED_FOR_A_CALL:
        consent.require(claim.patient_id, purpose)
    session = Session.objects.select_related("patient__care_team").get(pk=claim.session_id)
    release = assignment.for_call(claim.session_id)
    granted = consent.granted(claim.patient_id)
    perception = Perception(
        allowed=Purpose.PERCEPTION in granted,
        posture_allowed=consent.granted_since(claim.patient_id, Purpose.PERCEPTION, POSTURE_NAMED_SINCE),
    )
    protocol = protocol_book.for_call(session, release.protocols)
    dialogue = dialogue_for(session, release.bundle, protocol, perception)
    if session.dialogue:
        dialogue.restore(session.dialogue)
    outside = Purpose.EXTERNAL_MODEL in granted
    return Briefing(claim, dialogue, bool(session.dialogue), session.settings, perception, outside)


def dialogue_for(session: Session, bundle: Bundle, protocol: CallProtocol, perception: Perception) -> Dialogue:
    """The mind of a call with this patient, run with this release, from the beginning. Raises `ConsentMissing`."""
    patient = session.patient
    for purpose in consent.NEEDED_FOR_A_CALL:
        consent.require(patient.pk, purpose)
    index = retrieval.open_index(patient.pk)
    model = _model(patient.pk, bundle)
    return factory.build(
        model=model,
        caps=Caps(bundle.first_sentence_s, bundle.turn_s),
        prompt_version=bundle.prompt,
        gate=GroundingGate(index.embed, embeddings.words),
        protocol=protocol,
        plan=plans.current_plan(patient.pk),
        patient_called=patient.called,
        clinic_name=patient.care_team.name,
        recall=_recall(index, prepare=model is not None),
        day=patient.days_since_discharge(),
        memory=progress.recall(patient.pk),
        noticed=perception.latest,
        hesitated=perception.hesitated,
        embed=embeddings.embed,
    )


def _model(patient_id: UUID, bundle: Bundle) -> Model | None:
    """The clinic's language model, if it has one and may send it this patient's words."""
    if not settings.LLM_BASE_URL or not bundle.model or Purpose.EXTERNAL_MODEL not in consent.granted(patient_id):
        return None
    from conversations.providers.openai_mind import OpenAiModel  # 60 MB that a call without a model can do without

    model = OpenAiModel(
        base_url=settings.LLM_BASE_URL,
        api_key=settings.LLM_API_KEY,
        model=bundle.model,
        timeout_s=bundle.turn_s,
        temperature=bundle.temperature,
        max_tokens=bundle.max_tokens,
    )
    return ConsentedModel(model, lambda: _allows_model(patient_id))


def _allows_model(patient_id: UUID) -> bool:
    return once_in_a_thread(lambda: Purpose.EXTERNAL_MODEL in consent.granted(patient_id))


def _recall(index: retrieval.PatientIndex, *, prepare: bool) -> Callable[[str], Awaitable[Sequence[Passage]]]:
    """Search in this patient's approved documents. `prepare` readies what is found for sentences that a model makes."""

    async def recall(question: str) -> Sequence[Passage]:
        found = await asyncio.to_thread(index.search, question, PASSAGES)
        if prepare:  # while the model thinks
            asyncio.get_running_loop().run_in_executor(None, grounding.prepare, found, embeddings.words)
        return [_cited(passage) for passage in found]

    return recall


def _cited(found: passages.Passage) -> Passage:
    place = Citation(found.document_id, found.title, found.version, found.page, found.start, found.end)
    return Passage(found.text, found.heading, place, found.score)

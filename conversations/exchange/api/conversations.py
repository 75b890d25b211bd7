"""Conversations: the calls, their words, and what they found out. A patient is asked in by an invitation."""

import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from clinic import care, invitations
from clinic.models import Invitation
from compliance import audit
from conversations import progress
from conversations.exchange.api.access import BOTH, CLINICIAN, answers, needs, note_listed, patient_of
from conversations.exchange.api.escalations import ByClinician, clinician_for
from conversations.exchange.api.paging import USUAL, Cursor, Limit, Page, page
from conversations.exchange.door import service_user
from conversations.models import ObjectiveRecord, Session, Utterance
from conversations.views import TRANSCRIPT_READ

router = Router(tags=["conversations"])
invited = Router(tags=["conversations"])
objectives = Router(tags=["objectives"])
LONGEST_H = 30 * 24


class InvitationIn(Schema):
    model_config = ConfigDict(extra="forbid")
    patient_id: UUID
    lifetime_h: Annotated[int, Field(ge=1, le=LONGEST_H)] = 7 * 24


class InvitationMade(Schema):
    """`conversation_url` is told here and never again. The patient also needs their date of birth to open it."""

    invitation_id: UUID
    patient_id: UUID
    conversation_url: str
    expires_at: datetime.datetime


class InvitationOut(Schema):
    id: UUID
    patient_id: UUID
    made_at: datetime.datetime
    expires_at: datetime.datetime
    opened_at: datetime.datetime | None
    revoked_at: datetime.datetime | None


class ConversationOut(Schema):
    """`status` is waiting, live, lost or ended; `shutdown_reason` why it ended."""

    id: UUID
    patient_id: UUID
    status: str = Field(alias="state")
    shutdown_reason: str = Field(alias="reason")
    made_at: datetime.datetime
    joined_at: datetime.datetime | None
    ended_at: datetime.datetime | None


class UtteranceOut(Schema):
    """For the assistant: what was heard, never what was merely generated. `citation` is where a fact stands."""

    turn: int
    role: str = Field(alias="speaker")
    source: str
    speech: str = Field(alias="text")
    citation: dict[str, Any] | None
    position_ms: int
    interrupted: bool
    at: datetime.datetime


class ObjectiveOut(Schema):
    """`output_variables`: by name, the value, its type, the patient's words and the turn they were said in."""

    id: UUID
    conversation_id: UUID = Field(alias="session_id")
    objective_name: str = Field(alias="name")
    status: str = Field(alias="state")
    output_variables: dict[str, Any] = Field(alias="variables")
    completed_at: datetime.datetime | None
    confirmed_by_id: UUID | None


@router.post("", auth=needs("conversations:write", BOTH), response=answers(InvitationMade, 201))
def create_conversation(request: HttpRequest, body: InvitationIn) -> Any:
    """Invite a patient. The conversation begins when they open the link, prove who they are and agree to it."""
    patient = patient_of(request, body.patient_id)
    invitation, link = invitations.make(patient, lifetime=datetime.timedelta(hours=body.lifetime_h))
    made = {"invitation_id": invitation.pk, "patient_id": patient.pk, "conversation_url": link}
    return Status(201, {**made, "expires_at": invitation.expires_at})


@router.get("", auth=needs("conversations:read", CLINICIAN), response=answers(Page[ConversationOut]), by_alias=False)
def list_conversations(
    request: HttpRequest,
    limit: Limit = USUAL,
    cursor: Cursor = "",
    status: Annotated[str, Query(pattern=f"^({'|'.join(Session.State.values)})?$")] = "",
    patient_id: UUID | None = None,
) -> Any:
    asked = {"state": status, "patient_id": patient_id}
    theirs = Session.objects.filter(patient__in=care.patients_of(service_user(request)))
    rows = theirs.filter(**{name: is_ for name, is_ in asked.items() if is_})
    found, following = page(rows, "made_at", cursor, limit)
    note_listed((row.patient_id for row in found), "conversations")
    return {"data": found, "next_cursor": following}


@router.get("/{uuid:conversation_id}", auth=needs("conversations:read", CLINICIAN), response=answers(ConversationOut))
def read_conversation(request: HttpRequest, conversation_id: UUID) -> Any:
    session = _session(request, conversation_id)
    note_listed([session.patient_id], f"session:{session.pk}")
    return session


@router.get(
    "/{uuid:conversation_id}/transcript",
    auth=needs("conversations:read", CLINICIAN),
    response=answers(list[UtteranceOut]),
)
def read_transcript(request: HttpRequest, conversation_id: UUID) -> Any:
    """Every word as it was heard, in order."""
    session = _session(request, conversation_id)
    audit.record(TRANSCRIPT_READ, patient_id=session.patient_id, subject=f"session:{session.pk}")
    return Utterance.objects.filter(session=session).select_related("session")


@router.get(
    "/{uuid:conversation_id}/objectives",
    auth=needs("conversations:read", CLINICIAN),
    response=answers(list[ObjectiveOut]),
)
def list_reached_objectives(request: HttpRequest, conversation_id: UUID) -> Any:
    """What the conversation was to find out, and found out."""
    session = _session(request, conversation_id)
    audit.record(TRANSCRIPT_READ, patient_id=session.patient_id, subject=f"session:{session.pk}")
    return ObjectiveRecord.objects.filter(session=session).select_related("session")


@objectives.post("/{uuid:record_id}/confirm", auth=needs("objectives:write", CLINICIAN), response=answers(ObjectiveOut))
def confirm_objective(request: HttpRequest, record_id: UUID, body: ByClinician) -> Any:
    """A clinician confirms what the conversation found out (`confirmation_mode: manual`)."""
    record = get_object_or_404(ObjectiveRecord.objects.select_related("session"), pk=record_id)
    patient = patient_of(request, record.session.patient_id)
    return progress.confirm_objective(record, clinician_for(patient.pk, body.clinician_id))


@invited.get("", auth=needs("conversations:read", BOTH), response=answers(Page[InvitationOut]))
def list_invitations(request: HttpRequest, patient_id: UUID, limit: Limit = USUAL, cursor: Cursor = "") -> Any:
    patient = patient_of(request, patient_id)
    note_listed([patient.pk], "invitations")
    found, following = page(patient.invitations.all(), "made_at", cursor, limit)
    return {"data": found, "next_cursor": following}


@invited.delete("/{uuid:invitation_id}", auth=needs("conversations:write", BOTH), response=answers(None, 204))
def revoke_invitation(request: HttpRequest, invitation_id: UUID) -> Any:
    """The link no longer opens anything."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    patient_of(request, invitation.patient_id)
    invitations.revoke(invitation)
    return Status(204, None)


def _session(request: HttpRequest, conversation_id: UUID) -> Session:
    session = get_object_or_404(Session, pk=conversation_id)
    patient_of(request, session.patient_id)
    return session

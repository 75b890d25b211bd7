"""Memories: what is remembered of a patient for the next conversation, if they agreed to it."""

import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import ConfigDict

from compliance import audit
from conversations import progress
from conversations.exchange.api.access import CLINICIAN, Line, answers, needs, patient_of
from conversations.exchange.api.escalations import clinician_for
from conversations.exchange.api.paging import USUAL, Cursor, Limit, Page, page
from conversations.models import MemoryFact

router = Router(tags=["memories"])


class MemoryOut(Schema):
    """`topic` is a concept or "objective.variable"; `quote` the words it was learned from."""

    id: UUID
    patient_id: UUID
    kind: str
    topic: str
    text: str
    quote: str
    confidence: float
    learned_at: datetime.datetime
    expires_at: datetime.datetime | None


class Correction(Schema):
    model_config = ConfigDict(extra="forbid")
    text: Line
    clinician_id: UUID


@router.get("", auth=needs("memories:read", CLINICIAN), response=answers(Page[MemoryOut]))
def list_memories(request: HttpRequest, patient_id: UUID, limit: Limit = USUAL, cursor: Cursor = "") -> Any:
    """What is in use now: neither corrected, nor removed, nor expired."""
    patient = patient_of(request, patient_id)
    found, following = page(progress.remembered(patient.pk), "learned_at", cursor, limit)
    audit.record(progress.RECALLED, patient_id=patient.pk, detail={"facts": len(found)})
    return {"data": found, "next_cursor": following}


@router.patch("/{uuid:memory_id}", auth=needs("memories:write", CLINICIAN), response=answers(MemoryOut))
def correct_memory(request: HttpRequest, memory_id: UUID, body: Correction) -> Any:
    """A new memory takes its place; the former is kept, unused."""
    fact = _fact(request, memory_id)
    return progress.correct(fact, text=body.text, by=clinician_for(fact.patient_id, body.clinician_id))


@router.delete("/{uuid:memory_id}", auth=needs("memories:write", CLINICIAN), response=answers(None, 204))
def forget_memory(request: HttpRequest, memory_id: UUID) -> Any:
    progress.forget(_fact(request, memory_id))
    return Status(204, None)


def _fact(request: HttpRequest, memory_id: UUID) -> MemoryFact:
    fact = get_object_or_404(MemoryFact, pk=memory_id, state=MemoryFact.State.CURRENT)
    patient_of(request, fact.patient_id)
    return fact

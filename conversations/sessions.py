"""Calls as rows: wanted by a page, claimed by a callhost, kept alive by a heartbeat, ended once.

A claim is a lease. The process that holds it writes `heartbeat_at`; if it falls
silent, any callhost may claim the call again under a higher `epoch`, and whatever
the old process still writes is refused. Leases are told by the database's clock: a
host whose own clock is wrong takes no calls from others, and loses none to them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from clinic.models import Patient
from compliance import audit, consent
from conversations.errors import NotYourSession, SessionEnded
from conversations.models import Session, Utterance
from conversations.releases import assignment, measured

STARTED = audit.action("session.started", "{actor} started a call with {patient}", "C")
JOINED = audit.action("session.joined", "{patient} joined the call", "E")
LOST = audit.action("session.lost", "The call with {patient} lost its process and is being restored", "E")
REFUSED = audit.action("session.refused", "{actor} was refused a call that is not theirs", "E")
COLLEAGUE_JOINED = audit.action("session.colleague_joined", "{actor} joined the call with {patient}", "E")
COLLEAGUE_LEFT = audit.action("session.colleague_left", "{actor} left the call with {patient}", "E")
ENDED = audit.action("session.ended", "The call with {patient} ended", "U")

FOREIGN_AFTER = timedelta(seconds=3)  # a release of other software is left for hosts with that software this long
SILENT_AFTER = timedelta(seconds=6)  # a live call without a heartbeat for this long has lost its process


@dataclass(frozen=True)
class Claim:
    """The right to run a call, until someone with a higher epoch has it."""

    session_id: UUID
    patient_id: UUID
    epoch: int


def open_for(patient_id: UUID) -> Session:
    """The patient's call that is not over yet, or a new one. Raises `ConsentMissing`."""
    for purpose in consent.NEEDED_FOR_A_CALL:
        consent.require(patient_id, purpose)
    with transaction.atomic():
        current = Session.objects.filter(patient_id=patient_id).exclude(state=Session.State.ENDED).first()
        if current:
            return current
        release = assignment.assign(Patient.objects.get(pk=patient_id))
        session = Session.objects.create(patient_id=patient_id, release=release)
        audit.record(STARTED, patient_id=patient_id, subject=f"session:{session.id}")
        return session


def want(session_id: UUID) -> None:
    """A page waits for this call to be run. Raises `SessionEnded`."""
    with transaction.atomic():
        session = Session.objects.select_for_update().get(pk=session_id)
        if session.state == Session.State.ENDED:
            raise SessionEnded(str(session_id))
        if not session.host and session.wanted_at is None:
            session.wanted_at = Now()
            session.save(update_fields=["wanted_at"])


def claim(host: str) -> Claim | None:
    """Take the call that has waited longest, or one whose process fell silent. None if there is none."""
    # A host sees its own processes die; silence tells of the death of another host.
    silent = Q(state=Session.State.LIVE, heartbeat_at__lt=Now() - SILENT_AFTER) & ~Q(host=host)
    for_here = assignment.runs_here() | Q(wanted_at__lt=Now() - FOREIGN_AFTER)
    waiting = Q(host="", wanted_at__isnull=False) & for_here
    with transaction.atomic():
        session = (
            Session.objects.select_for_update(skip_locked=True, of=("self",))
            .exclude(state=Session.State.ENDED)
            .filter(silent | waiting)
            .order_by("wanted_at")
            .first()
        )
        if session is None:
            return None
        if session.state == Session.State.LIVE:
            audit.record(LOST, patient_id=session.patient_id, subject=f"session:{session.id}")
        session.host, session.epoch, session.wanted_at = host, session.epoch + 1, None
        session.state, session.heartbeat_at = Session.State.LIVE, Now()
        session.save(update_fields=["host", "epoch", "wanted_at", "state", "heartbeat_at"])
        return Claim(session.id, session.patient_id, session.epoch)


def release(held: Claim) -> None:
    """The process of this claim died: whoever can may take the call now."""
    with transaction.atomic():
        lost = _held(held).exclude(state=Session.State.ENDED)
        if lost.update(host="", state=Session.State.LOST, wanted_at=Now()):
            audit.record(LOST, patient_id=held.patient_id, subject=f"session:{held.session_id}")


def heartbeat(held: Claim, process_id: int) -> None:
    """Raises `NotYourSession` if another process has the call, or it is over."""
    alive = _held(held).filter(state=Session.State.LIVE)
    if not alive.update(heartbeat_at=Now(), process_id=process_id):
        raise NotYourSession(str(held.session_id))


def joined(held: Claim) -> None:
    with transaction.atomic():
        if _held(held).filter(joined_at=None).update(joined_at=timezone.now()):
            audit.record(JOINED, patient_id=held.patient_id, subject=f"session:{held.session_id}")


def finish(held: Claim, reason: str) -> None:
    """Ends once: a second call changes nothing."""
    with transaction.atomic():
        ended = _held(held).exclude(state=Session.State.ENDED)
        if ended.update(state=Session.State.ENDED, reason=reason, ended_at=timezone.now(), host=""):
            audit.record(
                ENDED, patient_id=held.patient_id, subject=f"session:{held.session_id}", detail={"reason": reason}
            )


def keep_utterance(
    held: Claim,
    *,
    turn: int,
    speaker: str,
    text: str,
    position_ms: int,
    source: str = "speech",
    interrupted: bool = False,
    citation: Mapping[str, Any] | None = None,
) -> UUID:
    """Returns the utterance's id. Raises `NotYourSession`."""
    with transaction.atomic():
        session = _mine(held)
        utterance = Utterance.objects.create(
            session=session,
            turn=turn,
            speaker=speaker,
            source=source,
            text=text,
            position_ms=max(0, position_ms),
            interrupted=interrupted,
            citation=dict(citation) if citation else None,
            at=timezone.now(),
        )
        return utterance.id


def keep_dialogue(held: Claim, snapshot: Mapping[str, Any]) -> None:
    """What the next process needs to go on. Raises `NotYourSession`."""
    with transaction.atomic():
        session = _mine(held)
        session.dialogue = dict(snapshot)
        session.save(update_fields=["dialogue"])
        measured.keep(held.session_id, snapshot)


def live(session_ids: Collection[UUID]) -> set[UUID]:
    """Those of them that are running now."""
    running = Session.objects.filter(pk__in=session_ids, state=Session.State.LIVE)
    return set(running.values_list("pk", flat=True))


def _held(held: Claim) -> Any:
    return Session.objects.filter(pk=held.session_id, epoch=held.epoch)


def _mine(held: Claim) -> Session:
    session: Session | None = _held(held).select_for_update().first()
    if session is None:
        raise NotYourSession(str(held.session_id))
    return session

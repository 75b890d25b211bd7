"""The protocols of this clinic: those that ship, and the versions that an admin makes of them.

A published version is never changed: editing makes a draft, publishing replaces the
version in use for calls that begin from then on. A call goes on with the version it
began with, and where a release is in use, calls begin with the versions that it pins.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from clinic.models import Patient
from compliance import audit
from conversations import protocols
from conversations.models import ProtocolVersion, Session
from conversations.protocols import BadProtocol, CallProtocol

logger = logging.getLogger(__name__)

DRAFTED = audit.action("protocol.drafted", "{actor} drafted a version of a protocol", "C")
PUBLISHED = audit.action("protocol.published", "{actor} put a version of a protocol into use", "U")
DROPPED = audit.action("protocol.dropped", "{actor} dropped a draft of a protocol", "D")
EXPORTED = audit.action("protocol.exported", "{actor} exported a protocol", "R")

State = ProtocolVersion.State


class NotADraft(Exception):
    """Only a draft can be changed, published or dropped."""


def in_use() -> Mapping[str, CallProtocol]:
    """By name: the clinic's published versions, and the shipped protocols that it has not replaced."""
    published = ProtocolVersion.objects.filter(state=State.PUBLISHED)
    return {**protocols.shipped(), **{row.name: as_protocol(row) for row in published}}


def for_patient(patient: Patient, among: Mapping[str, CallProtocol] | None = None) -> CallProtocol:
    """What to talk about with this patient, going by why they were in hospital. `among`: what a release holds."""
    return protocols.choose(patient.procedure, among or in_use())


def used_in(session: Session) -> CallProtocol:
    """The version that this call went by; where it wrote none down, what would be used now. Raises `BadProtocol`."""
    return _written_down(session) or for_patient(session.patient)


def for_call(session: Session, among: Mapping[str, CallProtocol]) -> CallProtocol:
    """The version that this call began with, whatever was published or taken back since; for a new call, by `among`."""
    try:
        used = _written_down(session)
    except BadProtocol:
        logger.warning("the protocol that session %s began with no longer fits the software", session.pk)
        used = None
    return used or for_patient(session.patient, among)


def _written_down(session: Session) -> CallProtocol | None:
    used = (session.dialogue or {}).get("protocol", {})
    name, version = str(used.get("name", "")), int(used.get("version", 0))
    shipped = protocols.shipped().get(name)
    if shipped and shipped.version == version:
        return shipped
    row = ProtocolVersion.objects.filter(name=name, version=version).first()
    return as_protocol(row) if row else None


def as_protocol(row: ProtocolVersion) -> CallProtocol:
    """Raises `BadProtocol` if a stored version no longer fits the software."""
    return protocols.from_json({**row.content, "version": row.version})


def draft(protocol: CallProtocol, by: Any) -> ProtocolVersion:
    """Keep an edited protocol as a new version, not in use yet."""
    with transaction.atomic():
        versions = ProtocolVersion.objects.filter(name=protocol.name)
        latest = versions.aggregate(n=Max("version"))["n"] or protocols.shipped_version(protocol.name)
        row = ProtocolVersion.objects.create(
            name=protocol.name,
            version=latest + 1,
            title=protocol.title,
            content=protocols.to_json(protocol),
            made_by=by,
        )
        audit.record(DRAFTED, subject=_subject(row))
    return row


def publish(row: ProtocolVersion) -> ProtocolVersion:
    """Use this version for calls that begin from now on. Raises `NotADraft`, `BadProtocol`."""
    with transaction.atomic():
        locked = ProtocolVersion.objects.select_for_update().get(pk=row.pk)
        if locked.state != State.DRAFT:
            raise NotADraft
        as_protocol(locked)
        ProtocolVersion.objects.filter(name=locked.name, state=State.PUBLISHED).update(state=State.RETIRED)
        locked.state, locked.published_at = State.PUBLISHED, timezone.now()
        locked.save(update_fields=["state", "published_at"])
        audit.record(PUBLISHED, subject=_subject(locked))
    return locked


def drop(row: ProtocolVersion) -> None:
    """Raises `NotADraft`."""
    with transaction.atomic():
        locked = ProtocolVersion.objects.select_for_update().get(pk=row.pk)
        if locked.state != State.DRAFT:
            raise NotADraft
        audit.record(DROPPED, subject=_subject(locked))
        locked.delete()


def export(protocol: CallProtocol) -> str:
    """The protocol as YAML."""
    audit.record(EXPORTED, subject=f"protocol:{protocol.name}:{protocol.version}")
    return protocols.dump(protocol)


def _subject(row: ProtocolVersion) -> str:
    return f"protocol:{row.name}:{row.version}"

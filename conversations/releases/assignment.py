"""Which release a call runs: decided when the call is made, and looked at again by each process that runs it.

A call is never refused for want of a release. Where the chosen one cannot be started, the one in
use before it is taken, and failing that what is installed; the audit trail says so.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from clinic.models import Patient
from compliance import audit
from conversations.models import Release, Rollout, Session
from conversations.protocols import CallProtocol
from conversations.releases import installed
from conversations.releases.allotment import reached
from conversations.releases.bundle import Bundle, hindrances

NOT_STARTED = audit.action("release.not_started", "A call could not be run with the release that was meant for it", "E")


@dataclass(frozen=True)
class Choice:
    """What a call runs with. `release` is None for what is installed; `protocols` by name."""

    release: Release | None
    bundle: Bundle
    protocols: dict[str, CallProtocol]


def in_use() -> Release | None:
    """The release that everyone gets whom no rollout reaches. None: as installed."""
    complete = Rollout.objects.filter(state=Rollout.State.COMPLETE).select_related("release").first()
    return complete.release if complete else None


def running() -> Rollout | None:
    return Rollout.objects.filter(state=Rollout.State.RUNNING).select_related("release", "base").first()


def runs_here() -> Q:
    """Sessions whose release this software can run."""
    return Q(release=None) | Q(release__software=installed.software_digest())


def assign(patient: Patient) -> Release | None:
    """The release that this patient's next call runs."""
    rollout = running()
    if rollout and _reaches(rollout, patient):
        return rollout.release
    return in_use()


def _reaches(rollout: Rollout, patient: Patient) -> bool:
    teams = set(rollout.teams.values_list("pk", flat=True))
    return (not teams or patient.care_team_id in teams) and reached(patient.pk, rollout.pk, rollout.percent)


def for_call(session_id: UUID) -> Choice:
    """Asked by the process of a call before it starts. A release that was taken back meanwhile is not started again."""
    with transaction.atomic():
        session = Session.objects.select_related("release", "patient").get(pk=session_id)
        rollout, current = running(), in_use()
        still = {release.pk for release in (current, rollout and rollout.release) if release}
        wanted = session.release if session.release_id in still else assign(session.patient)
        choice = _first_that_starts(session, wanted, current)
        if choice.release != session.release:
            Session.objects.filter(pk=session.pk).update(release=choice.release)
    return choice


def _first_that_starts(session: Session, *releases: Release | None) -> Choice:
    ground, known = installed.ground(), installed.known_protocols()
    for release in dict.fromkeys(release for release in releases if release):
        bundle = Bundle(release.parts)
        because = hindrances(bundle, ground)
        if not because:
            held = {name: known[digest] for name, digest in bundle.protocols.items()}
            return Choice(release, bundle, held)
        audit.record(
            NOT_STARTED,
            patient_id=session.patient_id,
            subject=f"release:{release.pk}",
            outcome="failed",
            reason=because[0],
            detail={"session": str(session.pk), "version": settings.VERSION},
        )
    bundle = installed.bundle()
    return Choice(None, bundle, {name: known[digest] for name, digest in bundle.protocols.items()})

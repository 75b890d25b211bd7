"""The life of a release: drafted, signed by a clinician, rolled out step by step, put into use, or taken back.

Called by the administrator's pages and, for rolling back, by `watching`. Every verb raises
`ReleaseRefused` with what to do instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.models import CareTeam, User
from compliance import audit
from compliance.access import Role
from conversations.errors import ReleaseRefused
from conversations.models import Release, Rollout, Session
from conversations.releases import assignment, installed, measured
from conversations.releases.bundle import Bundle, Part, hindrances
from conversations.releases.gates import limits_from

DRAFTED = audit.action("release.drafted", "{actor} drafted a release", "C")
SIGNED = audit.action("release.signed", "{actor} signed a release off", "U")
ROLLED_OUT = audit.action("release.rolled_out", "{actor} began to roll out a release", "U")
WIDENED = audit.action("release.widened", "{actor} changed how many patients a release reaches", "U")
COMPLETED = audit.action("release.completed", "{actor} put a release into use for everyone", "U")
ROLLED_BACK = audit.action("release.rolled_back", "{actor} took a release back", "U")

MOST_PERCENT = 95  # while it is compared, some patients must keep what it is compared with
State = Rollout.State


def draft(changes: Mapping[str, Part], note: str, by: User) -> Release:
    """A release of what is installed, with `changes` to the parts that can be chosen."""
    try:
        bundle = installed.bundle().with_parts(changes)
    except KeyError as problem:
        raise ReleaseRefused(_("There is nothing to choose called {name}.").format(name=problem.args[0])) from None
    same = Release.objects.filter(digest=bundle.digest).first()
    if same:
        raise ReleaseRefused(_("Release {number} is exactly this. Change something.").format(number=same.number))
    with transaction.atomic():
        release = Release.objects.create(
            digest=bundle.digest, software=bundle.software, parts=dict(bundle.parts), note=note, made_by=by
        )
        audit.record(DRAFTED, subject=_subject(release), detail={"sha256": bundle.digest})
    release.refresh_from_db()
    return release


def sign(release: Release, by: User) -> None:
    if by.role != Role.CLINICIAN:
        raise ReleaseRefused(_("Only a clinician can sign a release off."))
    with transaction.atomic():
        unsigned = Release.objects.filter(pk=release.pk, signed_by=None)
        if not unsigned.update(signed_by=by, signed_at=timezone.now()):
            raise ReleaseRefused(_("This release has been signed off already."))
        audit.record(SIGNED, subject=_subject(release), detail={"sha256": release.digest})


def roll_out(
    release: Release, percent: int, teams: Sequence[CareTeam] = (), *, mends_what_spent_the_budget: bool = False
) -> Rollout:
    """Begin to give `release` to some patients. Limits for the gates are taken now, from the calls until here.

    While the error budget is overspent, only a release that mends that.
    """
    if release.signed_by_id is None:
        raise ReleaseRefused(_("A clinician has to sign this release off first."))
    if hindrances(Bundle(release.parts), installed.ground()):
        raise ReleaseRefused(_("This release cannot be started with the software installed here."))
    base = assignment.in_use()
    if base == release:
        raise ReleaseRefused(_("This release is in use already."))
    overspent = [one.promise.name for one in measured.budgets(timezone.now()) if one.is_overspent]
    if overspent and not mends_what_spent_the_budget:
        raise ReleaseRefused(_("The error budget is overspent. Mend that first, or say that this release mends it."))
    limits = limits_from(measured.before(base, timezone.now()))
    try:
        with transaction.atomic():
            rollout = Rollout.objects.create(
                release=release,
                base=base,
                percent=_within(percent),
                limits=asdict(limits),
                started_at=timezone.now(),
            )
            rollout.teams.set(teams)
            spent = {"budget_overspent": ",".join(overspent)} if overspent else {}
            audit.record(
                ROLLED_OUT, subject=_subject(release), detail={"percent": percent, "teams": len(teams), **spent}
            )
    except IntegrityError:
        raise ReleaseRefused(_("Another release is being rolled out. Finish that one first.")) from None
    return rollout


def widen(rollout: Rollout, percent: int) -> None:
    """Reach more patients, or fewer."""
    with transaction.atomic():
        locked = _locked(rollout, State.RUNNING)
        locked.percent = _within(percent)
        locked.save(update_fields=["percent"])
        audit.record(WIDENED, subject=_subject(locked.release), detail={"percent": percent})


def complete(rollout: Rollout) -> None:
    """Give it to everyone, from their next call on."""
    with transaction.atomic():
        locked = _locked(rollout, State.RUNNING)
        Rollout.objects.filter(state=State.COMPLETE).update(state=State.REPLACED)
        locked.state, locked.ended_at = State.COMPLETE, timezone.now()
        locked.save(update_fields=["state", "ended_at"])
        audit.record(COMPLETED, subject=_subject(locked.release))


def roll_back(rollout: Rollout, reason: str, figures: Mapping[str, Any] | None = None) -> None:
    """Back to what was in use before, for every call from now on and for those that wait for a process.

    `reason` is a measure of the gates, or "person".
    """
    with transaction.atomic():
        locked = _locked(rollout, State.RUNNING, State.COMPLETE)
        if locked.state == State.COMPLETE and assignment.running():
            raise ReleaseRefused(_("Another release is being rolled out. Take that one back first."))
        locked.state, locked.ended_at, locked.reason = State.ROLLED_BACK, timezone.now(), reason
        locked.save(update_fields=["state", "ended_at", "reason"])
        _restore(locked.base)
        waiting = Session.objects.filter(release=locked.release).exclude(state__in=("live", "ended"))
        waiting.update(release=locked.base)
        detail = {"reason": reason, "release": locked.release.number, **(figures or {})}
        audit.record(ROLLED_BACK, subject=_subject(locked.release), detail=detail)


def _restore(base: Release | None) -> None:
    """The rollout that `base` came with is in use again, unless another still is."""
    former = Rollout.objects.filter(release=base, state=State.REPLACED).order_by("-ended_at").first()
    if former and not Rollout.objects.filter(state=State.COMPLETE).exists():
        Rollout.objects.filter(pk=former.pk).update(state=State.COMPLETE)


def _locked(rollout: Rollout, *states: State) -> Rollout:
    locked = Rollout.objects.select_for_update(of=("self",)).select_related("release", "base").get(pk=rollout.pk)
    if locked.state not in states:
        raise ReleaseRefused(_("This rollout is over."))
    return locked


def _within(percent: int) -> int:
    if not 1 <= percent <= MOST_PERCENT:
        raise ReleaseRefused(_("Choose between 1 and {most} percent.").format(most=MOST_PERCENT))
    return percent


def _subject(release: Release) -> str:
    return f"release:{release.pk}"

"""The on-call rota: who is on for which team, with swaps, absences, and nobody forgotten."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from clinic.ladder import Whom
from clinic.models import Absence, CareTeam, OnCallShift, User
from compliance import audit
from compliance.access import Role

PLANNED = audit.action("rota.planned", "{actor} planned on-call shifts", "C")
SWAPPED = audit.action("rota.swapped", "{actor} gave an on-call shift to someone else", "U")
REMOVED = audit.action("rota.removed", "{actor} removed an on-call shift", "D")
ABSENT = audit.action("rota.absent", "{actor} noted an absence", "C")
WEEK = timedelta(days=7)


def plan(team: CareTeam, tier: int, user: User, starts_at: datetime, ends_at: datetime, *, weeks: int = 1) -> None:
    """The same shift for so many weeks. The clinic's clock times stay, whatever daylight saving does."""
    starts, ends = timezone.localtime(starts_at), timezone.localtime(ends_at)
    with transaction.atomic():
        OnCallShift.objects.bulk_create(
            OnCallShift(team=team, tier=tier, user=user, starts_at=starts + n * WEEK, ends_at=ends + n * WEEK)
            for n in range(weeks)
        )
        audit.record(PLANNED, subject=f"team:{team.pk}", detail={"user": str(user.pk), "tier": tier, "weeks": weeks})


def swap(shift: OnCallShift, to: User) -> None:
    with transaction.atomic():
        OnCallShift.objects.filter(pk=shift.pk).update(user=to)
        audit.record(SWAPPED, subject=f"shift:{shift.pk}", detail={"from": str(shift.user_id), "to": str(to.pk)})


def remove(shift: OnCallShift) -> None:
    with transaction.atomic():
        audit.record(REMOVED, subject=f"shift:{shift.pk}", detail={"user": str(shift.user_id)})
        shift.delete()


def note_absence(user: User, starts_at: datetime, ends_at: datetime) -> Absence:
    with transaction.atomic():
        absence = Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at)
        audit.record(ABSENT, subject=f"user:{user.pk}")
    return absence


def on_call(team: CareTeam, tier: int, at: datetime) -> QuerySet[User]:
    """Who is on now, without those who are away."""
    away = Absence.objects.filter(user=OuterRef("pk"), starts_at__lte=at, ends_at__gt=at)
    return User.objects.filter(
        ~Exists(away),
        is_active=True,
        shifts__team=team,
        shifts__tier=tier,
        shifts__starts_at__lte=at,
        shifts__ends_at__gt=at,
    ).distinct()


def team_members(team: CareTeam) -> QuerySet[User]:
    return team.members.filter(is_active=True, is_service=False, role=Role.CLINICIAN)


def recipients(whom: Whom, team: CareTeam, at: datetime) -> list[User]:
    """Whom to page. A gap in the rota widens the circle; it never pages nobody while anybody works here."""
    first, second, everyone = on_call(team, 1, at), on_call(team, 2, at), team_members(team)
    admins = User.objects.filter(is_active=True, is_service=False, role=Role.ADMIN)
    for circle in _circles(whom, first, second, everyone, admins):
        people = list(dict.fromkeys(circle))
        if people:
            return people
    return []


def _circles(
    whom: Whom, first: Iterable[User], second: Iterable[User], everyone: Iterable[User], admins: Iterable[User]
) -> Iterator[Iterable[User]]:
    """From the narrowest that is meant outwards. Asked for one by one: most pages need the first only."""
    if whom is Whom.INCIDENT:
        yield [*everyone, *admins]
        return
    if whom is Whom.FIRST:
        yield first
        yield second
    elif whom is Whom.SECOND:
        behind = list(second)
        yield [*first, *behind] if behind else []
    yield everyone
    yield admins


def gaps(
    shifts: Iterable[tuple[datetime, datetime]], begin: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The times between `begin` and `end` that no shift covers. Pure."""
    uncovered, at = [], begin
    for starts, ends in sorted(shifts):
        if starts > at:
            uncovered.append((at, min(starts, end)))
        at = max(at, ends)
        if at >= end:
            return uncovered
    uncovered.append((at, end))
    return uncovered

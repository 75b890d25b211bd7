"""The people who work here: their accounts, roles and care teams."""

from collections.abc import Iterable

from django.db import transaction

from clinic.models import CareTeam, User
from compliance import audit

ADDED = audit.action("staff.added", "{actor} added a member of staff", "C")
CHANGED = audit.action("staff.changed", "{actor} changed the role or teams of a member of staff", "U")
CLOSED = audit.action("staff.closed", "{actor} closed the account of a member of staff", "U")
TEAM_ADDED = audit.action("team.added", "{actor} added a care team", "C")


def add(
    *,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    role: str,
    teams: Iterable[CareTeam],
    password: str,
    phone: str = "",
) -> User:
    with transaction.atomic():
        user = User(username=username, first_name=first_name, last_name=last_name, email=email, role=role, phone=phone)
        user.set_password(password)
        user.save()
        user.care_teams.set(teams)
        audit.record(ADDED, subject=f"user:{user.pk}", detail={"role": role})
    return user


def change(user: User, *, role: str, teams: Iterable[CareTeam], is_active: bool, phone: str = "") -> User:
    """A closed account is out within seconds: every page and socket asks again."""
    with transaction.atomic():
        closing = user.is_active and not is_active
        user.role, user.is_active, user.phone = role, is_active, phone
        user.save(update_fields=["role", "is_active", "phone"])
        user.care_teams.set(teams)
        audit.record(CLOSED if closing else CHANGED, subject=f"user:{user.pk}", detail={"role": role})
    return user


def add_team(name: str) -> CareTeam:
    with transaction.atomic():
        team = CareTeam.objects.create(name=name)
        audit.record(TEAM_ADDED, subject=f"team:{team.pk}")
    return team

"""The audit trail: declared actions, recorded in the same transaction as the change.

Each app declares its own actions beside its verbs. `record` refuses anything
undeclared, and raises if the row cannot be written: what cannot be audited is not done.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from compliance.errors import AuditUnavailable, UndeclaredAction

Detail = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Action:
    """`code` is stored; `sentence` is shown, with {actor} and {patient} filled in; `kind` is C, R, U, D or E."""

    code: str
    sentence: str
    kind: str = "E"


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where: `user:<uuid>`, `patient:<uuid>` or `system:<process>`."""

    name: str
    where: str = ""


SYSTEM = Actor("system:aftercare")
_actions: dict[str, Action] = {}
_acting: ContextVar[Actor] = ContextVar("acting", default=SYSTEM)


def action(code: str, sentence: str, kind: str = "E") -> Action:
    """Declare an action. Raises `ValueError` if the code is taken."""
    if code in _actions:
        raise ValueError(f"audit action {code} is declared twice")
    _actions[code] = Action(code, sentence, kind)
    return _actions[code]


def declared() -> Mapping[str, Action]:
    return _actions


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Everything recorded inside is done by `actor`."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def current_actor() -> Actor:
    return _acting.get()


def record(
    what: Action,
    *,
    patient_id: UUID | None = None,
    subject: str = "",
    outcome: str = "ok",
    reason: str = "",
    detail: Detail | None = None,
) -> None:
    """Write one event, in the caller's transaction. `detail` takes codes and counts, never a patient's words.

    Raises `UndeclaredAction`, or `AuditUnavailable` if the row cannot be written: then nothing may happen or be shown.
    """
    from compliance.models import AuditEvent

    if _actions.get(what.code) is not what:
        raise UndeclaredAction(what.code)
    actor = current_actor()
    event = AuditEvent(
        at=timezone.now(),
        action=what.code,
        actor=actor.name,
        where=actor.where,
        patient_id=patient_id,
        subject=subject,
        outcome=outcome,
        reason=reason,
        detail=dict(detail or {}),
    )
    try:
        event.save(force_insert=True)
    except DatabaseError as problem:
        raise AuditUnavailable(type(problem).__name__) from None

"""The audit trail: declared actions, recorded in the same transaction as the change.

Each app declares its own actions beside its verbs. `record` refuses anything
undeclared, and raises if the row cannot be written: what cannot be audited is not done.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection
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
Observer = Callable[[str, UUID | None, str, Detail], None]
_observers: dict[str, list[Observer]] = {}
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


def when_recorded(code: str, observer: Observer) -> None:
    """Call `observer(code, patient_id, subject, detail)` in the transaction in which `code` is recorded as done."""
    _observers.setdefault(code, []).append(observer)


def naming(patient_ids: Iterable[UUID]) -> dict[str, str | int]:
    """The detail of an entry about a list: whom it showed. `compliance.breach` counts them."""
    ids = dict.fromkeys(str(patient_id) for patient_id in patient_ids)
    return {"count": len(ids), "patients": ",".join(ids)}


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
    actor, codes = current_actor(), detail or {}
    who = (actor.name, actor.where[:120])
    how = (patient_id, subject, outcome, reason[:200], json.dumps(dict(codes)))
    _write(what, _ROW, [uuid4(), timezone.now(), what.code, *who, *how])
    if outcome == "ok":
        for observer in _observers.get(what.code, ()):
            observer(what.code, patient_id, subject, codes)


def record_each(what: Action, actors: Collection[Actor], detail: Detail) -> None:
    """An event for each of several actors who looked at the same at once, in one statement. Raises as `record` does.

    Of an action that nobody observes (`when_recorded`).
    """
    names, places = [actor.name for actor in actors], [actor.where[:120] for actor in actors]
    shared = [timezone.now(), what.code, json.dumps(dict(detail))]
    _write(what, _ROW_EACH, [*shared, [uuid4() for _ in actors], names, places])


# Plain statements: this is on the path of every page, and the ORM would triple its cost.
_INSERT = (
    'INSERT INTO compliance_auditevent (uid, at, action, actor, "where", patient_id, subject, outcome, reason, detail) '
)
_ROW = "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
# The detail, which may name hundreds of rows, goes to the database once for all who saw them.
_ROW_EACH = (
    "SELECT uid, shared.at, shared.action, actor, place, NULL::uuid, '', 'ok', '', shared.detail "
    "FROM (SELECT %s::timestamptz AS at, %s AS action, %s::jsonb AS detail) AS shared, "
    "unnest(%s::uuid[], %s::text[], %s::text[]) AS one (uid, actor, place)"
)


def _write(what: Action, rows: str, values: list[Any]) -> None:
    if _actions.get(what.code) is not what:
        raise UndeclaredAction(what.code)
    try:
        _insert(rows, values)
    except DatabaseError as problem:
        raise AuditUnavailable(type(problem).__name__) from None


def _insert(rows: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT + rows, values)

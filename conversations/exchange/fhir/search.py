"""Reading one resource and searching many, a page at a time. What is shown is recorded, patient by patient."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.http import urlencode

from clinic.models import User
from compliance import audit, base64url
from conversations.exchange.errors import Problem
from conversations.exchange.fhir.kinds import Kind, Rows, bad, uuid_of
from conversations.exchange.fhir.parts import Resource

READ = audit.action("fhir.read", "{actor} read {patient}'s record as FHIR", "R")
SEARCHED = audit.action("fhir.searched", "{actor} found {patient}'s record in a FHIR search", "R")
MOST = 100
USUAL = 20
_CONTROLS = ("_count", "_cursor", "_format")
_ALIASES = {"subject": "patient"}


@dataclass(frozen=True)
class Found:
    """A resource with the row it was made of, and its place among that row's resources."""

    resource: Resource
    row: Any
    index: int


def read(kind: Kind, user: User, id_: str) -> Resource:
    """Raises `Problem` if there is no such resource, or it is not this user's to see."""
    try:
        key = UUID(kind.key_of(id_))
    except ValueError:
        raise _missing() from None
    row = kind.rows(user).filter(**{kind.key: key}).first()
    found = next((one for one in kind.resources(row) if one["id"] == id_), None) if row is not None else None
    if found is None:
        raise _missing()
    audit.record(READ, patient_id=kind.patient_id(row), subject=f"{kind.name}:{id_}")
    return found


def search(kind: Kind, user: User, asked: Mapping[str, list[str]], address: str) -> Resource:
    """A searchset Bundle. `address` is the absolute URL of the search, without its query. Raises `Problem`."""
    rows = _filtered(kind, kind.rows(user), asked)
    count = _count(asked)
    found = _page(kind, rows, asked.get("_cursor", [""])[0], count + 1)
    shown, more = found[:count], len(found) > count
    _note(kind, shown)
    links = [_link("self", address, asked)]
    if more and shown:
        links.append(_link("next", address, {**asked, "_cursor": [_written(kind, shown[-1])]}))
    root = address.rpartition("/")[0]
    entries = [
        {
            "fullUrl": f"{root}/{kind.name}/{one.resource['id']}",
            "resource": one.resource,
            "search": {"mode": "match"},
        }
        for one in shown
    ]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return {**bundle, "entry": entries} if entries else bundle


def _filtered(kind: Kind, rows: Rows, asked: Mapping[str, list[str]]) -> Rows:
    """Whatever is not understood is refused: to ignore it would show more than was asked for."""
    for name, values in asked.items():
        if name in _CONTROLS:
            continue
        parameter = kind.parameters.get(_ALIASES.get(name, name))
        for value in values:
            if name == "_id":
                rows = rows.filter(
                    **{f"{kind.key}__in": [uuid_of("_id", kind.key_of(one)) for one in value.split(",")]}
                )
            elif parameter is None:
                raise Problem(
                    400, "no_such_parameter", f"{kind.name} cannot be searched by one of the parameters given."
                )
            else:
                rows = parameter.search(rows, value)
    return rows


def _count(asked: Mapping[str, list[str]]) -> int:
    text = asked.get("_count", [str(USUAL)])[0]
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise bad("_count")
    return max(1, min(int(text), MOST))


def _page(kind: Kind, rows: Rows, cursor: str, count: int) -> list[Found]:
    """Up to `count` resources after the cursor, newest rows first."""
    last, skipped = None, -1
    if cursor:
        at, last, skipped = _read(kind, rows, cursor)
        rows = rows.filter(Q(**{f"{kind.time}__lt": at}) | Q(**{kind.time: at, "pk__lte": last}))
    found: list[Found] = []
    for one in _in_turn(kind, rows.order_by(f"-{kind.time}", "-pk"), count):
        if one.row.pk == last and one.index <= skipped:
            continue
        found.append(one)
        if len(found) == count:
            break
    return found


def _in_turn(kind: Kind, rows: Rows, count: int) -> Iterator[Found]:
    for row in rows.iterator(chunk_size=count + 1):
        for index, resource in enumerate(kind.resources(row)):
            yield Found(resource, row, index)


def _note(kind: Kind, shown: Iterable[Found]) -> None:
    """One entry for each patient of whom something was shown; one without a patient if nothing was."""
    patients = dict.fromkeys(kind.patient_id(one.row) for one in shown) or {None: None}
    for patient_id in patients:
        audit.record(SEARCHED, patient_id=patient_id, subject=kind.name)


def _written(kind: Kind, last: Found) -> str:
    place = [getattr(last.row, kind.time).isoformat(), str(last.row.pk), last.index]
    return base64url.write(json.dumps(place).encode())


def _read(kind: Kind, rows: Rows, cursor: str) -> tuple[datetime, Any, int]:
    try:
        at, key, index = json.loads(base64url.read(cursor))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not isinstance(index, int):
            raise ValueError
        pk = int(key) if kind.key == "uid" else UUID(key)
        if isinstance(pk, int) and not 0 <= pk < 2**63:
            raise ValueError
        return moment, pk, index
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Problem(400, "bad_cursor", "Follow the link named next; do not make cursors.") from None


def _link(relation: str, address: str, asked: Mapping[str, list[str]]) -> Resource:
    query = urlencode(dict(sorted(asked.items())), doseq=True)
    return {"relation": relation, "url": f"{address}?{query}" if query else address}


def _missing() -> Problem:
    return Problem(404, "not_found", "There is no such resource, or it is not yours to see.")

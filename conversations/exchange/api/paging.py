"""Lists a page at a time: by key, not by number, so that a page stays right while rows are added.

A cursor is opaque to callers: the time and id of the last row they had.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from ninja import Query, Schema

from compliance import base64url
from conversations.exchange.errors import Problem

MOST = 100
USUAL = 50
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many rows at most.")]
Cursor = Annotated[str, Query(max_length=200, description="`next_cursor` of the page before.")]
T = TypeVar("T")


class Page(Schema, Generic[T]):
    """`next_cursor` is empty on the last page."""

    data: list[T]
    next_cursor: str = ""


def page(rows: "QuerySet[Any]", by: str, cursor: str, limit: int) -> tuple[list[Any], str]:
    """A page of `rows`, newest by the time field `by` first, and the cursor of the next. Raises `Problem`."""
    if cursor:
        at, last = _read(cursor)
        rows = rows.filter(Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": last}))
    found = list(rows.order_by(f"-{by}", "-pk")[: limit + 1])
    more = len(found) > limit
    return found[:limit], _write(getattr(found[limit - 1], by), found[limit - 1].pk) if more else ""


def _write(at: datetime, key: UUID) -> str:
    return base64url.write(f"{at.isoformat()} {key}".encode())


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64url.read(cursor).decode()
        at, key = text.split(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError
        return moment, UUID(key)
    except ValueError:
        raise Problem(400, "bad_cursor", "Take the cursor from next_cursor of the page before.") from None

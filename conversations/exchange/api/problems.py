"""Problems as other machines read them: RFC 9457 `application/problem+json`."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from conversations.exchange.door import problem_of
from conversations.exchange.errors import Problem


class Fault(Schema):
    """One thing that is wrong with a request: where (a JSON pointer) and what kind of wrong."""

    pointer: str
    code: str


class ProblemDetails(Schema):
    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] = []


def answer(problem: Problem, faults: Sequence[Fault] = ()) -> HttpResponse:
    told = ProblemDetails(
        type=f"urn:aftercare:problem:{problem.code}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        errors=list(faults),
    )
    return HttpResponse(json.dumps(told.dict()), status=problem.status, content_type="application/problem+json")


def handle(api: NinjaAPI) -> None:
    """Answer every exception inside an operation with a problem."""
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http)
    for kind in (Http404, Exception):  # Http404 by name, because ninja has a handler of its own for it
        api.add_exception_handler(kind, _any)


def _any(request: HttpRequest, error: Any) -> HttpResponse:
    return answer(problem_of(error))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    faults = [Fault(pointer=_pointer(one["loc"], one["type"]), code=one["type"]) for one in error.errors]
    return answer(Problem(422, "invalid", "The request does not fit the OpenAPI document."), faults)


def _pointer(place: Sequence[Any], code: str) -> str:
    """Where in the request. The name of a field that does not exist is left out: it might be anything."""
    known = place[:-1] if code == "extra_forbidden" else place
    return "".join(f"/{part}" for part in known)


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    if error.status_code == 400:
        return answer(Problem(400, "not_understood", "The body is not JSON."))
    return answer(Problem(error.status_code, "refused", HTTPStatus(error.status_code).phrase))

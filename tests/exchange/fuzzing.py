"""Schemathesis over the OpenAPI document, with a token of every role. `python -m tests.exchange` runs it long.

Each operation is called with requests that fit the document and with such that do not;
ids are often real ones of Maria's, so that what lies behind them is reached. No answer
may be a server error, and no role may be answered what is not for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from compliance.access import Role
from conversations.exchange.api.service import api
from tests import cast
from tests.exchange import belongings, machines
from tests.exchange.examples import REQUESTS

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def document() -> Any:
    """The OpenAPI document, its ids offered as examples beside invented ones."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def roles() -> dict[str, tuple[Role, str]]:
    """Who → role and token."""
    teams = {"clinicians": cast.orthopaedics(), "strangers": cast.cardiology()}
    found = {
        name: (Role.CLINICIAN, machines.token_for(machines.client_of(Role.CLINICIAN, team))[1])
        for name, team in teams.items()
    }
    for role in (Role.ADMIN, Role.OFFICER):
        found[str(role)] = (role, machines.token_for(machines.client_of(role))[1])
    return found


def demands() -> dict[str, tuple[Role, ...]]:
    """Operation id → the roles it is for."""
    return {
        operation.view_func.__name__: operation.auth_callbacks[0].roles  # type: ignore[attr-defined]
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    }


def fuzz(examples: int) -> Iterator[tuple[str, int]]:
    """Calls every operation `examples` times a kind of request; yields each with how many requests it took.

    Raises what schemathesis raises, or `AssertionError` if a role was answered what is not for it.
    """
    things, visitors, meant = belongings.everything(), roles(), demands()
    with _connections_kept():
        for result in document().get_all_operations():
            operation, count = result.ok(), 0
            roles_meant = meant[operation.definition.raw["operationId"]]
            for mode in GenerationMode:
                count += _fuzz(operation, mode, examples, things, visitors, roles_meant)
            yield operation.label, count


@contextmanager
def _connections_kept() -> Iterator[None]:
    """The test's own transaction goes on after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _fuzz(operation: Any, mode: Any, examples: int, things: Any, visitors: Any, meant: tuple[Role, ...]) -> int:
    count = 0

    @settings(REQUESTS, max_examples=examples)
    @given(data=st.data())
    def run(data: Any) -> None:
        nonlocal count
        case = data.draw(operation.as_strategy(generation_mode=mode))
        name = data.draw(st.sampled_from(sorted(visitors)))
        if data.draw(st.integers(0, 3)):
            real = {key: str(things[key]) for key in case.path_parameters or {} if key in things}
            case.path_parameters = {**(case.path_parameters or {}), **real}
        role, token = visitors[name]
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        count += 1
        case.validate_response(response, checks=CHECKS)
        if role not in meant:
            assert response.status_code in (400, 401, 403, 404, 405, 429), (name, operation.label, response.status_code)
        if name == "strangers":
            assert "canary" not in response.text, (name, operation.label)

    try:
        run()
    except Exception as problem:
        if type(problem).__name__ in ("Unsatisfiable", "SkipTest"):  # no request can fail to fit this operation
            return count
        raise
    return count

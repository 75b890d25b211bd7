"""The FHIR endpoint: what it can do, reads and searches. Errors are OperationOutcomes."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from compliance.access import public
from conversations.exchange import clients
from conversations.exchange.door import machines_only, refuse, service_user, token_of
from conversations.exchange.errors import Problem
from conversations.exchange.fhir import search
from conversations.exchange.fhir.kinds import KINDS, Kind
from conversations.exchange.fhir.parts import Resource
from conversations.exchange.scopes import allows_fhir

ROOT = "/fhir"
_ISSUES = {400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 410: "deleted", 429: "throttled"}


def outcome(problem: Problem) -> HttpResponse:
    """A problem as an OperationOutcome, which never repeats what was sent."""
    issue = {
        "severity": "error",
        "code": _ISSUES.get(problem.status, "exception"),
        "details": {"text": problem.detail},
        "diagnostics": problem.code,
    }
    return _answer({"resourceType": "OperationOutcome", "issue": [issue]}, problem.status)


fhir_only = machines_only(outcome)


@public
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """What this server can do. Open to all: it holds nothing of anybody."""
    return _answer(capability())


@fhir_only
@require_safe
def read_one(request: HttpRequest, fhir_type: str, resource_id: str) -> HttpResponse:
    return _answer(search.read(_kind(request, fhir_type), service_user(request), resource_id))


@fhir_only
def nowhere(request: HttpRequest, elsewhere: str) -> HttpResponse:
    """What has no place in FHIR's addresses, such as an id with a slash, is answered as FHIR, too."""
    raise Problem(404, "no_such_address", "Ask for a type, or for a type and an id, with one slash between.")


@fhir_only
@require_safe
def search_some(request: HttpRequest, fhir_type: str) -> HttpResponse:
    return _searched(request, fhir_type)


@fhir_only
@require_POST
def search_by_post(request: HttpRequest, fhir_type: str) -> HttpResponse:
    """The same with nothing in the address."""
    return _searched(request, fhir_type)


def _searched(request: HttpRequest, fhir_type: str) -> HttpResponse:
    asked = {**dict(request.GET.lists()), **dict(request.POST.lists())}
    kind = _kind(request, fhir_type)
    return _answer(search.search(kind, service_user(request), asked, f"{settings.BASE_URL}{ROOT}/{kind.name}"))


def capability() -> Resource:
    """A CapabilityStatement of the kinds as they are."""
    token_url = f"{settings.BASE_URL}{ROOT}/token"
    smart = {
        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
        "extension": [{"url": "token", "valueUri": token_url}],
    }
    service = {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
        ]
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "software": {"name": "Aftercare", "version": settings.VERSION},
        "implementation": {"description": "Aftercare", "url": f"{settings.BASE_URL}{ROOT}"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"extension": [smart], "service": [service]},
                "resource": [_capable(kind) for kind in KINDS.values()],
            }
        ],
    }


def _capable(kind: Kind) -> Resource:
    parameters = [{"name": "_id", "type": "token"}]
    parameters += [{"name": name, "type": one.kind} for name, one in kind.parameters.items()]
    if "patient" in kind.parameters:
        parameters.append({"name": "subject", "type": "reference"})
    return {
        "type": kind.name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": parameters,
    }


def _kind(request: HttpRequest, fhir_type: str) -> Kind:
    """The type that is asked for, if this token and its role may. Raises `Problem`."""
    kind = KINDS.get(fhir_type)
    if kind is None:
        raise Problem(404, "no_such_type", "This server keeps no resources of this type.")
    if not allows_fhir(clients.scopes_of(token_of(request)), kind.name):
        raise refuse("scope_missing", f"This token lacks the scope system/{kind.name}.rs.")
    if service_user(request).role not in kind.roles:
        raise refuse("role_not_meant", f"{kind.name} is for the role {' or '.join(kind.roles)}.")
    return kind


def _answer(resource: Any, status: int = 200) -> HttpResponse:
    body = json.dumps(resource, ensure_ascii=False)
    return HttpResponse(body, status=status, content_type="application/fhir+json; charset=utf-8")

"""Personas, objectives and guardrails: what conversations are made of. Nothing here is about a patient."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from conversations import protocol_book
from conversations.exchange.api.access import BOTH, answers, needs
from conversations.exchange.errors import Problem
from conversations.guardrails import rules
from conversations.protocols import CallProtocol, to_json

personas = Router(tags=["personas"])
objectives = Router(tags=["objectives"])
guardrails = Router(tags=["guardrails"])


class PersonaOut(Schema):
    """A protocol in use: who speaks, how a conversation opens and closes, for which conditions."""

    persona_id: str
    persona_name: str
    version: int
    suits: list[str]
    manner: dict[str, str]
    custom_greeting: str
    closing: str
    guardrails: list[str]
    objectives_id: str


class ObjectivesOut(Schema):
    """`data`: objective_name, objective_prompt, confirmation_mode, output_variables, modality, successors."""

    objectives_id: str
    version: int
    data: list[dict[str, Any]]


class GuardrailOut(Schema):
    """A rule on the patient's words. `verdict`: none, note, ask_back, question, escalate or emergency."""

    guardrail_name: str
    guardrail_prompt: str
    verdict: str


@personas.get("", auth=needs("protocols:read", BOTH), response=answers(list[PersonaOut]))
def list_personas(request: HttpRequest) -> Any:
    return [_persona(protocol) for protocol in protocol_book.in_use().values()]


@personas.get("/{persona_id}", auth=needs("protocols:read", BOTH), response=answers(PersonaOut))
def read_persona(request: HttpRequest, persona_id: str) -> Any:
    return _persona(_protocol(persona_id))


@objectives.get("", auth=needs("protocols:read", BOTH), response=answers(list[ObjectivesOut]))
def list_objectives(request: HttpRequest) -> Any:
    return [_objectives(protocol) for protocol in protocol_book.in_use().values()]


@objectives.get("/{objectives_id}", auth=needs("protocols:read", BOTH), response=answers(ObjectivesOut))
def read_objectives(request: HttpRequest, objectives_id: str) -> Any:
    return _objectives(_protocol(objectives_id))


@guardrails.get("", auth=needs("protocols:read", BOTH), response=answers(list[GuardrailOut]))
def list_guardrails(request: HttpRequest) -> Any:
    """All rules, emergencies first."""
    return [
        {"guardrail_name": rule.id, "guardrail_prompt": rule.text, "verdict": rule.verdict.value}
        for rule in rules.declared().values()
    ]


def _protocol(name: str) -> CallProtocol:
    found = protocol_book.in_use().get(name)
    if found is None:
        raise Problem(404, "not_found", "No protocol of this name is in use.")
    return found


def _persona(protocol: CallProtocol) -> dict[str, Any]:
    return {
        "persona_id": protocol.name,
        "persona_name": protocol.title,
        "version": protocol.version,
        "suits": list(protocol.suits),
        "manner": dict(protocol.persona),
        "custom_greeting": protocol.greeting,
        "closing": protocol.closing,
        "guardrails": list(protocol.guardrails),
        "objectives_id": protocol.name,
    }


def _objectives(protocol: CallProtocol) -> dict[str, Any]:
    return {"objectives_id": protocol.name, "version": protocol.version, "data": to_json(protocol)["objectives"]}

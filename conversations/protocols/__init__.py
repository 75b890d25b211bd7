"""Protocols: who speaks, how the call opens and closes, and what it wants to find out. Pure.

A protocol is data: YAML on disk and in exports (`protocols/*.yaml` are the ones that
ship), rows once a clinic edits it (`conversations.models.protocols`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from conversations import conditions
from conversations.objectives import Objective, Variable, VariableType

FOLDER = Path(__file__).parent


class BadProtocol(ValueError):
    """A protocol that cannot be used; the message lists what to change, one thing a line."""


@dataclass(frozen=True)
class CallProtocol:
    """Texts may hold {called}, {clinic} and {emergency_number}. `suits` lists the conditions it is for."""

    name: str
    title: str
    objectives: tuple[Objective, ...]
    version: int = 1
    suits: tuple[str, ...] = ()
    persona: Mapping[str, str] = field(default_factory=dict)
    greeting: str = ""
    closing: str = ""
    guardrails: tuple[str, ...] = ()  # what the clinic adds in its own words; steers a model, never replaces a rule
    emergency_number: str = "911"
    crisis_line: str = "988"
    clinic_phone: str = ""


def shipped() -> dict[str, CallProtocol]:
    """The protocols that come with the product, by name."""
    return dict(_shipped())


@lru_cache
def _shipped() -> Mapping[str, CallProtocol]:
    """Read once a process: they do not change while it runs, and YAML is slow."""
    return {path.stem: parse(path.read_text()) for path in sorted(FOLDER.glob("*.yaml"))}


def shipped_version(name: str) -> int:
    """The version of a shipped protocol; 0 if none ships under this name."""
    found = shipped().get(name)
    return found.version if found else 0


def load(name: str) -> CallProtocol:
    return parse((FOLDER / f"{name}.yaml").read_text())


def parse(text: str) -> CallProtocol:
    """Read a protocol from YAML. Raises `BadProtocol`."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise BadProtocol(f"This is not YAML: {problem}") from problem
    return from_json(data)


def dump(protocol: CallProtocol) -> str:
    return yaml.safe_dump(to_json(protocol), sort_keys=False, allow_unicode=True, width=110)


def digest(protocol: CallProtocol) -> str:
    """SHA-256 of everything in it: by this a release names the protocols that it was signed with."""
    return hashlib.sha256(json.dumps(to_json(protocol), sort_keys=True, default=str).encode()).hexdigest()


def to_json(protocol: CallProtocol) -> dict[str, Any]:
    data = asdict(protocol)
    for objective in data["objectives"]:
        objective["output_variables"] = [_without_defaults(v) for v in objective["output_variables"]]
        for name in ("next_required_objectives",):
            objective[name] = list(objective[name])
    data["objectives"] = list(data["objectives"])
    data["suits"], data["guardrails"] = list(data["suits"]), list(data["guardrails"])
    return data


def _without_defaults(variable: dict[str, Any]) -> dict[str, Any]:
    plain = {**variable, "type": str(variable["type"]), "options": list(variable["options"])}
    if variable["type"] != VariableType.NUMBER:
        del plain["minimum"], plain["maximum"]
    return {name: value for name, value in plain.items() if value is not False and value not in ("", [])}


def from_json(data: Any) -> CallProtocol:
    """Raises `BadProtocol`."""
    if not isinstance(data, dict) or not {"name", "title", "objectives"} <= set(data):
        raise BadProtocol("A protocol starts with a name, a title and objectives.")
    try:
        protocol = CallProtocol(
            **{
                **data,
                "objectives": tuple(_objective(item) for item in data.get("objectives", ())),
                "suits": tuple(data.get("suits", ())),
                "guardrails": tuple(data.get("guardrails", ())),
            }
        )
    except (TypeError, ValueError, AttributeError) as problem:
        raise BadProtocol(str(problem)) from problem
    problems = faults(protocol)
    if problems:
        raise BadProtocol("\n".join(problems))
    return protocol


def _objective(item: dict[str, Any]) -> Objective:
    return Objective(
        **{
            **item,
            "output_variables": tuple(_variable(variable) for variable in item.get("output_variables", ())),
            "next_required_objectives": tuple(item.get("next_required_objectives", ())),
            "next_conditional_objectives": dict(item.get("next_conditional_objectives", {})),
        }
    )


def _variable(item: dict[str, Any]) -> Variable:
    kind = VariableType(item["type"])
    return Variable(**{**item, "type": kind, "options": tuple(str(option) for option in item.get("options", ()))})


def faults(protocol: CallProtocol) -> list[str]:
    """What would go wrong in a call, a sentence each. Empty if it can be used."""
    names = [objective.objective_name for objective in protocol.objectives]
    found = [f'Two objectives are named "{name}".' for name in sorted(set(names)) if names.count(name) > 1]
    if not names:
        found.append("A protocol needs at least one objective.")
    if "{called}" not in protocol.greeting or "AI" not in protocol.greeting:
        found.append("The greeting must address the patient with {called} and say that it is an AI assistant.")
    for text in (protocol.greeting, protocol.closing):
        found += _unknown_places(text)
    variables = {v.name for o in protocol.objectives for v in o.output_variables}
    for objective in protocol.objectives:
        found += _objective_faults(objective, names, variables)
    return found


PLACES = frozenset({"called", "clinic", "emergency_number", "crisis_line"})


def _unknown_places(text: str) -> list[str]:
    """What a greeting or goodbye wants filled in that nobody fills in."""
    try:
        wanted = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return [f'"{text[:40]}" has a brace without its partner.']
    listed = ", ".join(f"{{{name}}}" for name in sorted(PLACES))
    return [
        f"Nothing is known to put in the place of {{{name}}}; there are {listed}." for name in sorted(wanted - PLACES)
    ]


def _objective_faults(objective: Objective, names: list[str], variables: set[str]) -> list[str]:
    here = f'Objective "{objective.objective_name}"'
    found = []
    if not objective.objective_name.isidentifier():
        found.append(f"{here}: a name has letters, digits and underscores, and no spaces.")
    if not objective.output_variables:
        found.append(f"{here} asks nothing: give it at least one output variable.")
    if objective.confirmation_mode not in ("auto", "manual"):
        found.append(f'{here}: confirmation_mode is "auto" or "manual".')
    if objective.modality not in ("verbal", "visual"):
        found.append(f'{here}: modality is "verbal" or "visual".')
    if objective.callback and not objective.callback.startswith("https://"):
        found.append(f"{here}: callback is the address of a webhook endpoint, and begins with https://.")
    successors = (*objective.next_required_objectives, *objective.next_conditional_objectives)
    found += [f'{here} leads to "{name}", which is not an objective.' for name in successors if name not in names]
    stated = [*objective.next_conditional_objectives.values(), *(v.only_if for v in objective.output_variables)]
    for condition in filter(None, stated):
        found += _condition_faults(here, condition, variables)
    for variable in objective.output_variables:
        if not variable.ask:
            found.append(f'{here}: "{variable.name}" needs the question that asks for it.')
        if variable.type == VariableType.CHOICE and len(variable.options) < 2:
            found.append(f'{here}: "{variable.name}" is a choice and needs two options or more.')
    return found


def _condition_faults(here: str, condition: str, variables: set[str]) -> list[str]:
    try:
        unknown = conditions.names(condition) - variables
    except conditions.BadCondition as problem:
        return [f"{here}: {problem}"]
    return [f'{here}: the condition "{condition}" speaks of "{name}", which nothing asks.' for name in sorted(unknown)]


def choose(diagnosis: str, among: Mapping[str, CallProtocol]) -> CallProtocol:
    """The protocol whose `suits` fit what the patient was in hospital for; after_surgery where none does."""
    told = diagnosis.casefold()
    fitting = [protocol for protocol in among.values() if any(word in told for word in protocol.suits)]
    return next(iter(fitting), None) or among.get("after_surgery") or next(iter(among.values()))

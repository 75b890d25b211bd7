"""The page of the documentation that lists every operation, written from the OpenAPI document and the FHIR kinds."""

from typing import Any, cast

from conversations.exchange.api.access import Bearer
from conversations.exchange.api.service import api
from conversations.exchange.fhir.kinds import KINDS
from conversations.exchange.scopes import ALL


def page() -> str:
    lines = [
        "# API",
        "",
        "Every operation under `/api/v1`, written from the code. `/api/v1/openapi.json` describes them for programs.",
        "An operation needs its scope *and* one of its roles; where patients are concerned, also their care team.",
        "[How to use it](../how-to/connect-other-systems.md).",
    ]
    tag = ""
    for path, verb, told, demand in _operations():
        if told["tags"][0] != tag:
            tag = told["tags"][0]
            lines += ["", f"## {tag.capitalize()}", "", "| operation | | scope | roles |", "|---|---|---|---|"]
        what = " ".join(told.get("description", told["summary"]).split())
        scope = f"`{demand.scope}`" if demand.scope else "any"
        lines.append(f"| `{verb.upper()} {path}` | {what} | {scope} | {', '.join(demand.roles)} |")
    return "\n".join([*lines, *_fhir(), *_scopes()]) + "\n"


def _operations() -> list[tuple[str, str, dict[str, Any], Bearer]]:
    demands = {
        operation.view_func.__name__: cast(Bearer, operation.auth_callbacks[0])
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    }
    document = api.get_openapi_schema(path_prefix="")
    return [
        (path, verb, told, demands[told["operationId"]])
        for path, verbs in document["paths"].items()
        for verb, told in verbs.items()
    ]


def _fhir() -> list[str]:
    lines = ["", "## FHIR R4", "", "Under `/fhir`: `GET /fhir/TYPE/ID`, `GET /fhir/TYPE?…`, `POST /fhir/TYPE/_search`."]
    lines += ["", "| type | searched by, besides `_id`, `_count` | roles |", "|---|---|---|"]
    lines += [
        f"| {kind.name} | {', '.join(f'`{name}`' for name in kind.parameters)} | {', '.join(kind.roles)} |"
        for kind in KINDS.values()
    ]
    return lines


def _scopes() -> list[str]:
    lines = ["", "## Scopes", "", "| scope | |", "|---|---|"]
    return lines + [f"| `{name}` | {words} |" for name, words in ALL.items()]

"""What a token may be good for. Pure.

Scopes of the REST API are ours; those of FHIR follow SMART App Launch 2.2
(`system/Patient.rs`: read and search).
"""

from collections.abc import Iterable, Mapping

REST: Mapping[str, str] = {
    "patients:read": "Read patients, their plans, consents and follow-ups",
    "patients:write": "Enrol and correct patients",
    "conversations:read": "Read conversations, transcripts and what was found out",
    "conversations:write": "Invite patients to conversations, and withdraw invitations",
    "objectives:write": "Confirm, for a named clinician, what a conversation found out",
    "memories:read": "Read what is remembered for the next conversation",
    "memories:write": "Correct and remove what is remembered",
    "documents:read": "Read discharge documents",
    "documents:write": "Upload discharge documents",
    "escalations:read": "Read escalations",
    "escalations:write": "Take and resolve escalations for a named clinician",
    "protocols:read": "Read personas, objectives and guardrails",
    "webhooks:read": "Read webhook endpoints and their deliveries",
    "webhooks:write": "Add, change, test and remove webhook endpoints",
}
FHIR_TYPES = (
    "AuditEvent",
    "CarePlan",
    "Communication",
    "Consent",
    "DocumentReference",
    "Flag",
    "MedicationRequest",
    "Patient",
    "Provenance",
    "QuestionnaireResponse",
)
FHIR: Mapping[str, str] = {
    "system/*.rs": "Read and search every FHIR resource",
    **{f"system/{name}.rs": f"Read and search {name}" for name in FHIR_TYPES},
}
ALL: Mapping[str, str] = {**REST, **FHIR}


def known(asked: Iterable[str]) -> list[str]:
    """Those of `asked` that exist, once each, in the order of the list above."""
    wanted = set(asked)
    return [scope for scope in ALL if scope in wanted]


def allows_fhir(held: Iterable[str], type_: str) -> bool:
    scopes = set(held)
    return "system/*.rs" in scopes or f"system/{type_}.rs" in scopes


def granted(asked: Iterable[str], held: Iterable[str]) -> list[str]:
    """What a client that holds `held` gets of the SMART scopes it asks for: `.r`, `.s`, `.read` narrow to what is held.

    A wildcard that is not held as such is answered with the types that are.
    """
    may = set(held)
    found: set[str] = set()
    for scope in asked:
        type_ = _type_of(scope)
        if type_ == "*":
            found |= {"system/*.rs"} & may or {one for one in may if one.startswith("system/")}
        elif type_ and allows_fhir(may, type_):
            found.add(f"system/{type_}.rs")
    return known(found)


def _type_of(scope: str) -> str:
    """The resource type of a SMART system scope of version 1 or 2, or "" if it is none of ours."""
    head, _dot, may = scope.partition(".")
    context, _slash, type_ = head.partition("/")
    fits = context == "system" and may in ("rs", "r", "s", "read")
    return type_ if fits and (type_ == "*" or type_ in FHIR_TYPES) else ""

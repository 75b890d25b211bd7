"""Every operation × every role and scope: whoever is not meant to see something sees nothing of it."""

import re

import pytest

from compliance.access import REFUSED, Role
from compliance.models import AuditEvent
from conversations.exchange import scopes
from conversations.exchange.api.service import api
from tests import cast
from tests.exchange import belongings, machines

pytestmark = pytest.mark.django_db
MARIAS = {"patient_id", "conversation_id", "escalation_id", "document_id", "memory_id", "record_id", "invitation_id"}
CANARIES = ("canary", "lindqvist", "hip replacement")


def operations():
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield f"{operation.methods[0].lower()} {router.prefix}{path}", operation


OPERATIONS = dict(operations())


def call(machine, name, things):
    verb, path = name.split(" ")
    path = re.sub(r"{(?:\w+:)?(\w+)}", lambda found: str(things[found[1]]), path)
    return machine.ask(verb, path, {} if verb in ("post", "put", "patch") else None)


def demand(name):
    return OPERATIONS[name].auth_callbacks[0]


@pytest.fixture
def things():
    return belongings.everything()


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_names_a_scope_and_roles(name):
    assert demand(name).scope in scopes.REST or name == "get /token"
    assert demand(name).roles
    assert OPERATIONS[name].signature.has_kwargs is False


def test_no_scope_is_promised_that_opens_nothing():
    assert {demand(name).scope for name in OPERATIONS} - {""} == set(scopes.REST)


def test_whoever_is_not_meant_sees_nothing(things):
    without = machines.Machine(
        machines.token_for(machines.client_of(Role.CLINICIAN, cast.orthopaedics(), held=["x"]))[1]
    )
    visitors = {None: without, Role.ADMIN: machines.admins(), Role.CLINICIAN: machines.clinicians()}
    visitors[Role.OFFICER] = machines.officers()
    for name in OPERATIONS:
        for role, machine in visitors.items():
            if name == "get /token" or role in demand(name).roles:
                continue
            before = AuditEvent.objects.latest("id").pk
            response = call(machine, name, things)
            assert response.status_code == 403, (name, role)
            assert not [word for word in CANARIES if word in response.content.decode().casefold()], (name, role)
            noted = AuditEvent.objects.filter(id__gt=before, action=REFUSED.code)
            assert noted.count() == 1, (name, role)


def test_another_team_is_refused_what_is_marias(things):
    strangers = machines.strangers()
    for name in OPERATIONS:
        if Role.CLINICIAN not in demand(name).roles or not MARIAS & set(re.findall(r"(\w+)}", name)):
            continue
        body = {
            "clinician_id": str(cast.stranger().pk),
            "outcome": "advised",
            "text": "well",
            "due_at": "2030-01-01T09:00Z",
        }
        verb, path = name.split(" ")
        path = re.sub(r"{(?:\w+:)?(\w+)}", lambda found: str(things[found[1]]), path)
        allowed = {"acknowledge": ["clinician_id"], "start": ["clinician_id"], "confirm": ["clinician_id"]}
        allowed["call-backs"] = ["clinician_id", "due_at"]
        fields = allowed.get(path.rpartition("/")[2], ["clinician_id", "outcome"])
        if verb == "patch":
            fields = ["clinician_id", "text"]
        sent = {field: body[field] for field in fields} if verb in ("post", "patch") else None
        response = strangers.ask(verb, path, sent)
        assert response.status_code == 403, (name, response.content)
        assert not [word for word in CANARIES if word in response.content.decode().casefold()], name


def test_lists_hold_nothing_of_another_team(things):
    strangers = machines.strangers()
    for path in ("/patients", "/conversations", "/escalations"):
        assert strangers.ask("get", path).json() == {"data": [], "next_cursor": ""}
    for path in ("/memories", "/invitations"):
        assert strangers.ask("get", f"{path}?patient_id={things['patient_id']}").status_code == 403


def test_every_read_works_for_whom_it_is_meant_and_is_in_the_trail(things):
    visitors = {Role.ADMIN: machines.admins(), Role.CLINICIAN: machines.clinicians()}
    quiet = {"/token", "/personas", "/objectives", "/guardrails", "/webhooks", "/care-teams"}  # about no patient
    for name in OPERATIONS:
        verb, path = name.split(" ")
        if verb != "get":
            continue
        if path in ("/memories", "/invitations"):
            path += "?patient_id={uuid:patient_id}"
        for role in demand(name).roles:
            if role not in visitors:
                continue
            before = AuditEvent.objects.latest("id").pk
            response = call(visitors[role], f"get {path}", things)
            assert response.status_code == 200, (name, response.content)
            seen = AuditEvent.objects.filter(id__gt=before)
            about = "/" + path.split("/")[1].partition("?")[0]
            assert seen.count() == (0 if about in quiet else 1), name
            assert all(event.actor.startswith("user:") for event in seen)

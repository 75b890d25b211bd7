"""FHIR: valid resources, honest searches, and nobody sees what is not theirs."""

import json
from urllib.parse import urlsplit

import pytest
from django.test import Client
from fhir.resources.R4B import get_fhir_model_class

from clinic import escalations, plans
from clinic.discharge_plan import DischargePlan, Medicine
from clinic.models import Escalation
from compliance.access import REFUSED, Role
from compliance.models import AuditEvent
from conversations.exchange.fhir import search
from conversations.exchange.fhir.kinds import KINDS
from conversations.exchange.fhir.views import capability
from tests import cast
from tests.clinic import trail
from tests.exchange import belongings, machines

pytestmark = pytest.mark.django_db


def fhir(machine, path, **headers):
    return machine.http.get(f"/fhir/{path}", headers=headers)


@pytest.fixture
def things(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    return belongings.everything()


def readers(kind):
    """A machine for each role that the type is for."""
    made = {Role.ADMIN: machines.admins, Role.CLINICIAN: machines.clinicians, Role.OFFICER: machines.officers}
    return [made[role]() for role in kind.roles]


def test_the_statement_of_capability_is_valid_and_true(client):
    told = client.get("/fhir/metadata").json()
    get_fhir_model_class("CapabilityStatement").model_validate(told)
    assert [one["type"] for one in told["rest"][0]["resource"]] == list(KINDS)
    assert told == capability()


@pytest.mark.parametrize("name", KINDS)
def test_every_type_is_found_valid_and_read_again(things, name):
    escalations.resolve(
        Escalation.objects.get(pk=things["escalation_id"]), cast.dr_osei(), outcome="advised", note="Rest."
    )
    for machine in readers(KINDS[name]):
        bundle = fhir(machine, f"{name}?patient={things['patient_id']}" if name != "Patient" else name).json()
        get_fhir_model_class("Bundle").model_validate(bundle)
        assert bundle["entry"], name
        resource = bundle["entry"][0]["resource"]
        get_fhir_model_class(name).model_validate(resource)
        again = fhir(machine, f"{name}/{resource['id']}")
        assert again.json() == resource
        assert again.headers["Content-Type"].startswith("application/fhir+json")
        assert AuditEvent.objects.filter(action=search.READ.code, subject=f"{name}:{resource['id']}").exists()
        assert AuditEvent.objects.filter(action=search.SEARCHED.code, subject=name).exists()


@pytest.mark.parametrize("name", KINDS)
def test_every_parameter_narrows_or_is_refused(things, name):
    machine = readers(KINDS[name])[0]
    told = {"token": ["x", "active"], "date": ["2000-01-01", "lt2000-01-01T00:00:00Z", "soon", "zz2000-01-01"]}
    told["reference"] = ["Patient/00000000-0000-0000-0000-000000000001", "Patient/maria"]
    for parameter, one in KINDS[name].parameters.items():
        for value in told[one.kind]:
            response = fhir(machine, f"{name}?{parameter}={value}")
            assert response.status_code in (200, 400), (parameter, value)
            if response.status_code == 400:
                get_fhir_model_class("OperationOutcome").model_validate(response.json())
                assert "maria" not in response.content.decode()
    assert fhir(machine, f"{name}?name=maria").status_code == 400
    assert fhir(machine, f"{name}?_count=none").status_code == 400
    assert fhir(machine, f"{name}?_cursor=none").status_code == 400


def test_dates_and_states_choose(things):
    machine = machines.clinicians()
    today = cast.maria().created_at.date().isoformat()
    for query, found in (
        (f"Flag?date={today}", 1),
        (f"Flag?date=gt{today}", 0),
        (f"Flag?date=ge{today}&status=active", 1),
        ("Flag?status=inactive", 0),
        ("Flag?status=active,inactive", 1),
        (f"Flag?subject=Patient/{things['patient_id']}", 1),
        (f"Flag?_id={things['escalation_id']}", 1),
        ("CarePlan?status=draft", 0),
        ("MedicationRequest?status=active", 1),
    ):
        assert len(fhir(machine, query).json().get("entry", [])) == found, query


def test_a_search_may_be_posted(things):
    machine = machines.clinicians()
    found = machine.http.post("/fhir/Flag/_search", {"patient": str(things["patient_id"])})
    assert len(found.json()["entry"]) == 1
    assert machine.http.post("/fhir/Flag", "{}", content_type="application/json").status_code == 405


def test_pages_follow_one_another_and_hold_everything_once(things):
    medicines = tuple(Medicine(f"Medicine {n}") for n in range(5))
    plans.approve(plans.propose(things["patient_id"], DischargePlan(medicines=medicines)), cast.dr_osei())
    machine, seen, path = machines.clinicians(), [], "MedicationRequest?_count=2"
    while path:
        bundle = fhir(machine, path).json()
        assert len(bundle["entry"]) <= 2
        seen += [one["resource"]["id"] for one in bundle["entry"]]
        links = {one["relation"]: urlsplit(one["url"]) for one in bundle["link"]}
        path = f"MedicationRequest?{links['next'].query}" if "next" in links else ""
    assert len(seen) == len(set(seen)) == 6


def test_another_team_finds_nothing_and_reads_nothing(things):
    strangers = machines.strangers()
    for name, kind in KINDS.items():
        if Role.CLINICIAN not in kind.roles:
            continue
        found = fhir(strangers, f"{name}?patient={things['patient_id']}" if name != "Patient" else name)
        assert "entry" not in found.json(), name
        mine = fhir(machines.clinicians(), name).json()["entry"][0]["resource"]["id"]
        refused = fhir(strangers, f"{name}/{mine}")
        assert refused.status_code == 404, name
        assert "canary" not in refused.content.decode()


def test_scope_and_role_are_both_asked_for(things):
    narrow = machines.machine(Role.CLINICIAN, cast.orthopaedics(), held=["system/Flag.rs", "patients:read"])
    assert fhir(narrow, "Flag").status_code == 200
    refused = fhir(narrow, "Patient")
    assert (refused.status_code, refused.json()["issue"][0]["diagnostics"]) == (403, "scope_missing")
    assert trail.only(REFUSED).reason == "scope_missing"
    assert fhir(machines.officers(), "Patient").json()["issue"][0]["diagnostics"] == "role_not_meant"
    assert fhir(machines.clinicians(), "AuditEvent").status_code == 403
    assert Client().get("/fhir/Patient").status_code == 401


FAR = ("Patient/a/b", "Patient/1/_history/2", "Patient/", "Nothing/1/2/3")


def test_nonsense_is_an_outcome(things):
    machine = machines.clinicians()
    for path in ("Nothing", "Nothing/1", "Flag/1", "Provenance/plan-x", "MedicationRequest/x.y", "Patient/%00", *FAR):
        response = fhir(machine, path)
        assert response.status_code == 404, path
        get_fhir_model_class("OperationOutcome").model_validate(json.loads(response.content))


def test_a_search_that_finds_nothing_is_in_the_trail_too():
    fhir(machines.clinicians(), "Flag")
    assert trail.only(search.SEARCHED).patient_id is None

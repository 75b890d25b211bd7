"""What other systems do: enrol, invite, upload, take escalations, correct memories, look after webhooks."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from clinic import escalations, invitations, patients
from clinic.models import Escalation, Invitation, Patient, WebhookEndpoint
from compliance.models import AuditEvent
from conversations import progress
from conversations.models import MemoryFact
from knowledge.models import Document
from tests import cast
from tests.clinic import trail
from tests.exchange import belongings, machines
from tests.exchange.test_door import elsa

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"


def test_enrolling_correcting_and_reading_a_patient():
    machine = machines.admins()
    made = machine.ask("post", "/patients", elsa()).json()
    corrected = machine.ask(
        "put", f"/patients/{made['id']}", {**elsa(), "called": "Mrs Holm", "email": "e@holm.example"}
    )
    assert corrected.status_code == 200
    read = machine.ask("get", f"/patients/{made['id']}").json()
    assert {name: read[name] for name in elsa()} == {**elsa(), "called": "Mrs Holm"}
    assert trail.only(patients.ENROLLED).actor == trail.only(patients.READ).actor
    assert Patient.objects.get().follow_ups.count() == len(
        machine.ask("get", f"/patients/{made['id']}/follow-ups").json()
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"care_team_id": "00000000-0000-0000-0000-000000000001"},
        {"email": "nowhere"},
        {"time_zone": "Mars/Olympus"},
        {"name": ""},
        {"unknown": 1},
        {"name": "a\u0000b"},
    ],
)
def test_what_makes_no_sense_enrols_nobody(changed):
    assert machines.admins().ask("post", "/patients", {**elsa(), **changed}).status_code == 422
    assert not Patient.objects.exists()


def test_pages_of_a_list_hold_everybody_once():
    machine, team = machines.clinicians(), cast.orthopaedics()
    for _ in range(5):
        patients.enrol(patients.Details(team, "A B", "A", datetime.date(1950, 1, 1), "x", datetime.date(2026, 11, 1)))
    seen, cursor = [], ""
    while True:
        told = machine.ask("get", f"/patients?limit=2&cursor={cursor}").json()
        seen += [one["id"] for one in told["data"]]
        cursor = told["next_cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 5
    assert machine.ask("get", "/patients?cursor=guess").json()["code"] == "bad_cursor"
    assert machine.ask("get", "/patients?limit=101").status_code == 422


def test_a_conversation_begins_with_an_invitation_that_can_be_withdrawn():
    machine, maria = machines.clinicians(), cast.maria()
    made = machine.ask("post", "/conversations", {"patient_id": str(maria.pk), "lifetime_h": 24}).json()
    assert "/i/" in made["conversation_url"]
    listed = machine.ask("get", f"/invitations?patient_id={maria.pk}")
    assert made["conversation_url"] not in listed.content.decode()
    assert machine.ask("delete", f"/invitations/{made['invitation_id']}").status_code == 204
    assert Invitation.objects.get().revoked_at
    assert trail.only(invitations.MADE).patient_id == trail.only(invitations.REVOKED).patient_id == maria.pk


def test_a_document_is_uploaded_once_and_waits_for_a_person():
    machine, maria = machines.admins(), cast.maria()

    def upload(name="papers.txt", content=b"Take metoprolol 50 mg twice a day."):
        parts = {"patient_id": str(maria.pk), "document_name": "Papers", "file": SimpleUploadedFile(name, content)}
        return machine.http.post("/api/v1/documents", parts, headers={"Idempotency-Key": name})

    made = upload()
    assert (made.status_code, made.json()["state"], made.json()["document_name"]) == (201, "waiting", "Papers")
    assert upload().headers["Idempotent-Replayed"] == "true"
    assert upload("papers.exe").json()["code"] == "document_unsupported"
    original = machine.ask("get", f"/documents/{made.json()['id']}/original")
    assert original.content == b"Take metoprolol 50 mg twice a day."
    assert Document.objects.count() == 1


def test_only_a_named_clinician_takes_and_closes_an_escalation():
    things, machine = belongings.everything(), machines.clinicians()
    place = f"/escalations/{things['escalation_id']}"
    by = {"clinician_id": str(cast.dr_osei().pk)}
    for nobody in (cast.stranger(), cast.admin(), machines.client_of("clinician", cast.orthopaedics()).user):
        refused = machine.ask("post", f"{place}/acknowledge", {"clinician_id": str(nobody.pk)})
        assert refused.json()["code"] == "no_such_clinician"
    assert machine.ask("post", f"{place}/acknowledge", by).json()["state"] == "acknowledged"
    assert machine.ask("post", f"{place}/start", by).json()["state"] == "in_progress"
    closed = machine.ask("post", f"{place}/resolve", {**by, "outcome": "advised", "note": "Rest."}).json()
    assert (closed["state"], closed["note"], closed["resolved_by_id"]) == ("resolved", "Rest.", by["clinician_id"])
    again = machine.ask("post", f"{place}/resolve", {**by, "outcome": "advised"})
    assert (again.status_code, again.json()["code"]) == (409, "escalation_closed")
    noted = trail.only(escalations.RESOLVED)
    assert noted.actor != f"user:{cast.dr_osei().pk}"  # the machine said so
    assert Escalation.objects.get().resolved_by == cast.dr_osei()


def test_the_words_are_in_the_escalation_and_not_in_the_list():
    things, machine = belongings.everything(), machines.clinicians()
    listed = machine.ask("get", "/escalations?state=raised&severity=urgent")
    assert listed.json()["data"][0]["conversation_id"] == str(things["conversation_id"])
    assert "canary" not in listed.content.decode()
    assert "canary" in machine.ask("get", f"/escalations/{things['escalation_id']}").json()["quote"]
    assert machine.ask("get", "/escalations?state=resolved").json()["data"] == []


def test_a_transcript_and_what_was_found_out():
    things, machine = belongings.everything(), machines.clinicians()
    place = f"/conversations/{things['conversation_id']}"
    assert [one["speech"] for one in machine.ask("get", f"{place}/transcript").json()] == ["the canary aches"]
    found = machine.ask("get", f"{place}/objectives").json()[0]
    assert (found["objective_name"], found["output_variables"]["pain"]["value"]) == ("health_status", 4)
    confirmed = machine.ask(
        "post", f"/objective-records/{found['id']}/confirm", {"clinician_id": str(cast.dr_osei().pk)}
    )
    assert confirmed.json()["status"] == "completed"


def test_memories_are_corrected_and_forgotten():
    things, machine = belongings.everything(), machines.clinicians()
    body = {"text": "that you were dizzy once", "clinician_id": str(cast.dr_osei().pk)}
    right = machine.ask("patch", f"/memories/{things['memory_id']}", body).json()
    assert machine.ask("delete", f"/memories/{right['id']}").status_code == 204
    assert machine.ask("get", f"/memories?patient_id={things['patient_id']}").json()["data"] == []
    assert set(MemoryFact.objects.values_list("state", flat=True)) == {"corrected", "forgotten"}
    assert trail.only(progress.FORGOTTEN).patient_id == things["patient_id"]


def test_webhook_endpoints_are_looked_after(settings):
    settings.WEBHOOKS_MAY_STAY_INSIDE = True
    machine = machines.admins()
    made = machine.ask("post", "/webhooks", {"url": "http://127.0.0.1:9/hook", "events": ["escalation.raised"]}).json()
    assert made["signing_secret"].startswith("whsec_")
    place = f"/webhooks/{made['id']}"
    assert "signing_secret" not in machine.ask("get", place).json()
    assert machine.ask("patch", place, {"events": [], "note": "ours"}).json()["note"] == "ours"
    assert machine.ask("post", f"{place}/rotate").json()["signing_secret"] != made["signing_secret"]
    assert machine.ask("post", f"{place}/test").json()["event"] == "webhook.test"
    sent = machine.ask("get", f"{place}/deliveries").json()["data"][0]
    assert machine.ask("post", f"/webhooks/deliveries/{sent['id']}/replay").status_code == 202
    assert machine.ask("delete", place).status_code == 204
    assert not WebhookEndpoint.objects.exists()


def test_a_webhook_to_an_inside_address_is_refused():
    response = machines.admins().ask("post", "/webhooks", {"url": "https://127.0.0.1/"})
    assert (response.status_code, response.json()["code"]) == (422, "address_refused")


def test_personas_objectives_and_guardrails_say_what_a_call_is_made_of():
    machine = machines.clinicians()
    names = [one["persona_id"] for one in machine.ask("get", "/personas").json()]
    assert "after_surgery" in names
    objectives = machine.ask("get", "/objectives/after_surgery").json()["data"]
    assert objectives[0]["objective_name"] == "health_status"
    assert machine.ask("get", "/personas/nobody").status_code == 404
    assert any(one["verdict"] == "emergency" for one in machine.ask("get", "/guardrails").json())


def test_the_description_is_open_and_says_nothing_of_anybody(client):
    told = client.get("/api/v1/openapi.json")
    assert told.status_code == 200
    assert told.json()["openapi"] == "3.1.0"
    assert not AuditEvent.objects.exists()


def test_another_system_promises_a_call_back_in_a_clinicians_name():
    things, machine = belongings.everything(), machines.clinicians()
    path = f"/escalations/{things['escalation_id']}/call-backs"
    soon = (timezone.now() + datetime.timedelta(hours=1)).isoformat()
    made = machine.ask("post", path, {"clinician_id": str(cast.dr_osei().pk), "due_at": soon})
    assert (made.status_code, made.json()["state"]) == (200, "planned"), made.content
    assert [one["id"] for one in machine.ask("get", path).json()] == [made.json()["id"]]
    past = machine.ask("post", path, {"clinician_id": str(cast.dr_osei().pk), "due_at": "2020-01-01T09:00Z"})
    assert past.json()["code"] == "time_not_possible", past.content

"""A copy of everything, and erasure: two people, no hold, and then nothing readable anywhere."""

import datetime
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.core.management import call_command
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone
from fhir.resources.R4B.bundle import Bundle

from clinic import escalations
from clinic.discharge_plan import Severity
from clinic.models import Escalation, Patient, Plan
from compliance import (
    audit,
    consent,
    copies,
    data_map,
    files,
    keyring,
    personal,
    rights,
    sealing,
    sweeping,
    trail_check,
)
from compliance.errors import KeyDestroyed, NeedsAnother, OnHold
from compliance.models import AuditEvent, ConsentEntry, PatientKey, Purpose, RightsRequest
from conversations.models import Session, Utterance
from knowledge.models import Chunk, Document, Page
from tests import cast

pytestmark = pytest.mark.django_db

CANARY = "Canarius"
ERASURE, ASKED = RightsRequest.Kind.ERASURE, RightsRequest.Ground.PATIENT_ASKED


@pytest.fixture(autouse=True)
def places(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    settings.AUDIT_SIGNING_KEY_PATH = tmp_path / "key"
    settings.AUDIT_WITNESS_DIR = tmp_path / "witness"


def lived(patient):
    """Everything that may come to be kept of a patient, with a canary in each."""
    patient.email = f"{CANARY}@example.org"
    patient.save()
    consent.grant(patient.pk, [Purpose.AI_CALL, Purpose.VOICE])
    call = Session.objects.create(patient=patient, dialogue={"heard": CANARY})
    Utterance.objects.create(
        session=call, turn=1, speaker="patient", text=f"my name is {CANARY}", position_ms=0, at=timezone.now()
    )
    escalations.escalate(
        patient_id=patient.pk, session_id=call.pk, turn=1, rule="chest_pain", severity=Severity.URGENT, quote=CANARY
    )
    Plan.objects.create(patient=patient, version=9, content={"medicines": [CANARY]})
    document = Document.objects.create(
        patient=patient, title=CANARY, kind="txt", sha256="0" * 64, bytes=1, uploaded_by=cast.admin()
    )
    document.file_id = files.seal_file(patient.pk, CANARY, CANARY.encode())
    document.save()
    Page.objects.create(document=document, number=1, text=CANARY)
    Chunk.objects.create(
        document=document, patient=patient, position=0, text=CANARY, page=1, start=0, end=1, vector=[0.1] * 384
    )
    return patient


def everything_stored(folder):
    """All tables as text, and all files as bytes."""
    found = [path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()]
    with connection.cursor() as cursor:
        for model in data_map.descriptions().values():
            table = model.model._meta.db_table
            if model.label != "compliance.PatientKey":
                cursor.execute(f"SELECT t::text FROM {table} t")
                found += [row[0].encode() for row in cursor.fetchall()]
    return b"\n".join(found)


def erase(patient):
    request = rights.ask(ERASURE, patient.pk, cast.officer(), ASKED)
    rights.approve(request, cast.admin())
    rights.carry_out(request)


def test_nothing_of_a_patient_lies_readable_even_before_erasure(settings):
    maria = lived(cast.maria())
    stored = everything_stored(settings.SEALED_FILES_DIR)
    for word in (CANARY, "Lindqvist", "1958-03-02", "hip replacement"):
        assert word.encode() not in stored
        assert word.encode().hex().encode() not in stored
    assert maria.name == "Maria Lindqvist"


def test_after_erasure_only_references_are_left(settings):
    maria, tomas = lived(cast.maria()), lived(cast.another_patient())
    browser = cast.as_patient(maria)
    erase(maria)
    for table in personal.tables():
        left = personal.rows(table, maria.pk).count()
        assert (left == 0) is not table.survives_erasure or left == 0, table.label
        if not table.survives_erasure:
            assert personal.rows(table, tomas.pk).exists() or table.label in _NOT_LIVED
    assert not (settings.SEALED_FILES_DIR / str(maria.pk)).exists()
    assert not BrowserSession.objects.filter(session_key=browser.session.session_key).exists()
    gone = Patient.objects.get(pk=maria.pk)
    assert gone.erased_at
    with pytest.raises(KeyDestroyed):
        _ = gone.name
    assert tomas.name == "Tomas Berg"
    assert Utterance.objects.get().text == f"my name is {CANARY}"
    assert AuditEvent.objects.filter(action="rights.erased", patient_id=maria.pk).count() == 1


_NOT_LIVED = {
    one.label
    for one in personal.tables()
    if one.label.split(".")[1]
    not in {"Patient", "Escalation", "EscalationEvent", "Plan", "Document", "Page", "Chunk", "Session", "Utterance"}
}


def test_the_audit_trail_verifies_after_an_erasure():
    maria = lived(cast.maria())
    sealing.seal()
    erase(maria)
    sealing.seal()
    assert trail_check.check().ok
    assert AuditEvent.objects.filter(patient_id=maria.pk).count() > 3
    assert ConsentEntry.objects.filter(patient_id=maria.pk).count() == 2


def test_yesterdays_backup_brings_nothing_back(settings):
    """The data comes back from its backup; the keys' own backup is not restored over a destroyed key."""
    maria = lived(cast.maria())
    yesterday = list(Patient.objects.filter(pk=maria.pk).values())
    words = list(Utterance.objects.values())
    calls = list(Session.objects.values())
    erase(maria)
    keyring.forget_cached()
    Patient.objects.filter(pk=maria.pk).delete()
    Patient.objects.bulk_create(Patient(**row) for row in yesterday)
    Session.objects.bulk_create(Session(**row) for row in calls)
    Utterance.objects.bulk_create(Utterance(**row) for row in words)
    with pytest.raises(KeyDestroyed):
        _ = Patient.objects.get(pk=maria.pk).name
    with pytest.raises(KeyDestroyed):
        _ = Utterance.objects.get().text


def test_no_backup_of_the_data_holds_a_key():
    """What pg_dump of the main database would hold: no wrapped key is among its tables."""
    keyring.key_for(cast.maria().pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('compliance_patientkey')")
        assert cursor.fetchone() == (None,)
    with connections["keys"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('compliance_patientkey')::text")
        assert cursor.fetchone() == ("compliance_patientkey",)


def test_nobody_erases_alone():
    maria = cast.maria()
    request = rights.ask(ERASURE, maria.pk, cast.officer(), ASKED)
    with pytest.raises(NeedsAnother):
        rights.approve(request, cast.officer())
    rights.carry_out(request)
    assert maria.name == "Maria Lindqvist"
    assert not keyring.is_destroyed(maria.pk)


def test_a_legal_hold_wins():
    maria = lived(cast.maria())
    hold = rights.place_hold(maria.pk, cast.officer(), "case 7/2026")
    request = rights.ask(ERASURE, maria.pk, cast.officer(), ASKED)
    with pytest.raises(OnHold):
        rights.approve(request, cast.admin())
    rights.lift_hold(hold, cast.officer())
    rights.approve(request, cast.admin())
    late = rights.place_hold(maria.pk, cast.officer(), "case 8/2026")
    with pytest.raises(OnHold):
        rights.carry_out(request)
    assert rights.carry_out_all() == 0
    assert maria.name == "Maria Lindqvist"
    rights.lift_hold(late, cast.officer())
    assert rights.carry_out_all() == 1
    assert keyring.is_destroyed(maria.pk)


def test_an_erasure_that_was_interrupted_is_finished_later(monkeypatch):
    maria = lived(cast.maria())
    request = rights.ask(ERASURE, maria.pk, cast.officer(), ASKED)
    rights.approve(request, cast.admin())

    def dies(_patient_id):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(files, "erase_files", dies)
        with pytest.raises(RuntimeError):
            rights.carry_out(request)
    keyring.forget_cached()
    with pytest.raises(KeyDestroyed):  # the key goes first
        _ = Patient.objects.get(pk=maria.pk).name
    assert rights.carry_out_all() == 1
    assert not Escalation.objects.filter(patient=maria).exists()
    assert rights.carry_out_all() == 0


def test_a_request_is_decided_once():
    request = rights.ask(ERASURE, cast.maria().pk, cast.officer(), ASKED)
    assert rights.ask(ERASURE, cast.maria().pk, cast.admin(), ASKED).pk == request.pk
    rights.decline(request, cast.admin())
    rights.approve(request, cast.admin())
    assert request.decision == "declined"


# -- a copy ------------------------------------------------------------------------
def unpacked(patient):
    archive = zipfile.ZipFile(io.BytesIO(copies.archive(patient.pk)))
    return {name: archive.read(name).decode() for name in archive.namelist() if not name.endswith(".pdf")}


def test_a_copy_holds_everything_and_says_who_saw_it():
    maria = lived(cast.maria())
    with audit.acting_as(audit.Actor(f"user:{cast.dr_osei().pk}")):
        audit.record(copies.COPIED, patient_id=maria.pk)
    parts = unpacked(maria)
    told = json.loads(parts["data.json"])
    assert told["tables"]["clinic.Patient"][0]["name"] == "Maria Lindqvist"
    assert told["tables"]["conversations.Utterance"][0]["text"] == f"my name is {CANARY}"
    assert told["tables"]["clinic.Plan"][0]["content"] == {"medicines": [CANARY]}
    assert set(told["tables"]) == {one.label for one in personal.tables()} - copies._LEFT_OUT
    assert any("Abena Osei" in line["what"] for line in told["who_saw"])
    assert f"my name is {CANARY}" in parts["read-me-first.html"]
    assert AuditEvent.objects.filter(action="rights.copied").count() == 2


def test_a_copy_loses_no_field():
    maria = lived(cast.maria())
    for table in personal.tables():
        for row in personal.rows(table, maria.pk):
            assert set(personal.plain(row)) == {column.name for column in data_map.columns(table.model)}


def test_the_bundle_is_valid_fhir():
    maria = lived(cast.maria())
    consent.withdraw(maria.pk, Purpose.VOICE)
    bundle = Bundle.model_validate(json.loads(unpacked(maria)["fhir-bundle.json"]))
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry]
    assert kinds.count("Consent") == 3
    assert kinds.count("Patient") == 1
    assert kinds.count("AuditEvent") == AuditEvent.objects.filter(patient_id=maria.pk).count()
    statuses = [entry.resource.status for entry in bundle.entry if entry.resource.get_resource_type() == "Consent"]
    assert sorted(statuses) == ["active", "inactive", "inactive"]


def test_a_long_life_is_copied_in_good_time():
    maria = lived(cast.maria())
    call = Session.objects.get()
    at = timezone.now()
    for turn in range(2, 1002):
        Utterance.objects.create(session=call, turn=turn, speaker="patient", text="x" * 60, position_ms=0, at=at)
    began = timezone.now()
    told = json.loads(unpacked(maria)["data.json"])
    assert len(told["tables"]["conversations.Utterance"]) == 1001
    assert timezone.now() - began < datetime.timedelta(seconds=60)


# -- retention -------------------------------------------------------------------------
@pytest.mark.parametrize(("early", "left"), [(datetime.timedelta(days=1), 1), (-datetime.timedelta(days=1), 0)])
def test_nothing_goes_before_its_age_and_everything_after(early, left):
    lived(cast.maria())
    keep = data_map.descriptions()["conversations.Session"].keep_for
    sweeping.sweep(timezone.now() + keep - early)
    assert Session.objects.count() == Utterance.objects.count() == left
    swept = AuditEvent.objects.get(action="retention.swept")
    assert ("conversations.Session" in swept.detail) is (left == 0)


def test_a_hold_keeps_what_has_reached_its_age():
    maria, tomas = lived(cast.maria()), lived(cast.another_patient())
    rights.place_hold(maria.pk, cast.officer(), "case 1")
    sweeping.sweep(timezone.now() + datetime.timedelta(days=366 * 20))
    assert set(Session.objects.values_list("patient_id", flat=True)) == {maria.pk}
    assert set(Document.objects.values_list("patient_id", flat=True)) == {maria.pk}
    assert files.erase_files(tomas.pk) == 0
    assert files.erase_files(maria.pk) == 1


def test_the_trail_and_the_ledger_outlive_every_sweep():
    maria = lived(cast.maria())
    before = AuditEvent.objects.count(), ConsentEntry.objects.count(), PatientKey.objects.count()
    sweeping.sweep(timezone.now() + datetime.timedelta(days=366 * 50))
    assert AuditEvent.objects.count() == before[0] + 1
    assert (ConsentEntry.objects.count(), PatientKey.objects.count()) == before[1:]
    assert maria.name == "Maria Lindqvist"


# -- the officer's pages ------------------------------------------------------------------
@pytest.fixture
def officer():
    return cast.signed_in(cast.officer())


def test_the_whole_way_of_an_erasure_on_the_pages(officer):
    maria = lived(cast.maria())
    page = officer.get(reverse("compliance:rights_of_patient", args=[maria.pk])).content.decode()
    assert "Maria L." in page
    officer.post(reverse("compliance:ask_erasure", args=[maria.pk]), {"ground": "patient_asked"})
    request = RightsRequest.objects.get()
    url = reverse("compliance:decide", args=[request.pk])
    assert "Somebody else must approve" in officer.get(reverse("compliance:requests")).content.decode()
    officer.post(url, {"verdict": "approve", "sure": "on"})
    assert not keyring.is_destroyed(maria.pk)
    admin = cast.signed_in(cast.admin())
    assert "Approve and erase now" in admin.get(reverse("compliance:requests")).content.decode()
    assert "Tick that this patient is meant" in admin.post(url, {"verdict": "approve"}, follow=True).content.decode()
    assert not keyring.is_destroyed(cast.maria().pk)
    admin.post(url, {"verdict": "approve", "sure": "on"})
    assert keyring.is_destroyed(maria.pk)
    assert "an erased patient" in officer.get(reverse("compliance:requests")).content.decode()


def test_a_copy_is_handed_out_as_a_file(officer):
    maria = lived(cast.maria())
    response = officer.post(reverse("compliance:copy", args=[maria.pk]))
    assert response["Content-Type"] == "application/zip"
    assert "Maria" not in response["Content-Disposition"]
    assert zipfile.ZipFile(io.BytesIO(response.content)).namelist()


def test_an_erasure_needs_a_reason(officer):
    officer.post(reverse("compliance:ask_erasure", args=[cast.maria().pk]), {"ground": "whim"})
    assert not RightsRequest.objects.exists()


def test_an_erased_patient_cannot_come_in():
    maria = cast.maria()
    browser = cast.as_patient(maria)
    erase(maria)
    assert browser.get("/choices/").status_code in (302, 403, 404)


def test_the_retention_page_names_every_table(officer):
    page = officer.get(reverse("compliance:retention")).content.decode()
    for label in data_map.descriptions():
        assert label in page


def test_the_tables_are_described_for_the_command_too(capsys):
    call_command("data_map")
    assert "clinic.Patient" in capsys.readouterr().out

"""Records of other systems come in, or are refused with a reason; what we export comes back without a field lost."""

import base64
import datetime
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic import discharge_plan as dp
from clinic import plans
from clinic.models import CareTeam, Patient, Plan
from conversations.exchange.fhir import export, people, plan, search
from conversations.exchange.fhir.records import document_reference
from conversations.exchange.intake import records, taking
from conversations.exchange.intake.records import NotTaken
from knowledge.models import Document
from tests import cast
from tests.clinic import trail
from tests.exchange import belongings
from tests.exchange.examples import UNHURRIED

TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["C", "Z"]) | st.just(" "), max_size=30
)
NAME = TEXT.filter(str.strip)
SOURCE = st.none() | st.builds(dp.Source, TEXT, *[st.integers(0, 10**6)] * 3)
PLANS = st.builds(
    dp.DischargePlan,
    medicines=st.lists(st.builds(dp.Medicine, NAME, TEXT, TEXT, TEXT, TEXT, SOURCE), max_size=3).map(tuple),
    expected_symptoms=st.lists(
        st.builds(dp.ExpectedSymptom, NAME, TEXT, st.none() | st.integers(0, 400), SOURCE), max_size=3
    ).map(tuple),
    red_flags=st.lists(st.builds(dp.RedFlag, NAME, TEXT, st.sampled_from(dp.Severity), SOURCE), max_size=3).map(tuple),
    instructions=st.lists(st.builds(dp.Instruction, NAME, TEXT, SOURCE), max_size=3).map(tuple),
)
DAYS = st.dates(datetime.date(1890, 1, 1), datetime.date(2090, 1, 1))
KNOWN = st.builds(people.Known, NAME, NAME, DAYS, TEXT, TEXT, st.sampled_from(["en", "de-CH"]), NAME, NAME, DAYS, NAME)


@settings(UNHURRIED, max_examples=60)
@given(PLANS)
def test_a_plan_goes_out_as_valid_fhir_and_comes_back_whole(told):
    row = Plan(content=dp.to_json(told), state=Plan.State.APPROVED, made_at=timezone.now())
    row.patient_id = row.pk
    care_plan, requests = plan.care_plan(row), plan.medication_requests(row)
    for one in (care_plan, *requests):
        get_fhir_model_class(one["resourceType"]).model_validate(one)
    resources = json.loads(json.dumps([care_plan, *requests]))
    assert records.grouped(resources)[0].plan == told


@settings(UNHURRIED, max_examples=60)
@given(NAME, st.binary(min_size=1, max_size=300), st.sampled_from(["pdf", "docx", "html", "txt", "md", "ccda", "fhir"]))
def test_papers_go_out_as_valid_fhir_and_come_back_byte_by_byte(title, data, kind):
    row = Document(title=title, kind=kind, bytes=len(data), sha256="0" * 64, uploaded_at=timezone.now())
    row.patient_id = row.pk
    told = document_reference(row)
    told["content"][0]["attachment"]["data"] = base64.b64encode(data).decode()
    get_fhir_model_class("DocumentReference").model_validate(told)
    care_plan = plan.care_plan(Plan(content=dp.to_json(dp.DischargePlan()), made_at=timezone.now()))
    paper = records.grouped(json.loads(json.dumps([care_plan, told])))[0].papers[0]
    ending = {"ccda": "xml", "fhir": "json"}.get(kind, kind)
    assert (paper.title, paper.data, paper.name) == (title, data, f"paper.{ending}")


@settings(UNHURRIED, max_examples=60)
@given(KNOWN)
def test_a_patient_goes_out_as_valid_fhir_and_comes_back_whole(known):
    facts = {name: getattr(known, name) for name in known.__dataclass_fields__ if name not in ("care_team", "born")}
    patient = Patient(
        **facts, born=known.born.isoformat(), care_team=CareTeam(name=known.care_team), created_at=timezone.now()
    )
    resource = people.resource(patient)
    get_fhir_model_class("Patient").model_validate(resource)
    assert people.known(json.loads(json.dumps(resource))) == known


# -- other systems' --------------------------------------------------------------------
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"use": "official", "given": ["Elsa", "Karin"], "family": "Holm"}],
    "birthDate": "1949-05-01",
    "telecom": [{"system": "phone", "value": "+46 70 000 00 00"}],
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e1",
    "subject": {"reference": "urn:uuid:p1"},
    "period": {"start": "2026-11-10T08:00:00Z", "end": "2026-11-14T10:00:00Z"},
    "reasonCode": [{"coding": [{"display": "Total knee replacement"}]}],
}
MEDICINE = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "medicationCodeableConcept": {"text": "Metoprolol 50 mg"},
    "dosageInstruction": [{"text": "one twice a day"}],
}
CCDA = """<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Discharge Summary</title>
<recordTarget><patientRole><telecom value="tel:(816)276-6909"/><patient>
<name><given>Isabella</given><family>Jones</family></name><birthTime value="19500501"/></patient></patientRole>
</recordTarget><componentOf><encompassingEncounter><effectiveTime><high value="201409171904-0500"/></effectiveTime>
</encompassingEncounter></componentOf><component>
<structuredBody><component><section><title>Medications</title><text>Aspirin 75 mg daily</text>
</section></component></structuredBody></component></ClinicalDocument>"""


def bundle(*resources) -> str:
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    )


@pytest.fixture
def folder(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def imported(*paths, **options) -> list[str]:
    said = io.StringIO()
    cast.orthopaedics()
    told = {"team": "Orthopaedics", "by": cast.admin().username, **options}
    call_command("import_fhir", *map(str, paths), **told, stdout=said)
    return said.getvalue().splitlines()


@pytest.mark.django_db
def test_a_bundle_enrols_its_patient_and_hands_over_the_papers(folder):
    (folder / "elsa.json").write_text(bundle(PATIENT, ENCOUNTER, MEDICINE))
    line, counts = imported(folder)
    assert line.startswith("imported  elsa.json: new patient")
    assert json.loads(counts) == {"imported": 1, "refused": 0}
    elsa = Patient.objects.get()
    assert (elsa.name, elsa.called, elsa.born) == ("Elsa Karin Holm", "Elsa", "1949-05-01")
    assert (elsa.procedure, elsa.discharged_on) == ("Total knee replacement", datetime.date(2026, 11, 14))
    assert Document.objects.get().kind == "fhir"
    assert trail.only(taking.IMPORTED).detail == {"resources": 3, "documents": 1, "enrolled": True}
    again, _ = imported(folder)
    assert "known patient" in again
    assert (Patient.objects.count(), Document.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_bulk_data_is_sorted_by_patient_over_all_its_files(folder):
    other = {**PATIENT, "id": "p2", "name": [{"text": "Tomas Berg"}], "birthDate": "1971-11-19"}
    stay = {**ENCOUNTER, "subject": {"reference": "Patient/p2"}}
    (folder / "Patient.ndjson").write_text(f"{json.dumps(PATIENT)}\n{json.dumps(other)}\n")
    (folder / "Encounter.ndjson").write_text(f"{json.dumps(ENCOUNTER)}\n\n{json.dumps(stay)}\n")
    *lines, _ = imported(folder)
    assert [line.startswith("imported  bulk data") for line in lines] == [True, True]
    assert {patient.name for patient in Patient.objects.all()} == {"Elsa Karin Holm", "Tomas Berg"}


@pytest.mark.django_db
def test_a_c_cda_document_is_read_from_its_header(folder):
    (folder / "summary.xml").write_text(CCDA)
    assert imported(folder)[0].startswith("imported  summary.xml: new patient")
    isabella = Patient.objects.get()
    assert (isabella.name, isabella.born, isabella.phone) == ("Isabella Jones", "1950-05-01", "(816)276-6909")
    assert isabella.discharged_on == datetime.date(2014, 9, 17)
    assert Document.objects.get().kind == "ccda"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", "[1]", "no FHIR resource"),
        ("a.json", bundle(), "no resource that says anything"),
        ("a.json", bundle(MEDICINE), "--patient"),
        ("a.json", bundle({**PATIENT, "birthDate": "1949"}, ENCOUNTER), "date of birth"),
        ("a.json", bundle({**PATIENT, "name": []}, ENCOUNTER), "--patient"),
        ("a.json", bundle(PATIENT), "--discharged"),
        ("a.ndjson", "canary", "not JSON"),
        ("a.xml", "<canary/>", "not a whole C-CDA document"),
        ("a.xml", "<canary", "not XML"),
        ("a.txt", "canary", "--patient"),
        ("a.exe", "canary", "--patient"),
    ],
)
def test_what_cannot_be_taken_says_why_and_leaves_nothing(folder, name, text, why):
    (folder / name).write_text(text)
    line = imported(folder)[0]
    assert line.startswith("refused ")
    assert why in line
    assert "canary" not in line
    assert not Patient.objects.exists()


@pytest.mark.django_db
def test_papers_that_name_nobody_go_to_whom_they_are_said_to_belong(folder):
    (folder / "note.txt").write_text("Take metoprolol 50 mg twice a day.")
    (folder / "note.exe").write_text("no")
    refused, taken, _ = imported(folder, patient=str(cast.maria().pk))
    assert refused.startswith("refused")
    assert taken.startswith("imported")
    assert Document.objects.get().patient == cast.maria()


@pytest.mark.django_db
def test_a_record_of_somebody_else_is_never_put_into_this_patients(folder):
    (folder / "elsa.json").write_text(bundle(PATIENT, ENCOUNTER))
    (folder / "maria.json").write_text(bundle({**PATIENT, "birthDate": cast.BORN}, ENCOUNTER))
    elsa, maria, _ = imported(folder, patient=str(cast.maria().pk))
    assert elsa.startswith("refused")
    assert "another patient" in elsa
    assert maria.startswith("imported")


@pytest.mark.django_db
def test_who_imports_must_be_an_administrator(folder):
    with pytest.raises(CommandError, match="administrator"):
        imported(folder, by=cast.dr_osei().username)


@pytest.mark.django_db
def test_an_exported_record_comes_back_with_plan_and_papers(folder):
    things = belongings.everything()
    maria = cast.maria()
    before = (plans.current_plan(maria.pk), maria.name, maria.born, maria.procedure, maria.discharged_on)
    told = export.bundle(maria, cast.dr_osei())
    get_fhir_model_class("Bundle").model_validate(told)
    assert trail.only(export.EXPORTED).patient_id == maria.pk
    record = records.read("maria.json", json.dumps(told).encode())[0]
    assert record.left_out == {
        "Communication": 1,
        "Consent": 3,
        "Flag": 1,
        "Provenance": 1,
        "QuestionnaireResponse": 1,
    }
    Patient.objects.filter(pk=maria.pk).update(erased_at=timezone.now())
    taken = taking.take(record, taking.Terms(cast.orthopaedics(), cast.admin()))
    again = Patient.objects.get(pk=taken.patient_id)
    draft = again.plans.get(state=Plan.State.DRAFT)
    assert (plans.as_data(draft), again.name, again.born, again.procedure, again.discharged_on) == before
    paper = Document.objects.get(patient=again)
    assert (paper.title, paper.sha256 != Document.objects.get(pk=things["document_id"]).sha256) == (
        "canary papers",
        True,
    )
    assert search.READ  # declared beside it


def test_a_plan_of_ours_that_was_tampered_with_is_refused():
    told = plan.activities(dp.DischargePlan(red_flags=(dp.RedFlag("calf pain"),)))
    told[0]["detail"]["extension"][0]["valueCode"] = "harmless"
    care_plan = {"resourceType": "CarePlan", "id": "1", "status": "active", "activity": told}
    with pytest.raises(NotTaken, match="changed"):
        records.grouped([care_plan])


def test_attachments_that_are_not_base64_are_left_out():
    care_plan = {"resourceType": "CarePlan", "title": "Discharge plan"}
    paper = {"resourceType": "DocumentReference", "content": [{"attachment": {"data": "!"}}, {"attachment": 1}, {}]}
    good = {"attachment": {"data": base64.b64encode(b"x").decode(), "contentType": "text/plain"}}
    found = records.grouped([care_plan, paper, {**paper, "content": [good]}])[0]
    assert [(one.name, one.data) for one in found.papers] == [("paper.txt", b"x")]

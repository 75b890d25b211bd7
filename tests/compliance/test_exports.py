"""Parts of the trail to take away, and the scope of a breach."""

import csv
import datetime
import io
import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from fhir.resources.R4B.auditevent import AuditEvent as FhirAuditEvent

from clinic import escalations, patients
from clinic.discharge_plan import Severity
from compliance import audit, breach, exports
from compliance.breach import Scope
from compliance.models import AuditEvent
from compliance.trail import Filters
from tests import cast

pytestmark = pytest.mark.django_db

SEEN = audit.action("test.record_seen", "{actor} saw the record of {patient}", "R")


def see(user, patient=None, where="10.0.0.7", **more):
    with audit.acting_as(audit.Actor(f"user:{user.pk}", where)):
        audit.record(SEEN, patient_id=patient.pk if patient else None, **more)


def body(response):
    return b"".join(response.streaming_content).decode()


def test_csv_says_what_the_page_says_and_no_cell_is_a_formula():
    see(cast.dr_osei(), cast.maria(), reason="=HYPERLINK(1)")
    response = cast.signed_in(cast.officer()).get(reverse("compliance:export", args=["csv"]), {"action": SEEN.code})
    rows = list(csv.DictReader(io.StringIO(body(response))))
    assert rows[0]["sentence"] == "Abena Osei saw the record of Maria L."
    assert rows[0]["reason"] == "'=HYPERLINK(1)"
    assert len(rows) == 1
    assert AuditEvent.objects.get(action="audit.exported").detail == {"form": "csv"}


def test_fhir_is_valid_for_every_kind_of_entry():
    see(cast.dr_osei(), cast.maria(), subject="session:1")
    see(cast.stranger(), cast.maria(), outcome="refused", reason="not on the team")
    audit.record(SEEN, outcome="failed")
    lines = [json.loads(line) for line in exports.as_fhir(Filters())]
    found = [FhirAuditEvent.model_validate(line) for line in lines]
    assert [one.outcome for one in found] == ["0", "4", "8"]
    assert [one.action for one in found] == ["R", "R", "R"]
    assert found[0].entity[0].what.reference == f"Patient/{cast.maria().pk}"
    assert found[0].agent[0].network.address == "10.0.0.7"


def test_an_unknown_form_does_not_exist():
    assert cast.signed_in(cast.officer()).get("/compliance/trail/export.xls").status_code == 404


def test_a_breach_names_the_patients_and_nobody_else():
    maria, tomas, osei = cast.maria(), cast.another_patient(), cast.dr_osei()
    see(osei, maria)
    see(osei, maria, subject="document:1")
    see(osei, tomas, where="203.0.113.9")
    see(cast.stranger(), tomas)
    see(osei, maria, outcome="refused")
    see(osei)
    found = breach.report(Scope(actor=f"user:{osei.pk}"))
    assert [(one.patient_id, one.times) for one in found.exposures] == [(maria.pk, 2), (tomas.pk, 1)]
    assert found.without_patient == 1
    assert [one.patient_id for one in breach.report(Scope(where="203.0.113.9")).exposures] == [tomas.pk]
    assert [one.patient_id for one in breach.report(Scope(subject="document:1")).exposures] == [maria.pk]
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    assert breach.report(Scope(since=tomorrow)).exposures == []
    assert len(breach.report(Scope(until=tomorrow)).exposures) == 2


def test_whoever_stood_in_a_list_was_touched_too():
    maria, tomas = cast.maria(), cast.another_patient()
    raised = escalations.escalate(
        patient_id=maria.pk, session_id=None, turn=1, rule="chest_pain", severity=Severity.URGENT, quote="ow"
    )
    suspect = Scope(where="203.0.113.9")
    with audit.acting_as(audit.Actor("user:x", "203.0.113.9")):
        escalations.record_listing([str(raised.pk)])
        audit.record(patients.LISTED, detail=audit.naming([maria.pk, tomas.pk, tomas.pk]))
        audit.record(patients.READ, patient_id=maria.pk)
        audit.record(patients.LISTED, detail=audit.naming([]))
    found = breach.report(suspect)
    assert [(one.patient_id, one.times) for one in found.exposures] == [(maria.pk, 3), (tomas.pk, 1)]
    assert found.exposures[0].first < found.exposures[0].last
    assert found.without_patient == 0
    page = cast.signed_in(cast.officer()).get(reverse("compliance:who_looked", args=[maria.pk])).content.decode()
    assert "and 2 times in lists" in page
    with audit.acting_as(audit.Actor(f"user:{cast.stranger().pk}", "10.0.0.1")):
        audit.record(patients.LISTED, detail=audit.naming([tomas.pk]))
        audit.record(patients.LISTED, detail=audit.naming([maria.pk]))
    page = cast.signed_in(cast.officer()).get(reverse("compliance:who_looked", args=[maria.pk])).content.decode()
    assert re.search(r"Viktor Hale</th><td>once in a list", page)


def test_an_empty_suspicion_is_refused():
    with pytest.raises(ValueError, match="which account"):
        breach.report(Scope())


def test_the_page_answers_and_the_question_is_in_the_trail():
    see(cast.dr_osei(), cast.maria())
    officer, url = cast.signed_in(cast.officer()), reverse("compliance:breach")
    assert "Nothing asked yet" in officer.get(url).content.decode()
    page = officer.get(url, {"actor": f"user:{cast.dr_osei().pk}", "since": "2020-01-01T00:00"}).content.decode()
    assert "Maria L." in page
    assert AuditEvent.objects.filter(action="breach.scoped").count() == 2
    assert officer.get(url, {"since": "never", "where": "x"}).status_code == 200

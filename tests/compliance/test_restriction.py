"""Restriction: the data is kept, and nothing uses it; and corrections that say what was, what is, who asked and why."""

import datetime
import io
import json
import time
import zipfile
from functools import partial

import pypdfium2
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from fhir.resources.R4B.bundle import Bundle

from clinic import care, escalations, follow_ups, patients
from clinic.discharge_plan import Severity
from clinic.forms import of_patient
from clinic.models import FollowUp, Reminder
from clinic.patients import Details
from compliance import audit, consent, copies, paper, restriction, sweeping
from compliance.consent import NEEDED_FOR_A_CALL
from compliance.corrections import Provenance
from compliance.errors import NoReason, Restricted
from compliance.models import AuditEvent, Correction, Purpose, Restriction
from compliance.paper import Section
from conversations import progress, sessions
from conversations.models import Session
from knowledge import retrieval
from tests import cast

pytestmark = pytest.mark.django_db
CONTESTED = Restriction.Ground.CONTESTED
ALL = [Purpose.AI_CALL, Purpose.VOICE, Purpose.MEMORY]


@pytest.fixture
def maria():
    patient = cast.maria()
    consent.grant(patient.pk, ALL)
    return patient


@pytest.fixture
def restricted(maria):
    restriction.place(maria.pk, cast.officer(), CONTESTED)
    return maria


def require(patient, purpose):
    consent.require(patient.pk, purpose)


USES = {
    "a call": lambda patient: sessions.open_for(patient.pk),
    "the papers": lambda patient: retrieval.open_index(patient.pk),
    "a copy for others": lambda patient: copies.archive(patient.pk),
    **{purpose.value: partial(require, purpose=purpose) for purpose in ALL},
}


@pytest.mark.parametrize("use", USES)
def test_while_it_stands_every_use_is_refused_and_afterwards_allowed(restricted, use):
    with pytest.raises(Restricted, match="use of this patient's data is restricted"):
        USES[use](restricted)
    restriction.lift(Restriction.objects.get(), cast.officer(), "the date was right after all")
    USES[use](restricted)


def test_a_running_call_hears_of_it_where_it_hears_of_a_withdrawal(maria):
    sessions.open_for(maria.pk)
    assert consent.granted(maria.pk) >= set(NEEDED_FOR_A_CALL)
    restriction.place(maria.pk, cast.officer(), CONTESTED)
    assert consent.granted(maria.pk) == frozenset()
    assert consent.agreed(maria.pk) == set(ALL)


def test_nothing_is_learned_or_recalled_and_nothing_forgotten(maria):
    fact = {"kind": "preference", "topic": "pills", "text": "she keeps them in the kitchen"}
    progress.learn(maria.pk, **fact)
    restriction.place(maria.pk, cast.officer(), CONTESTED)
    assert progress.recall(maria.pk) == ()
    assert progress.learn(maria.pk, **fact) is None
    restriction.lift(Restriction.objects.get(), cast.officer(), "looked into, and right")
    assert [fact.text for fact in progress.recall(maria.pk)] == ["she keeps them in the kitchen"]


def test_no_reminder_goes_out_and_what_was_reported_stays_in_the_queue(restricted):
    restricted.email = "maria@example.org"
    restricted.save()
    follow_ups.plan_for(restricted)
    raised = escalations.escalate(
        patient_id=restricted.pk, session_id=None, turn=1, rule="chest_pain", severity=Severity.URGENT, quote="pain"
    )
    late = timezone.now() + datetime.timedelta(days=40)
    assert follow_ups.contact_due(late) == 0
    assert not Reminder.objects.exists()
    assert not FollowUp.objects.filter(state=FollowUp.State.MISSED).exists()
    assert raised in escalations.visible_to(cast.dr_osei())
    restriction.lift(Restriction.objects.get(), cast.officer(), "looked into, and right")
    assert follow_ups.contact_due(late) == 1


def test_other_systems_find_nobody_whose_data_is_restricted(maria):
    machine = cast.dr_osei()
    machine.is_service = True
    assert care.may_see(machine, maria.pk)
    restriction.place(maria.pk, cast.officer(), CONTESTED)
    assert not care.may_see(machine, maria.pk)
    assert care.may_see(cast.nurse_lind(), maria.pk)


def test_nothing_ages_out_while_it_stands(restricted):
    kept = Session.objects.create(patient=restricted)
    gone = Session.objects.create(patient=cast.another_patient())
    sweeping.sweep(timezone.now() + datetime.timedelta(days=365 * 30))
    assert Session.objects.filter(pk=kept.pk).exists()
    assert not Session.objects.filter(pk=gone.pk).exists()


def test_it_is_placed_once_lifted_with_a_reason_and_audited(maria):
    officer = cast.officer()
    with audit.acting_as(audit.Actor(f"user:{officer.pk}")):
        first = restriction.place(maria.pk, officer, CONTESTED)
        assert restriction.place(maria.pk, officer, Restriction.Ground.CLAIMS) == first
        with pytest.raises(NoReason):
            restriction.lift(first, officer, " ok ")
        restriction.lift(first, officer, "Her passport says the 2nd.")
        restriction.lift(first, officer, "Her passport says the 2nd.")
    events = AuditEvent.objects.filter(action__startswith="restriction.").order_by("id")
    assert [event.action for event in events] == ["restriction.placed", "restriction.lifted"]
    assert "passport" not in str([vars(event) for event in events])
    assert Restriction.objects.get().lifted_because == "Her passport says the 2nd."


def test_the_whole_way_on_the_pages(maria):
    officer = cast.signed_in(cast.officer())
    page = reverse("compliance:rights_of_patient", args=[maria.pk])
    place, lift, copy = (reverse(f"compliance:{name}", args=[maria.pk]) for name in ("restrict", "unrestrict", "copy"))
    assert "Say why" in officer.post(place, {"ground": "nonsense"}, follow=True).content.decode()
    assert "a running call ends now" in officer.post(place, {"ground": "contested"}, follow=True).content.decode()
    assert "Only a copy that the patient asked for" in officer.post(copy, follow=True).content.decode()
    assert officer.post(copy, {"for_patient": "on"})["Content-Type"] == "application/zip"
    theirs = cast.signed_in(cast.dr_osei()).get(reverse("clinic:patient", args=[maria.pk])).content.decode()
    assert "it is kept, and not used" in theirs
    hers = cast.as_patient(maria)
    assert hers.get(reverse("conversations:ready")).url == reverse("clinic:choices")
    assert "Your data is locked" in hers.get(reverse("clinic:choices")).content.decode()
    assert "in a few words" in officer.post(lift, {"reason": ""}, follow=True).content.decode()
    assert "may be done again" in officer.post(lift, {"reason": "looked into"}, follow=True).content.decode()
    assert "Restrict its use" in officer.get(page).content.decode()
    assert hers.get(reverse("conversations:ready")).status_code == 200


# -- corrections ------------------------------------------------------------------------
WHY = "Her passport says the 3rd."


def corrected(patient, **changes):
    details = Details(**{**of_patient(patient), "born": datetime.date(1958, 3, 2), **changes})
    provenance = Provenance(Correction.AskedBy.PATIENT, WHY)
    return patients.correct(patient, details, provenance)


def test_a_correction_keeps_what_was_and_says_who_asked_and_why(maria):
    with audit.acting_as(audit.Actor(f"user:{cast.admin().pk}")):
        corrected(maria, born=datetime.date(1958, 3, 3), name="Maria Lindquist")
    rows = {row.field: row for row in Correction.objects.all()}
    assert {field: (row.was, row.now) for field, row in rows.items()} == {
        "born": ("1958-03-02", "1958-03-03"),
        "name": ("Maria Lindqvist", "Maria Lindquist"),
    }
    assert {row.why for row in rows.values()} == {WHY}
    event = AuditEvent.objects.get(action="patient.corrected")
    assert event.subject == f"correction:{rows['born'].group}"
    assert "passport" not in str(vars(event))
    page = cast.signed_in(cast.dr_osei()).get(reverse("clinic:patient", args=[maria.pk])).content.decode()
    assert "<del>1958-03-02</del>" in page
    assert "By Jonas Ek. Asked for by: The patient." in page


def test_saving_without_a_change_keeps_nothing(maria):
    corrected(maria)
    assert not Correction.objects.exists()
    assert AuditEvent.objects.get(action="patient.corrected").subject == ""


def test_a_correction_lies_sealed(maria):
    corrected(maria, name="Maria Lindquist")
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM compliance_correction c")
        stored = cursor.fetchone()[0]
    for word in ("Lindquist", "Lindqvist", "passport"):
        assert word not in stored
        assert word.encode().hex() not in stored


def test_a_copy_tells_of_corrections_in_every_form(maria):
    corrected(maria, born=datetime.date(1958, 3, 3))
    archive = zipfile.ZipFile(io.BytesIO(copies.archive(maria.pk)))
    told = json.loads(archive.read("data.json"))["tables"]["compliance.Correction"]
    assert [(row["field"], row["was"], row["now"], row["why"]) for row in told] == [
        ("born", "1958-03-02", "1958-03-03", WHY)
    ]
    assert WHY in archive.read("read-me-first.html").decode()
    bundle = Bundle.model_validate(json.loads(archive.read("fhir-bundle.json")))
    provenances = [e.resource for e in bundle.entry if e.resource.get_resource_type() == "Provenance"]
    assert [one.activity.text for one in provenances] == ["born"]


# -- on paper -----------------------------------------------------------------------------
def on_paper(patient) -> str:
    archive = zipfile.ZipFile(io.BytesIO(copies.archive(patient.pk)))
    document = pypdfium2.PdfDocument(archive.read("read-me-first.pdf"))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_the_paper_says_what_the_page_says(maria):
    maria.called = "Łucja Åström"
    maria.save()
    words = on_paper(maria)
    assert "Everything we keep about Maria L." in words
    assert "Maria Lindqvist" in words
    assert "Łucja Åström" in words
    assert "Who saw or changed it" in words
    assert "cannot be printed" not in words


def test_letters_that_cannot_be_printed_are_owned_up_to(maria, caplog):
    maria.called = "Мария"
    maria.save()
    words = on_paper(maria)
    assert "cannot be printed here" in " ".join(words.split())
    assert "¤¤¤¤¤" in words
    assert "М" not in caplog.text


def test_a_long_talk_is_printed_in_good_time():
    said = "I slept well, and the knee hurts a little when I climb stairs."
    began = time.process_time()
    made = paper.pdf("Maria L.", timezone.now(), [Section("What was said", [[("text", said)]] * 100)])
    assert made.startswith(b"%PDF")
    assert time.process_time() - began < 5

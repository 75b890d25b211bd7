"""From papers to plan: what is understood becomes a draft, and guards nothing before a person approves it."""

import pytest

from clinic import discharge_plan, plans
from clinic.models import Plan
from compliance.models import AuditEvent
from knowledge import hooks, ingestion
from knowledge.models import Document
from tests import cast
from tests.knowledge import papers

pytestmark = pytest.mark.django_db

PAPER = papers.pdf(papers.lines("Take paracetamol 500 mg by mouth four times a day for pain."))


@pytest.fixture(autouse=True)
def _sealed_files_apart(settings, tmp_path) -> None:
    settings.SEALED_FILES_DIR = tmp_path / "files"


def read() -> Document:
    document = ingestion.upload(
        patient_id=cast.maria().pk, name="papers.pdf", title="Papers", data=PAPER, by=cast.admin()
    )
    ingestion.ingest(document.pk)
    document.refresh_from_db()
    return document


def test_papers_that_were_read_leave_a_draft_that_guards_nothing() -> None:
    document = read()
    assert Plan.objects.get(document_id=document.pk).state == Plan.State.DRAFT
    assert plans.current_plan(document.patient_id) == discharge_plan.EMPTY


def test_approving_the_papers_approves_their_plan() -> None:
    document = read()
    ingestion.approve(document, by=cast.admin())
    approved = Plan.objects.get(document_id=document.pk)
    assert (approved.state, approved.approved_by) == (Plan.State.APPROVED, cast.admin())
    assert AuditEvent.objects.filter(action="plan.approved", subject=f"plan:{approved.pk}").count() == 1


def test_reading_again_revises_the_draft_instead_of_adding_one() -> None:
    document = read()
    again = discharge_plan.DischargePlan(medicines=(discharge_plan.Medicine("Paracetamol", "1 g"),))
    hooks.plans().proposed(document, again)
    assert Plan.objects.filter(document_id=document.pk).count() == 1
    assert hooks.plans().draft(document) == again


def test_a_correction_is_what_gets_approved() -> None:
    document = read()
    corrected = discharge_plan.DischargePlan(medicines=(discharge_plan.Medicine("Paracetamol", "1 g"),))
    plans.revise(Plan.objects.get(document_id=document.pk), corrected)
    ingestion.approve(document, by=cast.admin())
    assert plans.current_plan(document.patient_id) == corrected


def test_a_plan_approved_on_its_own_page_is_left_alone() -> None:
    document = read()
    plans.approve(Plan.objects.get(document_id=document.pk), cast.dr_osei())
    ingestion.approve(document, by=cast.admin())
    assert Plan.objects.get(document_id=document.pk).approved_by == cast.dr_osei()

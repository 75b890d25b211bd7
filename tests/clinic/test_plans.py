"""A plan is proposed, corrected and approved by a person; one is approved at a time."""

import pytest

from clinic import discharge_plan, plans
from clinic.discharge_plan import DischargePlan, ExpectedSymptom, Medicine, RedFlag, Severity, Source
from clinic.errors import PlanClosed
from clinic.models import Plan
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db

PLAN = DischargePlan(
    medicines=(Medicine("Paracetamol", "1 g", "by mouth", "four times a day", source=Source("d", 1, 10, 30)),),
    expected_symptoms=(ExpectedSymptom("hip pain", "moderate", 14),),
    red_flags=(RedFlag("fever above 38.5", "call us", Severity.URGENT),),
)


def test_a_patient_without_a_plan_has_the_empty_one():
    assert plans.current_plan(cast.maria().pk) == discharge_plan.EMPTY


def test_a_draft_guards_nothing_until_it_is_approved():
    maria = cast.maria()
    draft = plans.propose(maria.pk, PLAN)
    assert plans.current_plan(maria.pk) == discharge_plan.EMPTY
    plans.approve(draft, cast.admin())
    assert plans.current_plan(maria.pk) == PLAN
    assert trail.only(plans.APPROVED).patient_id == maria.pk


def test_approving_the_next_version_replaces_the_one_before():
    maria, admin = cast.maria(), cast.admin()
    first = plans.approve(plans.propose(maria.pk, PLAN), admin)
    second = plans.approve(plans.propose(maria.pk, discharge_plan.EMPTY), admin)
    first.refresh_from_db()
    assert (first.state, first.version, second.version) == (Plan.State.SUPERSEDED, 1, 2)
    assert plans.current_plan(maria.pk) == discharge_plan.EMPTY


def test_an_approved_plan_cannot_be_edited_or_approved_again():
    approved = plans.approve(plans.propose(cast.maria().pk, PLAN), cast.admin())
    with pytest.raises(PlanClosed):
        plans.revise(approved, discharge_plan.EMPTY)
    with pytest.raises(PlanClosed):
        plans.approve(approved, cast.admin())


def test_a_draft_can_be_corrected():
    draft = plans.propose(cast.maria().pk, discharge_plan.EMPTY)
    plans.revise(draft, PLAN)
    assert plans.as_data(Plan.objects.get(pk=draft.pk)) == PLAN
    trail.only(plans.REVISED)

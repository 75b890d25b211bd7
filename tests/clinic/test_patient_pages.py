"""The staff's pages about patients: what they show, to whom, and what is written down."""

import datetime

import pytest

from clinic import discharge_plan, invitations, patients, plans
from clinic.discharge_plan import DischargePlan, Medicine, RedFlag, Source
from clinic.models import Patient
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db
ENROLMENT = {
    "name": "Elsa Holm",
    "called": "Elsa",
    "born": "1949-05-01",
    "procedure": "Left knee replacement",
    "discharged_on": "2026-11-20",
    "time_zone": "Europe/Stockholm",
    "language": "en",
}


def url(name: str = "") -> str:
    return f"/patients/{cast.maria().pk}/{name}"


def test_the_list_shows_a_clinician_their_own_patients():
    maria, _ = cast.maria(), cast.another_patient()
    page = cast.signed_in(cast.dr_osei()).get("/patients/").content.decode()
    assert "Maria Lindqvist" in page
    assert "Tomas Berg" not in page
    assert trail.only(patients.LISTED).detail == {"count": 1, "patients": str(maria.pk), "search": False}


def test_a_search_finds_by_part_of_a_name_and_puts_nothing_into_an_address():
    cast.maria(), cast.another_patient()
    admin = cast.signed_in(cast.admin())
    page = admin.post("/patients/", {"words": "lindq"}).content.decode()
    assert "Maria Lindqvist" in page and "Tomas" not in page
    assert "Nobody by that name" in admin.post("/patients/", {"words": "zebra"}).content.decode()


def test_an_empty_clinic_says_what_to_do_first():
    assert "Enrol someone who is going home" in cast.signed_in(cast.admin()).get("/patients/").content.decode()


def test_the_page_of_a_patient_is_read_by_their_team_and_written_down():
    page = cast.signed_in(cast.dr_osei()).get(url()).content.decode()
    assert "Right hip replacement" in page
    assert trail.only(patients.READ).patient_id == cast.maria().pk


@pytest.mark.parametrize("path", ["", "plan/"])
def test_a_stranger_is_refused_and_that_is_written_down(path):
    response = cast.signed_in(cast.stranger()).get(url(path))
    assert response.status_code == 403
    assert b"Maria" not in response.content
    assert trail.only(patients.REFUSED).patient_id == cast.maria().pk


@pytest.mark.parametrize("who", [cast.officer, None])
@pytest.mark.parametrize("path", ["/patients/", "/patients/enrol/", "/staff/"])
def test_nobody_else_sees_these_pages(client, who, path):
    browser = cast.signed_in(who()) if who else client
    assert browser.get(path).status_code in (302, 403)


def test_the_admin_enrols_and_corrects():
    team = cast.orthopaedics()
    admin = cast.signed_in(cast.admin())
    admin.post("/patients/enrol/", {**ENROLMENT, "care_team": team.pk})
    elsa = Patient.objects.get()
    assert (elsa.name, elsa.time_zone) == ("Elsa Holm", "Europe/Stockholm")
    corrected = {**ENROLMENT, "care_team": team.pk, "called": "Mrs Holm", "asked_by": "patient"}
    admin.post(f"/patients/{elsa.pk}/correct/", corrected)
    assert Patient.objects.get().called == "Mrs Holm"


def test_a_clinician_cannot_enrol():
    assert cast.signed_in(cast.dr_osei()).get("/patients/enrol/").status_code == 403


def test_an_incomplete_enrolment_is_explained():
    page = cast.signed_in(cast.admin()).post("/patients/enrol/", {**ENROLMENT, "born": "yesterday"}).content.decode()
    assert "Enter a valid date" in page
    assert not Patient.objects.exists()


def test_an_invitation_is_shown_once_and_opens():
    admin = cast.signed_in(cast.admin())
    page = admin.post(url("invite/")).content.decode()
    link = page.split('value="http')[1].split('"')[0]
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in admin.get(url()).content.decode()
    assert invitations.open_link(token, datetime.date.fromisoformat(cast.BORN), address="192.0.2.1")


def test_an_invitation_is_revoked_from_the_page():
    invitation, _ = invitations.make(cast.maria())
    cast.signed_in(cast.dr_osei()).post(url(f"invitations/{invitation.pk}/revoke/"))
    invitation.refresh_from_db()
    assert invitation.revoked_at


# -- the plan ----------------------------------------------------------------

PLAN = DischargePlan(
    medicines=(Medicine("Paracetamol", "1 g", "by mouth", "every 6 hours", "pain", Source("doc", 2, 10, 40)),),
    red_flags=(RedFlag("fever above 38.5 °C", "Call the ward"),),
)


def as_posted(page_form) -> dict[str, str]:
    """What a browser would send back if nobody changed anything."""
    posted: dict[str, str] = {}
    for _section, formset in page_form.parts:
        for form in [formset.management_form, *formset]:
            for field in form:
                value = field.value()
                posted[field.html_name] = "" if value is None else str(field.field.prepare_value(value))
    return posted


def test_a_draft_goes_through_the_form_unharmed_and_is_approved():
    maria = cast.maria()
    plans.propose(maria.pk, PLAN)
    browser = cast.signed_in(cast.dr_osei())
    form = browser.get(url("plan/")).context["form"]
    browser.post(url("plan/"), {**as_posted(form), "approve": "1"})
    assert plans.current_plan(maria.pk) == PLAN


def test_a_corrected_dose_keeps_the_line_it_was_read_from():
    maria = cast.maria()
    draft = plans.propose(maria.pk, PLAN)
    browser = cast.signed_in(cast.admin())
    posted = as_posted(browser.get(url("plan/")).context["form"])
    browser.post(url("plan/"), {**posted, "medicines-0-dose": "500 mg", "red_flags-0-name": ""})
    draft.refresh_from_db()
    plan = plans.as_data(draft)
    assert (plan.medicines[0].dose, plan.medicines[0].source) == ("500 mg", Source("doc", 2, 10, 40))
    assert plan.red_flags == ()
    assert plans.current_plan(maria.pk) == discharge_plan.EMPTY


def test_a_plan_is_begun_by_hand():
    browser = cast.signed_in(cast.dr_osei())
    browser.post(url("plan/draft/"))
    browser.post(url("plan/draft/"))
    assert cast.maria().plans.count() == 1
    assert "Check each line" in browser.get(url("plan/")).content.decode()

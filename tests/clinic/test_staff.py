"""The admin's pages about staff and care teams."""

import pytest

from clinic import staff
from clinic.models import CareTeam, User
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db


def test_the_admin_adds_a_clinician_who_can_sign_in():
    team = cast.orthopaedics()
    posted = {
        "first_name": "Mina",
        "last_name": "Aho",
        "username": "aho",
        "email": "aho@clinic.example",
        "password": cast.PASSWORD,
        "role": "clinician",
        "teams": [team.pk],
    }
    cast.signed_in(cast.admin()).post("/staff/add/", posted)
    aho = User.objects.get(username="aho")
    assert aho.check_password(cast.PASSWORD)
    assert list(aho.care_teams.all()) == [team]
    trail.only(staff.ADDED)


def test_a_weak_first_password_is_refused():
    posted = {"first_name": "M", "last_name": "A", "username": "aho", "email": "a@b.example", "role": "admin"}
    page = cast.signed_in(cast.admin()).post("/staff/add/", {**posted, "password": "short"}).content.decode()
    assert "too short" in page
    assert not User.objects.filter(username="aho").exists()


def test_a_closed_account_is_signed_out_at_once():
    osei = cast.dr_osei()
    browser = cast.signed_in(osei)
    cast.signed_in(cast.admin()).post(f"/staff/{osei.pk}/", {"role": "clinician"})
    assert browser.get("/patients/").status_code == 302
    trail.only(staff.CLOSED)


def test_the_admin_cannot_lock_themselves_out():
    admin = cast.admin()
    page = cast.signed_in(admin).post(f"/staff/{admin.pk}/", {"role": "clinician", "is_active": "on"})
    assert "lock yourself out" in page.content.decode()
    admin.refresh_from_db()
    assert admin.role == "admin"


def test_teams_have_names_of_their_own():
    browser = cast.signed_in(cast.admin())
    browser.post("/staff/teams/add/", {"name": "Stroke unit"})
    assert "There is a team of this name" in browser.post("/staff/teams/add/", {"name": "stroke UNIT"}).content.decode()
    assert CareTeam.objects.filter(name__iexact="stroke unit").count() == 1

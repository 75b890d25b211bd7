"""The demo clinic: whole, and the same when loaded again."""

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from clinic import demo_summary
from clinic.models import Patient, User
from compliance.models import AuditEvent
from conversations import demo

pytestmark = pytest.mark.django_db


def test_loading_twice_makes_nobody_twice() -> None:
    call_command("load_demo")
    before = (User.objects.count(), Patient.objects.count())
    call_command("load_demo")
    assert (User.objects.count(), Patient.objects.count()) == before


def test_everyone_listed_can_come_in() -> None:
    for entry in demo.load():
        if entry["role"] == "patient":
            continue
        client = Client()
        client.post("/sign-in/", {"login": entry["username"], "password": entry["password"]})
        assert client.session.get("_auth_user_id"), entry["who"]


def test_each_load_invites_maria_afresh() -> None:
    first, second = demo.load()[0], demo.load()[0]
    assert first["address"] != second["address"]
    assert datetime.date.fromisoformat(second["born"]) == demo.MARIA_BORN


def test_the_demo_clinic_is_in_the_audit_trail() -> None:
    demo.load()
    assert AuditEvent.objects.filter(actor="system:demo", action="patient.enrolled").count() == 2


def test_sign_ins_are_readable_by_their_owner_only() -> None:
    call_command("load_demo")
    assert demo_summary.path().stat().st_mode & 0o077 == 0


@override_settings(DEMO=False)
def test_production_has_no_demo_clinic() -> None:
    with pytest.raises(CommandError, match="known passwords"):
        call_command("load_demo")
    assert not User.objects.exists()

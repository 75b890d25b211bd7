"""The client against the running application, and its command line."""

import json
from pathlib import Path

import pytest

from clients import aftercare
from compliance.access import Role
from conversations.models import Session
from tests import cast
from tests.exchange import belongings, machines
from tests.exchange.test_door import elsa

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(live_server, settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    url = live_server.url.replace("localhost", "127.0.0.1")
    return lambda role, *teams: aftercare.Aftercare(url, machines.token_for(machines.client_of(role, *teams))[1])


def test_a_day_of_another_system(clinic, tmp_path, monkeypatch, capsys):
    things = belongings.everything()
    admin, ward = clinic(Role.ADMIN), clinic(Role.CLINICIAN, cast.orthopaedics())
    made = admin.enrol(**elsa())
    assert [one["name"] for one in admin.patients()] == ["Elsa Holm", "Maria Lindqvist"]
    assert admin.patient(made["id"])["called"] == "Elsa"
    papers = tmp_path / "papers.txt"
    papers.write_text("Take metoprolol 50 mg twice a day.")
    assert admin.upload(made["id"], papers, "Papers")["state"] == "waiting"
    assert "/i/" in ward.invite(made["id"])["conversation_url"]
    waiting = next(ward.escalations(state="raised"))
    assert "canary" in ward.escalation(waiting["id"])["quote"]
    doctor = str(cast.dr_osei().pk)
    assert ward.acknowledge(waiting["id"], doctor)["state"] == "acknowledged"
    assert ward.resolve(waiting["id"], doctor, "advised")["state"] == "resolved"
    with pytest.raises(aftercare.Refused, match="escalation_closed"):
        ward.resolve(waiting["id"], doctor, "advised")
    assert ward.transcript(str(things["conversation_id"]))[0]["role"] == "patient"
    monkeypatch.setattr(aftercare, "PAGE", 1)
    Session.objects.create(patient=cast.maria())
    assert len(list(ward.conversations())) == 2

    monkeypatch.setenv("AFTERCARE_URL", ward._url)
    monkeypatch.setenv("AFTERCARE_TOKEN", ward._token)
    assert aftercare.main(["escalations", "--state", "resolved"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "resolved"
    assert aftercare.main(["upload", made["id"], str(papers)]) == 1
    assert "role_not_meant" in capsys.readouterr().err


def test_the_client_refuses_an_address_without_tls():
    with pytest.raises(ValueError, match="https"):
        aftercare.Aftercare("http://clinic.example", "aft_x")


def test_the_client_is_one_short_file():
    assert len(Path(aftercare.__file__).read_text().splitlines()) <= 250

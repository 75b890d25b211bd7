"""A backup is one only if somebody has lived from it: restored, verified, compared."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic import backups, servers
from clinic.embedded import KEYS_DATABASE, KEYS_ROLE, OWNER_ROLE, keys_data, postgres_data
from tests.stack import ROOT, data_folder, environment

pytestmark = pytest.mark.stack
ENROL = """
import datetime
from clinic import patients
from clinic.models import CareTeam
team = CareTeam.objects.create(name="Orthopaedics")
born = datetime.date(1958, 3, 2)
for name in ("Maria Lindqvist", "Tomas Berg"):
    patients.enrol(patients.Details(team, name, name.split()[0], born, "Hip", datetime.date(2026, 1, 1)))
"""
ERASE = """
from clinic.models import Patient, User
from compliance import rights
from compliance.models import RightsRequest as Request
first, second = (User.objects.create(username=name) for name in ("officer", "admin"))
maria = next(one for one in Patient.objects.all() if one.name == "Maria Lindqvist")
asked = rights.ask(Request.Kind.ERASURE, maria.pk, first, Request.Ground.PATIENT_ASKED)
rights.approve(asked, second)
rights.carry_out(asked)
"""
RUN = "from pathlib import Path; from django.core.management import call_command as run"
WRAPPED = """
import json
from compliance.models import PatientKey
print(json.dumps([bytes(one.wrapped).hex() for one in PatientKey.objects.all()]))
"""
OPEN = """
import json
from clinic.models import Patient
from compliance.errors import KeyDestroyed
def name_of(patient):
    try:
        return patient.name
    except KeyDestroyed:
        return "(erased)"
print(json.dumps([name_of(one) for one in Patient.objects.all()]))
"""
RECORD = (
    "from clinic.models import Patient; from clinic import invitations; "
    "[invitations.make(patient) for patient in Patient.objects.all()]"
)
SWITCH = "from django.db import connections; connections['owner'].cursor().execute('SELECT pg_switch_wal()')"


class Clinic:
    """A small clinic on a PostgreSQL that archives, without its other programs."""

    def __init__(self, data: Path) -> None:
        self.data, self.archive = data, data / "archive"

    def manage(self, *arguments: str | Path, fails: bool = False) -> str:
        ran = subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=ROOT,
            env=environment(self.data, 8000, POSTGRES_ARCHIVE=str(self.archive)),
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert (ran.returncode != 0) == fails, ran.stdout + ran.stderr
        return ran.stdout

    def shell(self, code: str) -> list[str]:
        return self.manage("shell", "-v0", "-c", code).splitlines()

    def lives_on(self) -> None:
        """More happens, is sealed and seen by the witness, and reaches the archive."""
        self.shell(RECORD)
        self.manage("seal", "--once")
        self.manage("witness", "--once")
        self.shell(SWITCH)

    def drill(self, base: Path, *arguments: str | Path, fails: bool = False) -> dict[str, Any]:
        said = self.manage("restore_drill", base, *arguments, fails=fails)
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with data_folder() as data, pytest.MonkeyPatch.context() as patch:
        from django.conf import settings

        patch.setattr(settings, "POSTGRES_ARCHIVE", data / "archive")
        with servers.postgres(data):
            clinic = Clinic(data)
            for database in ("owner", "keys"):
                clinic.manage("migrate", "--database", database, "--verbosity", "0")
            clinic.manage("prepare_database")
            clinic.shell(ENROL)
            clinic.manage("seal", "--once")
            yield clinic


@pytest.fixture(scope="module")
def base(clinic: Clinic) -> Path:
    """A copy, after which life went on."""
    said = clinic.manage("backup", clinic.data / "backups")
    clinic.lives_on()
    return Path(said.splitlines()[0].removeprefix("✓ "))


def test_a_copy_with_its_archive_loses_nothing(clinic: Clinic, base: Path) -> None:
    found = clinic.drill(base, "--archive", clinic.archive)
    assert found["problems"] == []
    assert found["missing"] == {}
    assert found["lost_s"] <= 300  # recovery point objective
    assert found["checked_s"] <= 900  # recovery time objective
    assert found["audit_entries"] >= 4
    assert found["opened"] >= 2


def test_an_old_copy_is_told_from_what_the_witness_has_seen(clinic: Clinic, base: Path) -> None:
    found = clinic.drill(base, fails=True)
    assert any("audit trail" in problem for problem in found["problems"])
    assert found["missing"]["clinic_invitation"] >= 2


def test_what_is_no_backup_is_refused(clinic: Clinic, tmp_path: Path) -> None:
    assert clinic.manage("restore_drill", tmp_path, fails=True) == ""


def test_a_damaged_copy_is_refused(clinic: Clinic, base: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(base, copy)
    victim = max((copy / "base").rglob("*"), key=lambda path: path.stat().st_size)
    damaged = bytearray(victim.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    victim.write_bytes(damaged)
    with pytest.raises(backups.BackupFailure, match="was changed"):
        backups.verify(copy)


# -- erasure, which comes last because Maria is gone afterwards --------------------------
def test_yesterdays_copy_stays_unreadable_after_an_erasure(clinic: Clinic, base: Path) -> None:
    keys, yesterday = clinic.data / "keys-apart", clinic.data / "yesterday.jsonl"
    *_said, lines = clinic.shell(f"{RUN}; run('backup', '{clinic.data}/again', keys=Path('{keys}'))\n{WRAPPED}")
    wrapped = [bytes.fromhex(key) for key in json.loads(lines)]
    shutil.copy(keys / backups.KEYS_COPY, yesterday)
    assert len(wrapped) >= 2
    assert not keys_within([base, clinic.archive], wrapped)
    assert keys_within([keys], wrapped)

    clinic.shell(f"{ERASE}\n{RUN}; run('audit', 'verify'); run('backup', '{clinic.data}/after', keys=Path('{keys}'))")
    assert sum(key.hex() in (keys / backups.KEYS_COPY).read_text() for key in wrapped) == len(wrapped) - 1
    found = clinic.drill(base, fails=True)  # fails, because the witness has seen more
    assert (found["opened"], found["erased_since"]) == (1, 1)

    lost = "from compliance.models import PatientKey as K; K.objects.filter(destroyed_at=None).delete()"
    *_said, names = clinic.shell(f"{lost}\n{RUN}; run('restore_keys', '{yesterday}')\n{OPEN}")
    assert sorted(json.loads(names)) == ["(erased)", "Tomas Berg"]


def keys_within(places: list[Path], wrapped: list[bytes]) -> list[Path]:
    """Files that hold a wrapped key, as bytes or in hexadecimal."""
    forms = [form for key in wrapped for form in (key, key.hex().encode())]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


def test_keys_from_before_they_had_a_server_of_their_own_are_moved(clinic: Clinic) -> None:
    old, new = postgres_data(clinic.data), keys_data(clinic.data)
    state = "SELECT count(*), min(md5(wrapped)) FROM compliance_patientkey"
    before = postgres_tool("psql", new, KEYS_DATABASE, "-tAc", state)
    dump = postgres_tool("pg_dump", new, KEYS_DATABASE)
    postgres_tool("psql", old, "postgres", "-c", f"CREATE ROLE {KEYS_ROLE} LOGIN")
    postgres_tool("psql", old, "postgres", "-c", f"CREATE DATABASE {KEYS_DATABASE} OWNER {KEYS_ROLE}")
    postgres_tool("psql", old, KEYS_DATABASE, "-q", told=dump)
    postgres_tool("psql", new, "postgres", "-c", f"DROP DATABASE {KEYS_DATABASE} WITH (FORCE)")
    servers.prepare_postgres(clinic.data)
    assert postgres_tool("psql", new, KEYS_DATABASE, "-tAc", state) == before
    there = f"SELECT count(*) FROM pg_database WHERE datname = '{KEYS_DATABASE}'"
    assert postgres_tool("psql", old, "postgres", "-tAc", there).strip() == "0"


def postgres_tool(name: str, folder: Path, database: str, *arguments: str, told: str = "") -> str:
    command = [str(servers.binaries() / name), "-h", str(folder), "-U", OWNER_ROLE, "-d", database, *arguments]
    return subprocess.run(command, input=told, capture_output=True, check=True, text=True).stdout

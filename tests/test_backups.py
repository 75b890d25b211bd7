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

    def shell(self, code: str) -> None:
        self.manage("shell", "-v0", "-c", code)

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

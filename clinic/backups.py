"""Copies of the embedded PostgreSQL, and the drill that proves a copy can be lived from.

`manage.py backup` and `manage.py restore_drill` call this. Your own PostgreSQL is backed up by
your own means (docs/how-to/back-up-and-restore.md); the drill takes any base backup of the same major version.
"""

import hashlib
import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import Error, connections
from django.db.models import Max

from clinic import servers
from clinic.embedded import OWNER_ROLE, postgres_data
from clinic.models import Patient
from clinic.processes import credentials
from compliance import trail_check
from compliance.errors import ComplianceError, KeyDestroyed
from compliance.models import AuditEvent, PatientKey

RECOVERY_LIMIT_S = 900.0
OPENED = 100  # sealed records that the drill reads, at most
DRILL = "drill"
KEYS_COPY = "patient-keys.jsonl"


class BackupFailure(Exception):
    """A copy could not be made or lived from; the message says why."""


def take(folder: Path) -> Path:
    """A verified base backup of the embedded server, made while it runs. Raises `BackupFailure`."""
    target = folder.resolve() / f"base-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    target.mkdir(parents=True, mode=0o700)
    user = servers.system_user()
    if user:
        account = pwd.getpwnam(user)
        os.chown(target, account.pw_uid, account.pw_gid)
        servers.let_through(target)
    socket = str(postgres_data(settings.DATA_DIR))
    whole = ("--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256")
    _run("pg_basebackup", "-h", socket, "-U", OWNER_ROLE, "-D", str(target), *whole, user=user)
    verify(target)
    return target


def take_keys(folder: Path) -> Path:
    """The wrapped patient keys as they are now, in place of the last such copy: an erased key must not outlive it."""
    target = folder.resolve() / KEYS_COPY
    fresh = target.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        for row in PatientKey.objects.order_by("patient_id", "version"):
            file.write(json.dumps(_written(row)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
    return target


def restore_keys(copy: Path) -> int:
    """Bring back keys that are missing, and return how many. One that is here, or was destroyed, stays as it is."""
    rows = [_read(json.loads(line)) for line in copy.read_text().splitlines()]
    known = set(PatientKey.objects.values_list("patient_id", "version"))
    missing = [row for row in rows if (row.patient_id, row.version) not in known]
    PatientKey.objects.bulk_create(missing)
    return len(missing)


def _written(row: PatientKey) -> dict[str, str | int | None]:
    return {
        "patient_id": str(row.patient_id),
        "version": row.version,
        "wrapped": bytes(row.wrapped).hex(),
        "key_encryption_key": row.key_encryption_key,
        "destroyed_at": row.destroyed_at.isoformat() if row.destroyed_at else None,
    }


def _read(written: dict[str, Any]) -> PatientKey:
    destroyed_at = written["destroyed_at"]
    return PatientKey(
        patient_id=UUID(written["patient_id"]),
        version=written["version"],
        wrapped=bytes.fromhex(written["wrapped"]),
        key_encryption_key=written["key_encryption_key"],
        destroyed_at=datetime.fromisoformat(destroyed_at) if destroyed_at else None,
    )


def verify(base: Path) -> None:
    """Compare each file with the backup's own manifest. Raises `BackupFailure`."""
    # The wheel's pg_verifybackup crashes; this checks what it would, except the WAL's records.
    try:
        files = json.loads((base / "backup_manifest").read_text())["Files"]
    except (OSError, ValueError, KeyError):
        raise BackupFailure(f"{base} has no manifest that can be read.") from None
    for entry in files:
        path = base / entry["Path"]
        if not path.is_file() or path.stat().st_size != entry["Size"]:
            raise BackupFailure(f"{path} is missing or has another size.")
        if entry["Size"] and hashlib.sha256(path.read_bytes()).hexdigest() != entry["Checksum"]:
            raise BackupFailure(f"{path} was changed.")


@dataclass
class Drill:
    """What a restore showed. `problems` is empty if it can be lived from."""

    recovery_s: float = 0.0
    checked_s: float = 0.0
    lost_s: float = 0.0
    audit_entries: int = 0
    opened: int = 0
    erased_since: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def drill(base: Path, archive: Path | None, witness: Path | None) -> Drill:
    """Restore `base` (and what `archive` adds) beside the living, and compare. Raises `BackupFailure`."""
    found, began = Drill(), time.monotonic()
    with _restored(base, archive):
        found.recovery_s = time.monotonic() - began
        _verify_audit(found, witness)
        _open_records(found)
        _compare_counts(found)
        found.lost_s = _lost().total_seconds()
        connections[DRILL].close()
    found.checked_s = time.monotonic() - began
    return found


def _verify_audit(found: Drill, witness: Path | None) -> None:
    try:
        report = trail_check.check(DRILL, witness)
    except (ComplianceError, OSError) as problem:
        found.problems.append(f"the audit trail cannot be verified: {problem}")
        return
    found.audit_entries = report.entries
    found.problems += [f"audit trail: {finding}" for finding in report.findings[:5]]


def _open_records(found: Drill) -> None:
    """Sealed fields must open with the keys that were kept apart. Whoever was erased since stays unreadable."""
    for patient in Patient.objects.using(DRILL).filter(erased_at=None)[:OPENED]:
        try:
            found.opened += bool(patient.name)
        except KeyDestroyed:
            found.erased_since += 1
        except ComplianceError as problem:
            found.problems.append(f"patient {patient.pk}: {type(problem).__name__}")


def _compare_counts(found: Drill) -> None:
    """Rows that the living has and the copy has not, by table. Later ones are expected; fewer tables are not."""
    for model in apps.get_models():
        if model._meta.app_label not in ("clinic", "compliance", "knowledge", "conversations", "exchange"):
            continue
        if model._meta.label_lower == "compliance.patientkey":
            continue
        try:
            copied = model._default_manager.using(DRILL).count()
        except Error:
            found.problems.append(f"{model._meta.db_table} is not in the copy")
            continue
        missing = model._default_manager.using("owner").count() - copied
        if missing > 0:
            found.missing[model._meta.db_table] = missing


def _lost() -> timedelta:
    """Between the last event of the copy and the last of the living."""
    newest = [AuditEvent.objects.using(alias).aggregate(at=Max("at"))["at"] for alias in (DRILL, "owner")]
    return newest[1] - newest[0] if all(newest) else timedelta()


@contextmanager
def _restored(base: Path, archive: Path | None) -> Iterator[None]:
    if not (base / "PG_VERSION").exists():
        raise BackupFailure(f"{base} is no base backup of PostgreSQL.")
    verify(base)
    with servers.scratch_folder() as data:
        folder = postgres_data(data)
        shutil.copytree(base, folder, symlinks=True, ignore=shutil.ignore_patterns(".s.PGSQL*"))
        _prepare_recovery(folder, archive)
        try:
            with servers.running_postgres(data):
                _wait_for_recovery(data)
                yield
        except servers.EmbeddedFailure as problem:
            raise BackupFailure(f"the copy does not start: {problem}") from None


def _prepare_recovery(folder: Path, archive: Path | None) -> None:
    if archive:
        (folder / "recovery.signal").touch()
        with (folder / "postgresql.auto.conf").open("a") as conf:
            conf.write(f'\nrestore_command = \'cp "{archive.resolve()}/%f" "%p"\'\n')
    user = servers.system_user()
    if user:
        account = pwd.getpwnam(user)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        if archive:
            servers.let_through(archive / "any")
    folder.chmod(0o700)


def _wait_for_recovery(data: Path) -> None:
    known = connections.settings
    known[DRILL] = {**known["owner"], "HOST": str(postgres_data(data)), "USER": OWNER_ROLE, "PORT": "", "PASSWORD": ""}
    deadline = time.monotonic() + RECOVERY_LIMIT_S
    while time.monotonic() < deadline:
        with connections[DRILL].cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.2)
    raise BackupFailure("recovery did not end in time.")


def _run(program: str, *arguments: str, user: str | None) -> None:
    ran = subprocess.run(
        [str(servers.binaries() / program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **credentials(user),
    )
    if ran.returncode != 0:
        raise BackupFailure(f"{program}: {servers.last_words(ran.stderr)}")

"""Storage that fails: a disk that takes no more, a migration that is killed, and nothing half-written is left."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from compliance import files
from compliance.models import AuditEvent
from knowledge import ingestion
from knowledge.models import Document
from tests import cast
from tests.stack import ROOT

_KILLED = """
import os, signal, django
django.setup()
from django.db import connection, models
class Half(models.Model):
    class Meta:
        app_label, db_table = "clinic", "half_a_migration"
with connection.schema_editor() as editor:
    editor.create_model(Half)
    print("made", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@contextmanager
def full_disk(room_bytes: int) -> Iterator[None]:
    """Every file that this process writes fails beyond `room_bytes`, as on a disk that is full."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.django_db
def test_a_full_disk_refuses_an_upload_and_leaves_nothing_half_written(tmp_path: Path, settings):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    content = b"You may shower after 48 hours.\n" * 200
    by, maria = cast.admin(), cast.maria()

    def upload() -> Document:
        return ingestion.upload(patient_id=maria.pk, name="papers.txt", title="Papers", data=content, by=by)

    before = AuditEvent.objects.count()
    with full_disk(1000), pytest.raises(OSError):
        upload()
    assert not Document.objects.exists()
    assert AuditEvent.objects.count() == before
    assert [path for path in settings.SEALED_FILES_DIR.rglob("*") if path.is_file()] == []
    document = upload()  # there is room again
    assert document.file_id
    assert files.open_file(maria.pk, document.file_id) == content


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_killed_half_way_leaves_nothing():
    database = connection.settings_dict
    script = _KILLED.replace(
        "from django.db import connection, models",
        "from django.db import connection, models\n"
        f"connection.settings_dict.update(NAME={database['NAME']!r}, USER={database['USER']!r})",
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clinic.settings", "AFTERCARE_DATA": str(settings.DATA_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (-signal.SIGKILL, "made\n"), ran.stderr
    assert "half_a_migration" not in connection.introspection.table_names()


def test_every_migration_is_one_transaction():
    """PostgreSQL undoes all of it when it is interrupted; one that is not atomic would need a way back of its own."""
    ours = {"clinic", "compliance", "knowledge", "conversations"}
    loader = MigrationLoader(None)
    assert [key for key, one in loader.disk_migrations.items() if key[0] in ours and not one.atomic] == []

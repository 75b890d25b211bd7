"""Sealed files: unreadable on disk, readable in their place, gone when erased."""

from uuid import uuid4

import pytest

from compliance import files, keyring
from compliance.errors import KeyDestroyed, SealBroken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    return settings.SEALED_FILES_DIR


def everything_in(folder):
    return (
        b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        + str(list(folder.rglob("*"))).encode()
    )


def test_a_document_comes_back_as_it_was_and_is_unreadable_on_disk(folder):
    maria = uuid4()
    file_id = files.seal_file(maria, "Maria Lindqvist discharge.pdf", b"%PDF CANARY")
    assert files.open_file(maria, file_id) == b"%PDF CANARY"
    assert files.name_of(maria, file_id) == "Maria Lindqvist discharge.pdf"
    lying = everything_in(folder)
    assert b"CANARY" not in lying
    assert b"Maria" not in lying
    assert b"discharge" not in lying


def test_only_we_may_read_the_file(folder):
    maria = uuid4()
    path = folder / str(maria) / str(files.seal_file(maria, "a", b"b"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_moved_to_another_name_or_patient_does_not_open(folder):
    maria, tomas = uuid4(), uuid4()
    first, second = files.seal_file(maria, "a", b"one"), files.seal_file(maria, "a", b"two")
    (folder / str(maria) / str(first)).replace(folder / str(maria) / str(second))
    with pytest.raises(SealBroken):
        files.open_file(maria, second)
    files.seal_file(tomas, "a", b"three")
    (folder / str(maria) / str(second)).replace(folder / str(tomas) / str(second))
    with pytest.raises(SealBroken):
        files.open_file(tomas, second)


def test_erasing_removes_every_file_of_one_patient_and_no_other(folder):
    maria, tomas = uuid4(), uuid4()
    mine = [files.seal_file(maria, "a", b"one") for _ in range(3)]
    kept = files.seal_file(tomas, "a", b"kept")
    assert files.erase_files(maria) == 3
    assert not (folder / str(maria)).exists()
    with pytest.raises(FileNotFoundError):
        files.open_file(maria, mine[0])
    assert files.open_file(tomas, kept) == b"kept"
    assert files.erase_files(maria) == 0


def test_a_copy_kept_elsewhere_is_unreadable_once_the_key_is_destroyed(folder):
    maria = uuid4()
    file_id = files.seal_file(maria, "a", b"one")
    keyring.destroy(maria)
    with pytest.raises(KeyDestroyed):
        files.open_file(maria, file_id)


def test_one_file_can_be_erased(folder):
    maria = uuid4()
    file_id = files.seal_file(maria, "a", b"one")
    files.erase_file(maria, file_id)
    with pytest.raises(FileNotFoundError):
        files.open_file(maria, file_id)

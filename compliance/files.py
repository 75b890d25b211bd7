"""Sealed files on disk: documents as they were uploaded, recordings.

One folder a patient under SEALED_FILES_DIR, one file named by its id. Nothing in
a path or a file says who or what it is. `compliance.keyring.destroy` makes them
unreadable wherever a copy is; `erase_files` removes ours too.
"""

import os
import struct
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from compliance import encryption, keyring

_NAME_LENGTH = struct.Struct(">H")


def seal_file(patient_id: UUID, name: str, content: bytes) -> UUID:
    """Keep `content` under the patient's key and return its id. On disk when this returns."""
    file_id = uuid4()
    title = name.encode()[:1024]
    plain = _NAME_LENGTH.pack(len(title)) + title + content
    sealed = encryption.seal(plain, keyring.key_for(patient_id), _place(patient_id, file_id))
    path = _path(patient_id, file_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_through(path, sealed)
    return file_id


def open_file(patient_id: UUID, file_id: UUID) -> bytes:
    """The content. Raises `FileNotFoundError`, `KeyDestroyed` or `SealBroken`."""
    return _open(patient_id, file_id)[1]


def name_of(patient_id: UUID, file_id: UUID) -> str:
    return _open(patient_id, file_id)[0]


def erase_file(patient_id: UUID, file_id: UUID) -> None:
    _path(patient_id, file_id).unlink(missing_ok=True)


def erase_files(patient_id: UUID) -> int:
    """Remove every file of this patient; how many there were."""
    folder = _folder(patient_id)
    if not folder.exists():
        return 0
    paths = list(folder.iterdir())
    for path in paths:
        path.unlink(missing_ok=True)
    folder.rmdir()
    return len(paths)


def _open(patient_id: UUID, file_id: UUID) -> tuple[str, bytes]:
    sealed = _path(patient_id, file_id).read_bytes()
    plain = encryption.open_sealed(sealed, keyring.key_for(patient_id), _place(patient_id, file_id))
    start = _NAME_LENGTH.size + _NAME_LENGTH.unpack_from(plain)[0]
    return plain[_NAME_LENGTH.size : start].decode(errors="replace"), plain[start:]


def _write_through(path: Path, content: bytes) -> None:
    """Write, flush to disk, then name: a reader never meets half a file, and a full disk is left no fuller."""
    half = path.with_suffix(".half")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise


def _place(patient_id: UUID, file_id: UUID) -> encryption.Place:
    return encryption.Place("files", str(patient_id), str(file_id))


def _folder(patient_id: UUID) -> Path:
    return Path(settings.SEALED_FILES_DIR) / str(patient_id)


def _path(patient_id: UUID, file_id: UUID) -> Path:
    return _folder(patient_id) / str(file_id)

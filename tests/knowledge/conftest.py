"""Uploaded files of a test lie in a folder of its own."""

import pytest


@pytest.fixture(autouse=True)
def _sealed_files_apart(settings, tmp_path) -> None:
    settings.SEALED_FILES_DIR = tmp_path / "files"

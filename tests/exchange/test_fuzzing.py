"""Schemathesis over the whole API: few requests here, many with `python -m tests.exchange.fuzzing`."""

import os

import pytest

from tests.exchange import fuzzing

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))


@pytest.mark.django_db
def test_no_request_breaks_anything_or_is_answered_what_is_not_for_it(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    counts = dict(fuzzing.fuzz(EXAMPLES))
    assert len(counts) == len(fuzzing.demands())
    assert sum(counts.values()) > len(counts)
    print(f"{sum(counts.values())} requests to {len(counts)} operations")

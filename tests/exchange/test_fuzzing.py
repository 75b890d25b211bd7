"""Schemathesis over the whole API, and requests to FHIR: few requests here, many with `python -m tests.exchange`."""

import os

import pytest

from tests.exchange import fhir_fuzzing, fuzzing

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
FHIR_EXAMPLES = int(os.environ.get("FHIR_FUZZ_EXAMPLES", "80"))


@pytest.mark.django_db
def test_no_request_breaks_anything_or_is_answered_what_is_not_for_it(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    counts = dict(fuzzing.fuzz(EXAMPLES))
    assert len(counts) == len(fuzzing.demands())
    assert sum(counts.values()) > len(counts)
    print(f"{sum(counts.values())} requests to {len(counts)} operations")


@pytest.mark.django_db
def test_no_fhir_request_breaks_anything_or_is_answered_what_is_not_for_it(settings, tmp_path):
    settings.SEALED_FILES_DIR = tmp_path / "files"
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    found = fhir_fuzzing.fuzz(FHIR_EXAMPLES)
    assert found > 0  # it does reach what is there
    print(f"{FHIR_EXAMPLES} requests, {found} answered with something")

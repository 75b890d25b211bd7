"""Broken documents of every kind: a few here, as many as there is time for with `make fuzz`."""

import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledge import ingestion, leaflets
from knowledge.errors import Refused
from knowledge.formats import Kind
from knowledge.models import Document, Leaflet
from tests import cast
from tests.knowledge import fuzz

KINDS = [kind.value for kind in Kind]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None, database=None, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_a_broken_document_is_read_or_refused_and_never_contradicts_itself(kind, seed):
    assert not fuzz.outcome(fuzz.broken(kind, seed)).startswith("WRONG")


@settings(max_examples=12, deadline=None, database=None, derandomize=True)
@given(text=st.text(max_size=400), name=st.sampled_from(["x.txt", "x.md", "x.html", "x.json", "x.xml"]))
@example(text="\x1c# \u202e\n|\n", name="x.md")
def test_any_text_at_all_is_read_or_refused(text, name):
    kind = {"x.xml": "ccda", "x.json": "fhir"}.get(name, name.partition(".")[2])
    data = text.encode("utf-8", "surrogatepass")
    assert not fuzz.outcome(fuzz.Broken(kind, 0, data)).startswith("WRONG")


@pytest.mark.parametrize(
    "found",
    [fuzz.broken("fhir", 390246017), fuzz.Broken("md", 0, b"# Wound care" + b" " * 20_000 + b"x\n\nKeep it dry.")],
    ids=["half a character", "a heading of spaces"],
)
def test_what_fuzzing_found_stays_found(found):
    began = time.process_time()
    assert fuzz.outcome(found) == "read"
    assert time.process_time() - began < fuzz.SLOW_S


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_the_sandbox_holds(kind):
    for seed in range(2):
        assert not fuzz.through_the_sandbox(fuzz.broken(kind, seed)).startswith("WRONG")


@pytest.mark.django_db
@settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 10**6))
def test_no_broken_document_is_left_half_ingested(kind, seed):
    data, name = fuzz.broken(kind, seed).data, fuzz.NAMES.get(kind, f"x.{kind}")
    try:
        document = ingestion.upload(patient_id=cast.maria().pk, name=name, title="x", data=data, by=cast.admin())
        leaflet = leaflets.upload(name=name, title="x", data=data, by=cast.admin())
    except Refused:
        assert not Document.objects.filter(state=Document.State.WAITING).exists()
        return
    ingestion.ingest(document.pk)
    leaflets.ingest(leaflet.pk)
    for kept in (Document.objects.get(pk=document.pk), Leaflet.objects.get(pk=leaflet.pk)):
        whole = kept.state == kept.State.REVIEW and kept.chunks.exists() and kept.page_set.exists()
        nothing = kept.state == kept.State.REFUSED and not kept.chunks.exists() and not kept.page_set.exists()
        assert whole or nothing

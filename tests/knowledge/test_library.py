"""The clinic's library: from a leaflet's upload to an answer with its source."""

import gc
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.urls import reverse

from compliance.models import AuditEvent
from knowledge import embeddings, ingestion, leaflets, library_search, reading, retrieval
from knowledge.errors import NotReviewable
from knowledge.models import Leaflet, LeafletChunk
from tests import cast
from tests.knowledge.test_ingestion import reviewed

pytestmark = pytest.mark.django_db

ASTHMA = b"""# Asthma

## What is asthma

Asthma is a condition in which the airways of the lungs are swollen and narrow, so that it is hard to breathe out.

## What triggers asthma

Dust mites, pollen, mould, tobacco smoke and cold air can set off an attack of asthma.

## How is asthma treated

Inhaled corticosteroids calm the swelling. A rescue inhaler opens the airways within minutes.
"""
SLEEP = b"# Sleeping well\n\nGo to bed at the same hour each night. Keep the bedroom dark and cool. No screens.\n"
QUESTION = "What can trigger asthma?"


def read_leaflet(data=ASTHMA, title="Asthma", **more) -> Leaflet:
    leaflet = leaflets.upload(name="leaflet.md", title=title, data=data, by=cast.admin(), **more)
    leaflets.ingest(leaflet.pk)
    leaflet.refresh_from_db()
    return leaflet


def approved(**more) -> Leaflet:
    return leaflets.approve(read_leaflet(**more), by=cast.admin())


def found(question: str):
    return library_search.search(library_search.prepared(question, embeddings.embed(library_search.texts_of(question))))


def test_a_leaflet_is_read_like_papers_and_answers_once_it_is_approved():
    leaflet = read_leaflet()
    assert (leaflet.state, leaflet.chunks.count()) == (Leaflet.State.REVIEW, 3)
    assert found(QUESTION) == []
    leaflets.approve(leaflet, by=cast.admin())
    best = found(QUESTION)[0]
    assert "tobacco smoke" in best.text
    assert (best.document_id, best.title, best.version) == (str(leaflet.pk), "Asthma", 1)
    page = leaflet.page_set.get(number=best.page)
    assert page.text[best.start : best.end] == best.text


def test_each_step_is_in_the_audit_trail():
    leaflet = leaflets.retire(approved())
    events = AuditEvent.objects.filter(subject=f"leaflet:{leaflet.pk}").order_by("id")
    assert list(events.values_list("action", flat=True)) == [
        "leaflet.uploaded",
        "leaflet.read",
        "leaflet.approved",
        "leaflet.retired",
    ]


def test_the_section_that_is_asked_for_comes_first():
    approved()
    approved(data=SLEEP, title="Sleeping well")
    assert "corticosteroids" in found("How is asthma treated?")[0].text
    assert "airways of the lungs" in found("What is asthma?")[0].text
    assert "dark and cool" in found("How can I sleep well?")[0].text


def test_a_question_that_no_leaflet_is_about_finds_nothing():
    approved()
    assert found("What is the capital of France?") == []


def test_a_retired_leaflet_answers_nothing_and_its_source_still_opens():
    leaflet = leaflets.retire(approved())
    assert found(QUESTION) == []
    assert not LeafletChunk.objects.filter(live=True).exists()
    page = cast.as_patient(cast.maria()).get(reverse("knowledge:page", args=[leaflet.pk, 1]))
    assert "tobacco smoke" in page.content.decode()
    with pytest.raises(NotReviewable):
        leaflets.retire(leaflet)


def test_a_new_version_takes_over_when_it_is_approved():
    first = approved()
    second = read_leaflet(data=ASTHMA.replace(b"cold air", b"perfume"), replaces=first)
    assert "cold air" in found(QUESTION)[0].text
    leaflets.approve(second, by=cast.admin())
    first.refresh_from_db()
    assert first.state == Leaflet.State.SUPERSEDED
    assert "perfume" in found(QUESTION)[0].text
    assert found(QUESTION)[0].version == 2


def test_a_leaflet_that_cannot_be_read_says_why():
    leaflet = read_leaflet(data=b"{\\rtf1" + b" " * 10)
    assert leaflet.state == Leaflet.State.REVIEW  # text is text
    broken = leaflets.upload(name="x.pdf", title="x", data=b"%PDF-1.4\nnot really", by=cast.admin())
    leaflets.ingest(broken.pk)
    broken.refresh_from_db()
    assert broken.state == Leaflet.State.REFUSED
    assert AuditEvent.objects.get(action="leaflet.unreadable").reason == broken.refusal
    page = cast.signed_in(cast.admin()).get(reverse("knowledge:leaflet", args=[broken.pk])).content.decode()
    assert broken.refusal_sentence in page.replace("&#x27;", "'")


def test_an_admin_uploads_watches_approves_and_retires():
    admin = cast.signed_in(cast.admin())
    assert "No leaflets yet" in admin.get(reverse("knowledge:library")).content.decode()
    sent = {"title": "Asthma", "file": SimpleUploadedFile("asthma.md", ASTHMA)}
    response = admin.post(reverse("knowledge:leaflet_upload"), sent)
    leaflet = Leaflet.objects.get()
    assert "data-progress" in admin.get(response.url).content.decode()
    leaflets.ingest(leaflet.pk)
    assert admin.get(reverse("knowledge:leaflet_progress", args=[leaflet.pk])).json()["finished"]
    assert "Approve for all patients" in admin.get(response.url).content.decode()
    admin.post(reverse("knowledge:leaflet_approve", args=[leaflet.pk]))
    assert "Retire this leaflet" in admin.get(response.url).content.decode()
    assert "Asthma" in admin.get(reverse("knowledge:library")).content.decode()
    admin.post(reverse("knowledge:leaflet_retire", args=[leaflet.pk]))
    leaflet.refresh_from_db()
    assert leaflet.state == Leaflet.State.RETIRED


@pytest.mark.parametrize("name", ["library", "leaflet_upload"])
def test_only_admins_keep_the_library(name, client):
    assert cast.signed_in(cast.dr_osei()).get(reverse(f"knowledge:{name}")).status_code == 403
    assert client.get(reverse(f"knowledge:{name}")).status_code == 302


def test_a_patient_reads_no_leaflet_that_nobody_approved():
    leaflet = read_leaflet()
    assert cast.as_patient(cast.maria()).get(reverse("knowledge:page", args=[leaflet.pk, 1])).status_code == 404
    assert cast.signed_in(cast.dr_osei()).get(reverse("knowledge:page", args=[leaflet.pk, 1])).status_code == 200


def test_common_words_alone_find_nothing_by_force(django_assert_max_num_queries):
    approved()
    with django_assert_max_num_queries(8):
        assert found("Can I have it?") == []


@pytest.mark.django_db(transaction=True)
def test_a_call_hears_the_library_only_where_her_papers_are_silent(monkeypatch):
    monkeypatch.setattr(reading, "hasten", lambda task, document_id: None)
    ingestion.approve(reviewed(), by=cast.admin())
    approved()
    index = retrieval.open_index(cast.maria().pk)
    assert [passage.title for passage in index.search(QUESTION)] == ["Asthma"]
    assert index.search("Is it normal that my leg is swollen?")[0].title == "Discharge papers"
    assert {passage.title for passage in index.search("How much paracetamol do I take?")} == {"Discharge papers"}
    del index
    gc.collect()  # the desk leaves with it, and its connection


def test_a_library_that_is_late_or_broken_does_not_hold_up_her_papers(monkeypatch):
    ingestion.approve(reviewed(), by=cast.admin())
    approved()
    index = retrieval.open_index(cast.maria().pk)
    woken = threading.Event()
    monkeypatch.setattr(library_search, "PATIENCE_S", 0.01)
    monkeypatch.setattr(library_search, "search", lambda question, k: woken.wait() and [])
    assert index.search(QUESTION) == []
    woken.set()

    def broken(question, k):
        raise DatabaseError

    monkeypatch.setattr(library_search, "search", broken)
    assert index.search(QUESTION) == []
    assert index.search("Is it normal that my leg is swollen?")[0].title == "Discharge papers"

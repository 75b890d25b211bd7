"""The pages of documents, and who may not see them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from compliance.models import AuditEvent
from knowledge import ingestion
from knowledge.models import Document
from tests import cast
from tests.knowledge.test_ingestion import PAPER, reviewed

pytestmark = pytest.mark.django_db


def approved() -> Document:
    return ingestion.approve(reviewed(), by=cast.admin())


def page_url(document: Document, query: str = "") -> str:
    return reverse("knowledge:page", args=[document.pk, 1]) + query


def test_an_admin_uploads_watches_reviews_and_approves():
    admin, maria = cast.signed_in(cast.admin()), cast.maria()
    sent = {"title": "Discharge papers", "file": SimpleUploadedFile("papers.pdf", PAPER)}
    response = admin.post(reverse("knowledge:upload", args=[maria.pk]), sent)
    document = Document.objects.get()
    assert response.url == reverse("knowledge:document", args=[document.pk])
    assert "data-progress" in admin.get(response.url).content.decode()
    ingestion.ingest(document.pk)
    assert admin.get(reverse("knowledge:progress", args=[document.pk])).json()["finished"]
    review = admin.get(response.url).content.decode()
    assert "Take paracetamol 500 mg" in review and "Approve" in review
    admin.post(reverse("knowledge:approve", args=[document.pk]))
    document.refresh_from_db()
    assert document.state == Document.State.APPROVED
    assert "Maria Lindqvist" in admin.get(reverse("knowledge:documents")).content.decode()


def test_a_file_that_cannot_be_read_is_refused_on_the_form():
    sent = {"title": "x", "file": SimpleUploadedFile("papers.pdf", b"\x89PNG\r\n\x1a\n123")}
    response = cast.signed_in(cast.admin()).post(reverse("knowledge:upload", args=[cast.maria().pk]), sent)
    assert response.status_code == 422
    assert "do not match its name" in response.content.decode()


def test_the_cited_words_are_marked():
    document = approved()
    chunk = document.chunks.get(page=1)
    query = f"?start={chunk.start}&end={chunk.start + 10}"
    page = cast.as_patient(cast.maria()).get(page_url(document, query)).content.decode()
    assert f"<mark>{chunk.text[:10]}</mark>" in page
    assert AuditEvent.objects.filter(action="document.page_read").count() == 1


@pytest.mark.parametrize("query", ["?start=9&end=3", "?start=-1&end=4", "?start=x&end=y", "?start=0", ""])
def test_a_span_that_makes_no_sense_marks_nothing(query):
    page = cast.as_patient(cast.maria()).get(page_url(approved(), query))
    assert page.status_code == 200
    assert "<mark>" not in page.content.decode()


def test_her_clinician_reads_the_page_and_the_stranger_does_not():
    document = approved()
    assert cast.signed_in(cast.dr_osei()).get(page_url(document)).status_code == 200
    assert cast.signed_in(cast.stranger()).get(page_url(document)).status_code == 403
    assert cast.signed_in(cast.officer()).get(page_url(document)).status_code == 403
    assert AuditEvent.objects.filter(action="access.refused").count() == 2


def test_another_patient_and_nobody_are_refused(client):
    document = approved()
    assert cast.as_patient(cast.another_patient()).get(page_url(document)).status_code == 403
    assert client.get(page_url(document)).status_code == 403


def test_a_patient_does_not_see_what_nobody_has_approved():
    assert cast.as_patient(cast.maria()).get(page_url(reviewed())).status_code == 403


@pytest.mark.parametrize("name", ["documents", "upload_any"])
def test_only_admins_manage_documents(name, client):
    assert cast.signed_in(cast.dr_osei()).get(reverse(f"knowledge:{name}")).status_code == 403
    assert client.get(reverse(f"knowledge:{name}")).status_code == 302


def test_the_picture_of_a_page_is_drawn_for_those_who_may_read_it():
    url = reverse("knowledge:picture", args=[approved().pk, 1])
    picture = cast.as_patient(cast.maria()).get(url)
    assert picture.content.startswith(b"\x89PNG")
    assert cast.signed_in(cast.stranger()).get(url).status_code == 403

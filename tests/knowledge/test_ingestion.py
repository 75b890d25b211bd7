"""From upload to approval: what an admin does with a discharge document."""

import io
import zipfile

import pytest

from clinic import plans
from clinic.models import Plan
from compliance.models import AuditEvent
from knowledge import ingestion, reading
from knowledge.errors import NotReviewable, Refusal, Refused
from knowledge.models import Chunk, Document
from tests import cast
from tests.knowledge import papers

pytestmark = pytest.mark.django_db

PAPER = papers.pdf(
    [
        papers.Line("Going home after your hip operation", 760, size=18),
        papers.Line("Take paracetamol 500 mg by mouth four times a day for pain.", 700),
        papers.Line("Some swelling of the leg is normal for six weeks.", 680),
    ],
    papers.lines("Call us on 555 0100 if your wound is red, hot or leaking."),
)


def uploaded(data: bytes = PAPER, name: str = "discharge.pdf", **more) -> Document:
    return ingestion.upload(
        patient_id=cast.maria().pk, name=name, title="Discharge papers", data=data, by=cast.admin(), **more
    )


def reviewed(**more) -> Document:
    document = uploaded(**more)
    ingestion.ingest(document.pk)
    document.refresh_from_db()
    return document


def test_an_uploaded_document_is_read_into_passages_with_their_places():
    document = reviewed()
    assert (document.state, document.pages, document.progress) == (Document.State.REVIEW, 2, 100)
    chunks = list(Chunk.objects.filter(document=document).order_by("position"))
    assert [chunk.page for chunk in chunks] == [1, 2]
    page = document.page_set.get(number=1)
    assert page.text[chunks[0].start : chunks[0].end] == chunks[0].text
    assert "paracetamol 500 mg" in chunks[0].text
    assert chunks[0].heading == "Going home after your hip operation"


def test_each_step_is_in_the_audit_trail():
    document = reviewed()
    ingestion.approve(document, by=cast.admin())
    actions = (
        AuditEvent.objects.filter(subject=f"document:{document.pk}").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["document.uploaded", "document.read", "document.approved"]


def test_a_new_version_replaces_the_old_one_only_when_it_is_approved():
    first = ingestion.approve(reviewed(), by=cast.admin())
    second = reviewed(data=papers.pdf(papers.lines("Take one tablet at night.")), replaces=first)
    first.refresh_from_db()
    assert (first.state, second.version) == (Document.State.APPROVED, 2)
    ingestion.approve(second, by=cast.admin())
    first.refresh_from_db()
    assert first.state == Document.State.SUPERSEDED


def test_a_document_is_approved_once_and_only_after_it_was_read():
    document = uploaded()
    with pytest.raises(NotReviewable):
        ingestion.approve(document, by=cast.admin())
    ingestion.ingest(document.pk)
    ingestion.approve(document, by=cast.admin())
    with pytest.raises(NotReviewable):
        ingestion.approve(document, by=cast.admin())


def test_the_same_file_twice_is_one_document():
    assert uploaded().pk == uploaded().pk


def test_a_worker_that_died_half_way_is_succeeded_by_another(monkeypatch):
    document = uploaded(data=papers.pdf(*[papers.lines(f"Heading {n}", "Words " * 60) for n in range(40)]))
    store, stored = ingestion._store, []

    def dying(*args):
        if len(stored) == 20:
            raise KeyboardInterrupt
        stored.append(args)
        store(*args)

    monkeypatch.setattr(ingestion, "_store", dying)
    with pytest.raises(KeyboardInterrupt):
        ingestion.ingest(document.pk)
    monkeypatch.setattr(ingestion, "_store", store)
    assert ingestion.waiting() == []  # its lease has not run out
    Document.objects.filter(pk=document.pk).update(touched_at=None)
    assert ingestion.waiting() == [document.pk]
    ingestion.ingest(document.pk)
    document.refresh_from_db()
    positions = list(document.chunks.order_by("position").values_list("position", flat=True))
    assert document.state == Document.State.REVIEW
    assert positions == list(range(len(positions)))
    assert len(positions) >= 40


def test_two_workers_do_not_read_the_same_document(monkeypatch):
    document = uploaded()
    Document.objects.filter(pk=document.pk).update(state=Document.State.READING)
    assert reading.claim(Document, document.pk) is not None
    assert reading.claim(Document, document.pk) is None


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "refusal"),
    [
        ("papers.pdf", b"", Refusal.EMPTY),
        ("papers.pdf", b"   \n", Refusal.EMPTY),
        ("papers.exe", b"MZ\x90", Refusal.UNSUPPORTED),
        ("papers.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal.UNSUPPORTED),
        ("papers.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal.ENCRYPTED),
        ("papers.pdf", b"\x89PNG\r\n\x1a\n", Refusal.LYING),
        ("papers.txt", PAPER, Refusal.LYING),
        ("papers.pdf", b"just some text", Refusal.LYING),
        ("papers.txt", b"ab\x00cd", Refusal.LYING),
        ("papers.json", b'{"a": 1}', Refusal.UNSUPPORTED),
        ("papers.docx", zipped(other=b"x"), Refusal.LYING),
        ("papers.docx", zipped(word__document_xml=b"0" * 50_000_000), Refusal.INFLATES),
        ("papers.txt", b"a" * (25 * 1024 * 1024 + 1), Refusal.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_what_to_do(name, data, refusal):
    with pytest.raises(Refused) as caught:
        uploaded(data=data, name=name)
    assert caught.value.refusal is refusal
    assert caught.value.sentence.count(". ") >= 1
    assert AuditEvent.objects.get(action="document.turned_away").reason == refusal.value
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"%PDF-1.4\nnot really", Refusal.BROKEN),
        (papers.pdf([]), Refusal.NO_TEXT),
        (papers.pdf(*[[]] * 501), Refusal.TOO_MANY_PAGES),
    ],
)
def test_a_file_that_turns_out_unreadable_says_so_on_its_row_and_leaves_nothing_behind(monkeypatch, data, refusal):
    monkeypatch.setattr(
        "knowledge.ocr.shutil.which", lambda name: None
    )  # with Tesseract, an empty page is read as a scan
    document = reviewed(data=data)
    assert (document.state, document.refusal) == (Document.State.REFUSED, refusal.value)
    assert document.refusal_sentence
    assert not document.page_set.exists() and not document.chunks.exists()
    assert AuditEvent.objects.get(action="document.unreadable").reason == refusal.value


def test_a_plan_is_proposed_with_the_document_and_approved_with_it():
    document = reviewed()
    draft = Plan.objects.get(document_id=document.pk)
    assert draft.state == Plan.State.DRAFT
    ingestion.approve(document, by=cast.admin())
    plan = plans.current_plan(cast.maria().pk)
    assert [medicine.name for medicine in plan.medicines] == ["paracetamol"]
    assert [symptom.name for symptom in plan.expected_symptoms] == ["swelling of the leg"]


def test_a_leaflet_does_not_replace_the_plan():
    ingestion.approve(reviewed(), by=cast.admin())
    leaflet = reviewed(data=b"The hip is a joint between the thigh bone and the pelvis.", name="leaflet.txt")
    ingestion.approve(leaflet, by=cast.admin())
    assert plans.current_plan(cast.maria().pk).medicines

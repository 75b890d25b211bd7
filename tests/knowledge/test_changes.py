"""What a reviewer is shown of a new version, and what keeps the version it used."""

import pytest
from django.urls import reverse

from compliance.models import AuditEvent
from knowledge import ingestion, retrieval
from knowledge.changes import changes
from knowledge.extraction import plain
from tests import cast
from tests.knowledge.test_ingestion import PAPER, reviewed

OLD = "# Medicines\n\nTake paracetamol 500 mg twice a day.\n\nDo not drive for six weeks.\n\nCall us with questions.\n"


def pages(text: str):
    return list(plain.read(text, markdown=True))


def shown(pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, []),
        (OLD.replace("  ", " "), []),
        (
            OLD.replace("500 mg twice", "1,000 mg twice"),
            [("Take paracetamol [500] mg twice a day.", "Take paracetamol [1,000] mg twice a day.")],
        ),
        (OLD.replace("Do not drive", "Do drive"), [("Do[ not] drive for six weeks.", "Do drive for six weeks.")]),
        (OLD.replace("Do not drive for six weeks.\n\n", ""), [("[Do not drive for six weeks.]", "")]),
        (OLD + "\nWear the brace at night.\n", [("", "[Wear the brace at night.]")]),
        (
            OLD.replace("Do not drive for six weeks.", "The stitches come out on Friday."),
            [("", "[The stitches come out on Friday.]"), ("[Do not drive for six weeks.]", "")],
        ),
    ],
)
def test_what_changed_is_marked_word_by_word(new, expected):
    assert [(shown(each.before), shown(each.after)) for each in changes(pages(OLD), pages(new))] == expected


def test_a_document_that_was_wholly_rewritten_is_compared_quickly():
    old = "\n\n".join(f"Old line {n} about {n * 7} things." for n in range(2_000))
    new = "\n\n".join(f"New text {n} on {n * 11} matters." for n in range(2_000))
    assert changes(pages(old), pages(new))


@pytest.mark.django_db
def test_the_review_shows_what_changed_and_old_sources_keep_their_version():
    first = ingestion.approve(reviewed(), by=cast.admin())
    [cited] = retrieval.recall(cast.maria().pk, "How much paracetamol do I take?")[:1]
    changed = PAPER.replace(b"500 mg by", b"250 mg by")
    second = reviewed(data=changed, replaces=first)
    review = cast.signed_in(cast.admin()).get(reverse("knowledge:document", args=[second.pk])).content.decode()
    assert "What changed since version 1" in review
    assert "<del>500</del>" in review and "<ins>250</ins>" in review
    ingestion.approve(second, by=cast.admin())
    [now] = retrieval.recall(cast.maria().pk, "How much paracetamol do I take?")[:1]
    assert (cited.version, now.version) == (1, 2)
    address = reverse("knowledge:page", args=[cited.document_id, cited.page]) + f"?start={cited.start}&end={cited.end}"
    page = cast.as_patient(cast.maria()).get(address).content.decode()
    assert "paracetamol 500 mg" in page and "250" not in page


@pytest.mark.django_db
def test_a_source_shows_the_page_as_on_paper_with_its_lines_marked():
    document = ingestion.approve(reviewed(), by=cast.admin())
    chunk = document.chunks.get(page=1)
    client = cast.as_patient(cast.maria())
    address = reverse("knowledge:page", args=[document.pk, 1])
    page = client.get(f"{address}?start={chunk.start}&end={chunk.end}").content.decode()
    picture = reverse("knowledge:picture", args=[document.pk, 1])
    assert picture in page
    assert page.count('class="page-mark"') == 2  # two lines
    before = AuditEvent.objects.filter(action="document.page_read").count()
    assert client.get(picture).status_code == 200
    assert AuditEvent.objects.filter(action="document.page_read").count() == before + 1
    assert 'class="page-mark"' not in client.get(address).content.decode()


@pytest.mark.django_db
def test_each_item_of_the_plan_leads_to_its_place():
    document = ingestion.approve(reviewed(), by=cast.admin())
    place = reverse("knowledge:page", args=[document.pk, 1])
    review = cast.signed_in(cast.admin()).get(reverse("knowledge:document", args=[document.pk])).content.decode()
    patient = cast.signed_in(cast.dr_osei()).get(reverse("clinic:patient", args=[document.patient_id])).content.decode()
    assert f"{place}?start=" in review
    assert f"{place}?start=" in patient

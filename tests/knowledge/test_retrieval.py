"""What Maria asks, and what her papers answer."""

import pytest

from knowledge import ingestion, retrieval
from tests import cast

pytestmark = pytest.mark.django_db

TEXT = b"""GOING HOME AFTER YOUR HIP REPLACEMENT

Medicines:
- Oxycodone 5 mg: take one tablet by mouth every 6 hours as needed for pain.
- Aspirin 81 mg: take one tablet by mouth twice a day for 4 weeks to prevent blood clots.

Wound care:
Keep the bandage dry for 7 days. You may shower after that. Do not take a bath for 6 weeks.

Activity:
Do not lift anything heavier than 10 pounds. Walk with your frame three times a day.
Do not drive while you take oxycodone.

What is normal:
Some swelling of the leg and bruising around the wound are normal for six weeks.

Call us:
Call us on 555-0100 if your wound is red, hot or leaking, or if you have a fever above 100.4 F.
"""


def hers(text: bytes = TEXT, patient=None, approve: bool = True):
    document = ingestion.upload(
        patient_id=(patient or cast.maria()).pk, name="papers.txt", title="Discharge papers", data=text, by=cast.admin()
    )
    ingestion.ingest(document.pk)
    return ingestion.approve(document, by=cast.admin()) if approve else document


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("um, can I take a shower yet?", "You may shower after that"),
        ("my leg is all puffy, is that okay?", "Some swelling of the leg"),
        ("who do I ring if it starts oozing", "Call us on 555-0100"),
        ("how often do I take the pain killer", "Oxycodone 5 mg"),
        ("how heavy can I carry", "heavier than 10 pounds"),
    ],
)
def test_a_spoken_question_finds_its_passage(question, answer):
    hers()
    found = retrieval.recall(cast.maria().pk, question)
    assert answer in found[0].text
    assert 0 < found[0].score <= 1


def test_what_the_papers_do_not_hold_finds_nothing():
    hers()
    assert retrieval.recall(cast.maria().pk, "who won the football last night") == []


def test_nobody_finds_another_patients_passages():
    hers(patient=cast.another_patient())
    assert retrieval.recall(cast.maria().pk, "can I take a shower") == []


def test_only_approved_versions_are_found():
    hers(approve=False)
    assert retrieval.recall(cast.maria().pk, "can I take a shower") == []


def test_a_passage_knows_its_place():
    document = hers()
    found = retrieval.recall(cast.maria().pk, "can I take a shower")[0]
    page = document.page_set.get(number=found.page)
    assert page.text[found.start : found.end] == found.text
    assert (found.document_id, found.title, found.version) == (str(document.pk), "Discharge papers", 1)

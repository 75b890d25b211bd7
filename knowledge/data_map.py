"""What knowledge's tables hold (compliance.data_map)."""

from typing import Any

from compliance import files
from compliance.data_map import YEAR, About, Kind, describe

RECORD = 10 * YEAR  # part of the medical record


def _remove_file(document: Any) -> None:
    if document.file_id:
        files.erase_file(document.patient_id, document.file_id)


describe(
    "knowledge.Document",
    About.PATIENT,
    "answering from the patient's own discharge papers",
    fields={
        "title": Kind.HEALTH,
        "kind": Kind.CODE,
        "sha256": Kind.TECHNICAL,
        "step": Kind.CODE,
        "refusal": Kind.CODE,
    },
    keep_for=RECORD,
    dated="uploaded_at",
    when_removed=_remove_file,
)
describe(
    "knowledge.Page",
    About.PATIENT,
    "showing the page an answer came from",
    fields={"text": Kind.HEALTH, "layout": Kind.HEALTH},
    why_kept="as long as its document",
)
describe(
    "knowledge.Chunk",
    About.PATIENT,
    "finding the passage that answers a question",
    fields={
        "heading": Kind.HEALTH,
        "text": Kind.HEALTH,
        "vector": Kind.DERIVED,
        "points": Kind.DERIVED,
        "lexemes": Kind.DERIVED,
    },
    why_kept="as long as its document",
)
describe(
    "knowledge.Leaflet",
    About.NOBODY,
    "answering general questions from the clinic's patient education",
    fields={
        "title": Kind.TECHNICAL,
        "kind": Kind.CODE,
        "sha256": Kind.TECHNICAL,
        "step": Kind.CODE,
        "refusal": Kind.CODE,
        "original": Kind.TECHNICAL,
        "title_vector": Kind.TECHNICAL,
    },
)
describe(
    "knowledge.LeafletPage",
    About.NOBODY,
    "showing the page of a leaflet that an answer came from",
    fields={"text": Kind.TECHNICAL, "layout": Kind.TECHNICAL},
)
describe(
    "knowledge.LeafletChunk",
    About.NOBODY,
    "finding the passage of a leaflet that answers a question",
    fields=dict.fromkeys(("heading", "text", "vector", "aims", "lexemes"), Kind.TECHNICAL),
)

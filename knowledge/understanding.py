"""Proposes a structured plan from a document's pages. Pure; a person corrects and approves it."""

from collections.abc import Sequence

from clinic.discharge_plan import EMPTY, DischargePlan
from knowledge.extraction.pages import Page


def propose(document_id: str, pages: Sequence[Page]) -> DischargePlan:
    return EMPTY

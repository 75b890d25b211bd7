"""Where plans go: `knowledge` understands a plan from a document, but may not import those who keep plans.

A keeper registers here when its app is ready. Its methods run in the same transaction
as the change to the document.
"""

from typing import TYPE_CHECKING, Any, Protocol

from clinic.discharge_plan import DischargePlan

if TYPE_CHECKING:
    from knowledge.models import Document


class PlanKeeper(Protocol):
    def proposed(self, document: "Document", plan: DischargePlan) -> None:
        """A plan has been understood from `document`. It may be called again for the same document."""
        ...

    def draft(self, document: "Document") -> DischargePlan | None:
        """The plan made from `document` as it stands, corrections included."""
        ...

    def approved(self, document: "Document", by: Any) -> None:
        """`by` approved the document and the plan made from it."""
        ...


class _Nobody:
    """Until somebody keeps plans, proposals are made anew each time they are looked at."""

    def proposed(self, document: "Document", plan: DischargePlan) -> None:
        return None

    def draft(self, document: "Document") -> DischargePlan | None:
        return None

    def approved(self, document: "Document", by: Any) -> None:
        return None


_keeper: PlanKeeper = _Nobody()


def keep_plans_with(keeper: PlanKeeper) -> None:
    global _keeper
    _keeper = keeper


def plans() -> PlanKeeper:
    return _keeper

"""Proposes a structured plan from a document's pages. Pure; a person corrects and approves it.

Reads what discharge papers in ordinary words say: "Call us if …", "It is normal to have …",
"Take X 5 mg by mouth twice a day for pain". Every item keeps the place it was read from.
"""

from collections.abc import Sequence

from clinic.discharge_plan import DischargePlan
from knowledge.extraction.pages import Page
from knowledge.understanding import instructions, lines, medicines, symptoms


def propose(document_id: str, pages: Sequence[Page]) -> DischargePlan:
    """The plan that the pages describe; `document_id` goes into each item's source."""
    read = list(lines.read(document_id, pages))
    found = medicines.find(read)
    expected = symptoms.expected(read)
    flags = symptoms.red_flags(read)
    sources = (*(m.source for m in found), *(s.source for s in expected), *(f.source for f in flags))
    return DischargePlan(
        medicines=found,
        expected_symptoms=expected,
        red_flags=flags,
        instructions=instructions.find(read, {source for source in sources if source}),
    )


def merged(current: DischargePlan, proposed: DischargePlan, *, without: str = "") -> DischargePlan:
    """`proposed`, with what `current` holds from other documents than `without` (the one replaced) kept in front."""

    def kept(items: Sequence[object]) -> list[object]:
        return [item for item in items if getattr(getattr(item, "source", None), "document_id", None) != without]

    def joined(name: str) -> tuple[object, ...]:
        held, new = kept(getattr(current, name)), getattr(proposed, name)
        named = {_name(item) for item in new}
        return (*(item for item in held if _name(item) not in named), *new)

    names = ("medicines", "expected_symptoms", "red_flags", "instructions")
    return DischargePlan(**{name: joined(name) for name in names})  # type: ignore[arg-type]


def _name(item: object) -> str:
    return str(getattr(item, "name", "") or getattr(item, "text", "")).casefold()

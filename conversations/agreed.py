"""What a call found out, in words: answers by objective, as pages show them.

Reads only. The question that was asked stands beside each answer, so that nobody
has to know a variable's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from conversations import protocols
from conversations.models import ObjectiveRecord, Session
from conversations.objectives import Variable

PROTOCOL = "after_surgery"


@dataclass(frozen=True)
class Answered:
    question: str
    answer: str
    quote: str
    state: str


def answers(session: Session) -> list[Answered]:
    """Everything that was answered in this call, in the order it was asked."""
    asked = _variables()
    records = ObjectiveRecord.objects.filter(session=session).select_related("session")
    return [found for record in records for found in _answers(record, asked)]


def _answers(record: ObjectiveRecord, asked: dict[tuple[str, str], Variable]) -> Iterator[Answered]:
    for name, kept in record.variables.items():
        variable = asked.get((record.name, name))
        question = variable.ask if variable else name.replace("_", " ")
        yield Answered(question, _in_words(kept["value"]), kept.get("quote", ""), record.get_state_display())


def _variables() -> dict[tuple[str, str], Variable]:
    protocol = protocols.load(PROTOCOL)
    return {
        (one.objective_name, variable.name): variable
        for one in protocol.objectives
        for variable in one.output_variables
    }


def _in_words(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return f"{value:g}" if isinstance(value, int | float) else value

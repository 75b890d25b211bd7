"""What a call found out, in words: answers by objective, as pages show them.

Reads only. The question that was asked stands beside each answer, so that nobody
has to know a variable's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from conversations import protocol_book
from conversations.models import ObjectiveRecord, Session
from conversations.objectives import Value, Variable, VariableType
from conversations.protocols import CallProtocol


@dataclass(frozen=True)
class Answered:
    """`key` is "objective.variable", `answer` the value in words, `quote` the patient's."""

    question: str
    answer: str
    quote: str
    state: str
    key: str = ""


def answers(session: Session) -> list[Answered]:
    """Everything that was answered in this call, in the order it was asked."""
    protocol = protocol_book.used_in(session)
    records = ObjectiveRecord.objects.filter(session=session).select_related("session")
    return [found for record in records for found in _answers(record, protocol)]


def _answers(record: ObjectiveRecord, protocol: CallProtocol) -> Iterator[Answered]:
    for name, kept in record.variables.items():
        yield Answered(
            _question(protocol, record.name, name),
            _in_words(kept["value"]),
            kept.get("quote", ""),
            record.get_state_display(),
            f"{record.name}.{name}",
        )


def _question(protocol: CallProtocol, objective: str, name: str) -> str:
    """The question as the protocol asks it; a medicine's stands for the teach-back of all of them."""
    asked = [v for one in protocol.objectives if one.objective_name == objective for v in one.output_variables]
    exact = next((variable for variable in asked if variable.name == name), None)
    if exact:
        return exact.ask
    recited = next((variable for variable in asked if _recites(variable, name)), None)
    if recited:
        return recited.ask.format(medicine=name.removeprefix(f"{recited.name}_").replace("_", " "))
    return name.replace("_", " ")


def _recites(variable: Variable, name: str) -> bool:
    return variable.type is VariableType.TEACH_BACK and name.startswith(f"{variable.name}_")


def _in_words(value: Value) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return f"{value:g}" if isinstance(value, int | float) else value

"""Conditions between questions: "pain >= 4", "wound is worse", "fever is yes and chills is not no". Pure.

A closed little language rather than a prompt, so that which question follows is
decided by code and can be checked before a protocol is used.
"""

import operator
import re
from collections.abc import Callable, Mapping

_CLAUSE = re.compile(r"^\s*(?P<name>\w+)\s*(?P<op>is not|is|>=|<=|>|<)\s*(?P<value>[^<>=]+?)\s*$")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_WORDS = {True: "yes", False: "no"}


class BadCondition(ValueError):
    """A condition that does not parse; the message says what one looks like."""


def holds(condition: str, values: Mapping[str, str | float | bool]) -> bool:
    """Whether the answers so far satisfy the condition. An unanswered variable satisfies nothing.

    Raises `BadCondition`.
    """
    return any(
        all(_clause_holds(clause, values) for clause in re.split(r"\s+and\s+", alternative))
        for alternative in re.split(r"\s+or\s+", condition)
    )


def names(condition: str) -> set[str]:
    """The variables a condition speaks of. Raises `BadCondition`."""
    return {_parse(clause)[0] for clause in re.split(r"\s+(?:and|or)\s+", condition)}


def _parse(clause: str) -> tuple[str, str, str]:
    found = _CLAUSE.match(clause)
    if not found:
        raise BadCondition(f'"{clause}" is not a condition; write for example "pain >= 4" or "fever is yes"')
    name, op, value = found["name"], found["op"], found["value"]
    if op in _COMPARE and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise BadCondition(f'"{clause}" compares with "{value}", which is not a number')
    return name, op, value


def _clause_holds(clause: str, values: Mapping[str, str | float | bool]) -> bool:
    name, op, value = _parse(clause)
    if name not in values:
        return False
    actual = values[name]
    if op in _COMPARE:
        is_number = isinstance(actual, int | float) and not isinstance(actual, bool)
        return is_number and _COMPARE[op](float(actual), float(value))
    said = _WORDS[actual] if isinstance(actual, bool) else str(actual)
    return (said.casefold() == value.casefold()) == (op == "is")

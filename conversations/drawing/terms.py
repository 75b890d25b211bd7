"""Numbers that are not known yet: the drawing's arithmetic, written down instead of done.

The functions that draw eyes and mouth are called with a pose of `Term`s. Each sum and product they make becomes a
line of a `Script`, which another renderer runs with a real pose. Where they ask which of two is larger, both answers
are followed in turn, so a script has a branch for each.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Union, cast

Line = float | str | tuple[str, int] | tuple[str, int, int]  # a number, an input's name, or an operation on lines
Branch = Union[list[int], "Fork"]
Fork = tuple[int, "Branch", "Branch"]  # if that line is above 0, then, else


class Script:
    """Lines in the order in which they can be worked out; the same sum is written once."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._known: dict[Line, int] = {}
        self._decided: dict[int, bool] = {}
        self._ahead: list[bool] = []

    def line(self, line: Line) -> int:
        if line not in self._known:
            self._known[line] = len(self.lines)
            self.lines.append(line)
        return self._known[line]

    def number(self, value: "float | Term") -> int:
        """The line that gives a value."""
        return value.index if isinstance(value, Term) else self.line(round(float(value), 6))

    def name(self, name: str) -> float:
        """An input, to be used wherever a number is."""
        return cast(float, Term(self, self.line(name)))

    def term(self, operation: str, *values: "float | Term") -> "Term":
        operands = tuple(self.number(value) for value in values)
        return Term(self, self.line(cast(Line, (operation, *operands))))

    def above_zero(self, line: int) -> bool:
        """The answer on the branch that is being followed."""
        if line not in self._decided:
            self._decided[line] = self._ahead[len(self._decided)] if len(self._decided) < len(self._ahead) else True
        return self._decided[line]

    def branches(self, work: Callable[[], list[int]], taken: Sequence[bool] = ()) -> Branch:
        """What `work` does, whatever it decides."""
        self._decided, self._ahead = {}, list(taken)
        done = work()
        if len(self._decided) == len(taken):
            return done
        asked = list(self._decided)[len(taken)]
        return asked, self.branches(work, (*taken, True)), self.branches(work, (*taken, False))


class Term:
    """A line of a script that behaves like a float."""

    __slots__ = ("index", "script")

    def __init__(self, script: Script, index: int) -> None:
        self.script, self.index = script, index

    def __add__(self, other: Any) -> "Term":
        return self.script.term("+", self, other)

    def __radd__(self, other: Any) -> "Term":
        return self.script.term("+", other, self)

    def __sub__(self, other: Any) -> "Term":
        return self.script.term("-", self, other)

    def __rsub__(self, other: Any) -> "Term":
        return self.script.term("-", other, self)

    def __mul__(self, other: Any) -> "Term":
        return self.script.term("*", self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Term":
        return self.script.term("/", self, other)

    def __neg__(self) -> "Term":
        return self.script.term("-", 0.0, self)

    def __gt__(self, other: Any) -> bool:
        return self.script.above_zero((self - other).index)

    def __lt__(self, other: Any) -> bool:
        return self.script.above_zero((other - self).index)

    def __bool__(self) -> bool:
        raise TypeError("compare it with a number: a script has no other branches")

    def __float__(self) -> float:
        raise TypeError("this number is not known yet")


def most(one: float, other: float) -> float:
    """The larger, known or not."""
    script = _script_of(one, other)
    return cast(float, script.term("max", one, other)) if script else max(one, other)


def least(one: float, other: float) -> float:
    """The smaller, known or not."""
    script = _script_of(one, other)
    return cast(float, script.term("min", one, other)) if script else min(one, other)


def sine(radians: float) -> float:
    unknown: Any = radians
    return cast(float, unknown.script.term("sin", unknown)) if isinstance(unknown, Term) else math.sin(radians)


def _script_of(*values: Any) -> Script | None:
    return next((value.script for value in values if isinstance(value, Term)), None)

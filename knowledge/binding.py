"""Which facts belong together: this dose to that medicine, this number to that time. Pure."""

import re
from collections.abc import Sequence

from knowledge.facts import Amount, Facts, facts
from knowledge.medicines import medicines_in

_SEGMENT = re.compile(r"\s*[,;]\s*(?:and\s+|then\s+|or\s+)?|\s+(?:and|then|but)\s+", re.IGNORECASE)


def by_medicine(sentence: str) -> list[str]:
    """The sentence, or its clauses if it gives facts about several medicines: each must hold by itself."""
    said = facts(sentence)
    if len(said.medicines) < 2 or not (said.amounts or said.rhythms or said.moments):
        return [sentence]
    clauses: list[str] = []
    for segment in _SEGMENT.split(sentence):
        if clauses and not (medicines_in(segment) and medicines_in(clauses[-1])):
            clauses[-1] = f"{clauses[-1]}, {segment}"
        else:
            clauses.append(segment)
    return clauses


def has_any(said: Facts) -> bool:
    return bool(said.amounts or said.rhythms or said.moments or said.codes or said.sides or said.medicines)


def nearer(own: Facts, above: Facts) -> Facts:
    """The facts of a sentence, those of the headings above it standing in only for kinds it does not speak of."""
    return Facts(
        amounts=own.amounts or above.amounts,
        rhythms=own.rhythms or above.rhythms,
        moments=own.moments or above.moments,
        sides=own.sides or above.sides,
        medicines=own.medicines or above.medicines,
        codes=own.codes or above.codes,
    )


def rival(said: Facts, written: Facts) -> str:
    """The kind of fact for which something else is written than is said; "" if none, even if something is missing."""
    lacking = [amount for amount in said.amounts if not _holds(amount, written.amounts)]
    if any(amount.unit == other.unit for amount in lacking for other in written.amounts):
        return "amount"
    checks = (
        ("medicine", said.medicines - written.medicines, written.medicines),
        ("side", said.sides - written.sides, written.sides),
        ("code", said.codes - written.codes, written.codes),
        ("rhythm", said.rhythms - _kept_by(written), written.rhythms),
    )
    for kind, new, others in checks:
        if new and others:
            return kind
    groups = {_group(moment) for moment in written.moments}
    return "moment" if any(_group(moment) in groups for moment in said.moments - written.moments) else ""


_GROUPS = {
    "day": frozenset({"morning", "noon", "afternoon", "evening", "night"}),
    "food": frozenset({"with food", "without food"}),
}


def _group(moment: str) -> str:
    """Moments of one group exclude each other: morning and evening, 8:00 and 9:00, before and after eating."""
    for name, members in _GROUPS.items():
        if moment in members:
            return name
    if ":" in moment:
        return "clock"
    if moment.startswith(("before ", "after ")):
        return moment.partition(" ")[2]
    return "few" if moment.startswith("few ") else moment if moment == "needed" else "date"


def missing(said: Facts, written: Facts) -> str:
    """The kind of the first fact that was not written; "" if all were."""
    checks = (
        ("medicine", said.medicines <= written.medicines),
        ("side", said.sides <= written.sides),
        ("code", said.codes <= written.codes),
        ("amount", all(_holds(amount, written.amounts) for amount in said.amounts)),
        ("rhythm", said.rhythms <= _kept_by(written)),
        ("moment", said.moments <= written.moments),
    )
    return next((kind for kind, holds in checks if not holds), "")


# Who takes it every 12 hours takes it twice a day; twice a day need not be 12 hours apart.
_A_DAY = {f"every {24 * 60 // times} minute": f"{times}/day" for times in (1, 2, 3, 4, 6)}


def _kept_by(written: Facts) -> frozenset[str]:
    """The rhythms that somebody keeps who keeps these. "Every 6 hours as needed" need not be four times a day."""
    if "needed" in written.moments:
        return written.rhythms
    return written.rhythms | {_A_DAY[rhythm] for rhythm in written.rhythms if rhythm in _A_DAY}


def _holds(amount: Amount, written: frozenset[Amount]) -> bool:
    """A bare number ("take one 81 mg tablet") may be written with its unit."""
    if amount in written:
        return True
    same = (each for each in written if each.value == amount.value and each.compared == amount.compared)
    return not amount.unit and any(same)


def mixed_up(sentence: str, source: str) -> str:
    """The kind of fact that the sentence pairs otherwise than the source does; "" if none.

    "1 tablet in the morning and 2 at night" does not support "2 tablets in the morning":
    the shortest run of the source that holds both holds a rival of one of them.
    """
    written = [facts(segment) for segment in _SEGMENT.split(source)]
    for segment in _SEGMENT.split(sentence):
        said = facts(segment)
        if len(said.amounts) + len(said.rhythms) + len(said.moments) + len(said.medicines) < 2:
            continue
        run = _shortest_run(said, written)
        if run is not None and (rival := _rival(said, run)):
            return rival
    return ""


def _shortest_run(said: Facts, written: Sequence[Facts]) -> Facts | None:
    for length in range(1, len(written) + 1):
        for first in range(len(written) - length + 1):
            run = _joined(written[first : first + length])
            if not missing(said, run):
                return run
    return None


def _joined(parts: Sequence[Facts]) -> Facts:
    return Facts(
        amounts=frozenset(each for part in parts for each in part.amounts),
        rhythms=frozenset(each for part in parts for each in part.rhythms),
        moments=frozenset(each for part in parts for each in part.moments),
        sides=frozenset(each for part in parts for each in part.sides),
        medicines=frozenset(each for part in parts for each in part.medicines),
        codes=frozenset(each for part in parts for each in part.codes),
    )


def _rival(said: Facts, run: Facts) -> str:
    units = {amount.unit for amount in said.amounts if amount.unit}
    if any(amount.unit in units and amount not in said.amounts for amount in run.amounts):
        return "amount"
    if said.rhythms and any(not said.rhythms & {rhythm, _A_DAY.get(rhythm)} for rhythm in run.rhythms):
        return "rhythm"
    if said.moments and run.moments - said.moments - {"needed"}:
        return "moment"
    return "medicine" if said.medicines and run.medicines - said.medicines else ""

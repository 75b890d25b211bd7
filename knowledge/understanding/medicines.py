"""Medicines with dose, route, times and reason, from sentences, lists and tables. Pure."""

import re
from collections.abc import Iterable, Sequence

from clinic.discharge_plan import Medicine, Source
from knowledge.extraction.pages import BlockKind
from knowledge.medicines import generic_of
from knowledge.understanding.lines import Line, Section

_UNIT = (
    r"(?:mg|mcg|µg|g|ml|mL|units?|iu|IU|mEq|meq|%|tablets?|tabs?|pills?|capsules?|caps?|puffs?|drops?|patch(?:es)?|"
    r"sprays?|teaspoons?)"
)
_COUNT = r"(?:\d+(?:[.,]\d+)*(?:\s*(?:-|to|or)\s*\d+(?:\.\d+)?)?|one|two|three|four|half(?: a)?|1/2|½|a)"
_DOSE = re.compile(
    rf"\b{_COUNT}\s*{_UNIT}(?:\s*/\s*\d+(?:\.\d+)?\s*{_UNIT})?(?:\s+(?:tablets?|capsules?|pills?|patch))?(?!\w)"
)
_ROUTES = (
    (r"by mouth|orally|\bPO\b|\bp\.o\.|\boral(?:ly)?\b|swallow", "by mouth"),
    (r"under (?:the|your) tongue|sublingual(?:ly)?|\bSL\b", "under the tongue"),
    (r"under the skin|subcutaneous(?:ly)?|\bSC\b|\bsubq\b|inject(?:ion|ed)?", "under the skin"),
    (r"inhale[ds]?|by inhaler|inhalations?|puffs?", "inhaled"),
    (r"on(?:to)? (?:the|your) skin|topical(?:ly)?|apply", "on the skin"),
    (r"in(?:to)? (?:the|your|each|both|left|right) eyes?|eye drops?", "in the eye"),
    (r"rectal(?:ly)?|suppositor", "rectally"),
    (r"in(?:to)? (?:the|your|each) (?:nose|nostrils?)|nasal(?:ly)?", "in the nose"),
)
_OFTEN = re.compile(
    r"(?:\b(?:once|twice|(?:\d+|one|two|three|four|five|six)(?:\s*(?:to|-|or)\s*\w+)? times?)\s*(?:a|an|per|"
    r"each|every)?\s*"
    r"(?:day|daily|week|weekly|night|month)\b"
    r"|\bevery\s+(?:(?:\d+|one|two|three|four|six|eight|twelve|other)(?:\s*(?:to|-|or)\s*\w+)?\s+)?"
    r"(?:hours?|days?|weeks?|mornings?|evenings?|nights?|months?)\b"
    r"|\b(?:daily|nightly|weekly|at bedtime|at night|in the (?:morning|evening)|before bed|each (?:morning|"
    r"night|day)|a day)\b"
    r"|\b(?:QD|BID|TID|QID|QHS|PRN|q\d+h|bid|tid|qid|qhs|prn)\b"
    r"|\b(?:as needed|if needed|when needed|with (?:food|meals)|on an empty stomach|(?:before|after) (?:meals|"
    r"breakfast|eating))\b"
    r"|\bfor (?:up to )?(?:\d+|one|two|three|four|five|six|seven|ten|a few) (?:more )?(?:days?|weeks?|months?)\b"
    r"|\b(?:un)?til (?:it is|they are|all) (?:gone|finished)\b)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:for (?:the |your )?(?!up to|\d|one |two |three |four |five |six |seven |ten |a few|at least|about|"
    r"example|more)"
    r"|to (?:help |prevent |treat |lower |control |reduce |get rid of |stop |thin |relieve |ease |protect |"
    r"keep |make ))"
    r"[^.;:|()]*",
    re.IGNORECASE,
)
_NOT_AN_ORDER = re.compile(
    r"\b(?:do not|don't|never|stop(?:ped)?|avoid|if you miss|missed|while you (?:take|are taking)|no longer|"
    r"discontinue|allerg|"
    r"instead of|unless|does not help|because of|until you|when you)\b",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    rf"^(?:take|use|apply|inject|inhale)?\s*([A-Za-z][A-Za-z-]{{3,}}(?: [a-z-]+){{0,2}}?)[,:]?\s+(?={_COUNT}\s*{_UNIT})"
)
_COLUMNS = (
    ("name", r"medic|drug|name|prescri"),
    ("reason", r"why|for\b|reason|purpose|indication|treats"),
    ("times", r"when|often|frequency|times?|schedule|how often"),
    ("route", r"route|how to take|how\b(?! much| often)"),
    ("dose", r"dose|dosage|how much|amount|strength"),
)


def find(lines: Sequence[Line]) -> tuple[Medicine, ...]:
    """Each medicine once, with what all its mentions as an order say."""
    found: dict[str, Medicine] = {}
    for medicine in _mentions(lines):
        key = generic_of(medicine.name.split()[0]) or medicine.name.casefold()
        found[key] = _together(found[key], medicine) if key in found else medicine
    return tuple(found.values())


def _mentions(lines: Iterable[Line]) -> Iterable[Medicine]:
    for line in lines:
        if line.section in (Section.RED_FLAGS, Section.EXPECTED, Section.RECORD):
            continue
        if line.kind is BlockKind.ROW:
            medicine = _from_row(line)
            if medicine:
                yield medicine
            continue
        for text, source in line.sentences():
            if not _NOT_AN_ORDER.search(text):
                yield from _from_sentence(text, source, line.section is Section.MEDICINES)


def _together(one: Medicine, other: Medicine) -> Medicine:
    return Medicine(
        name=one.name,
        dose=one.dose or other.dose,
        route=one.route or other.route,
        times=one.times or other.times,
        reason=one.reason or other.reason,
        source=one.source if one.dose or not other.dose else other.source,
    )


def _from_row(line: Line) -> Medicine | None:
    cells = [cell.strip() for cell in line.text.split(" | ")]
    if tuple(cells) == line.header:
        return None
    titled = _titled(cells, line.header)
    name = _name(titled.get("name", cells[0]), listed=True)
    listed = line.section is Section.MEDICINES or "medic" in " ".join(line.header).lower()
    if not name or not (generic_of(name.split()[0]) or listed):
        return None
    rest = " ".join(cells[1:])
    return Medicine(
        name=_with_brand(name, titled.get("name", cells[0])),
        dose=_dose(f"{titled.get('dose', '')} {titled.get('route', '')}") or _dose(rest),
        route=_route(f"{titled.get('route', '')} {rest}"),
        times=titled.get("times") or _times(rest),
        reason=titled.get("reason") or _reason(rest),
        source=line.place,
    )


def _titled(cells: Sequence[str], header: Sequence[str]) -> dict[str, str]:
    """Cells by what their column's title says they are."""
    if len(cells) != len(header):
        return {}
    titled: dict[str, str] = {}
    for title, cell in zip(header, cells, strict=True):
        for part, pattern in _COLUMNS:
            if part not in titled and re.search(pattern, title, re.IGNORECASE):
                titled[part] = cell
                break
    return titled


def _from_sentence(text: str, source: Source, listed: bool) -> Iterable[Medicine]:
    name = _name(text, listed=listed)
    if not name:
        return
    dose, times = _dose(text), _times(text)
    ordered = re.match(
        r"(?:please )?(?:take|use|apply|inject|inhale|start|continue|keep taking|give)\b", text, re.IGNORECASE
    )
    if dose or (times and (listed or ordered)):
        yield Medicine(
            name=_with_brand(name, text),
            dose=dose,
            route=_route(text),
            times=times,
            reason=_reason(text),
            source=source,
        )


def _name(text: str, *, listed: bool) -> str:
    words: list[str] = re.findall(r"[A-Za-z][A-Za-z-]{2,}", text)
    for word in words:
        if generic_of(word):
            return _salted(word, text)
        if "-" in word and any(generic_of(part) for part in word.split("-")):
            return word
    unknown = _UNKNOWN.match(text.strip()) if listed else None
    return str(unknown[1]).strip() if unknown else ""


def _salted(word: str, text: str) -> str:
    """ "metoprolol succinate" and "hydrocodone with acetaminophen" are names of more than one word."""
    salt = r"(?:succinate|tartrate|sodium|potassium|chloride|sulfate|hydrochloride|HCl|XL|XR|ER|SR|CR|EC)"
    match = re.search(rf"\b{re.escape(word)}(?:\s+{salt})?(?:\s+(?:with|and)\s+[a-z]+|[-/][A-Za-z]+)?", text)
    if match and all(generic_of(part) for part in re.findall(r"(?:with|and|[-/])\s*([A-Za-z]+)$", match[0])):
        return match[0]
    return word


def _with_brand(name: str, text: str) -> str:
    brand = re.search(rf"\b{re.escape(name)}\s*\(([A-Za-z][A-Za-z -]+)\)", text)
    return f"{name} ({brand[1]})" if brand else name


def _dose(text: str) -> str:
    """Strength and number: "500 mg tablet, 2 tablets"."""
    found: list[str] = []
    for match in _DOSE.finditer(text):
        said = " ".join(match[0].split())
        limited = re.search(r"(?:more than|less than|maximum|up to)\s*$", text[: match.start()], re.IGNORECASE)
        if not limited and said not in found and not re.match(r"a\s+(?:g|ml)\b", said):
            found.append(said)
    return ", ".join(found[:2])


def _route(text: str) -> str:
    return next((route for pattern, route in _ROUTES if re.search(pattern, text, re.IGNORECASE)), "")


def _times(text: str) -> str:
    """The words for how often and when, as they were written, from the first to the last that stand together."""
    found = [match for match in _OFTEN.finditer(text) if not _within_reason(text, match.start())]
    if not found:
        return ""
    kept = [found[0]]
    for match in found[1:]:
        if match.start() - kept[-1].end() > 12:
            break
        kept.append(match)
    return " ".join(text[kept[0].start() : kept[-1].end()].split())


def _within_reason(text: str, position: int) -> bool:
    """ "for pain that is worse at night" says when it hurts, not when to take it."""
    reason = _REASON.search(text)
    return bool(reason and reason.start() < position < reason.end() and " that " in text[reason.start() : position])


def _reason(text: str) -> str:
    match = _REASON.search(text)
    if not match:
        return ""
    words = _OFTEN.sub("", match[0]).strip(" ,.")
    words = re.sub(r"^for (?:the |your )?", "", words, flags=re.IGNORECASE)
    return " ".join(words.split())

"""Medicine names: generic, brand, and the endings that give a name away. Pure.

A brand and its generic are one medicine; any other difference is a different medicine.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from knowledge import lexicon

_ENDINGS = re.compile(
    r"[a-z]{3,}(?:pril|sartan|olol|dipine|statin|prazole|tidine|cillin|mycin|floxacin|cycline|conazole|parin|xaban|gatran|"
    r"gliptin|gliflozin|glutide|azepam|zolam|codone|morphone|oxetine|triptyline|setron|triptan|thiazide|semide|profen|"
    r"caine|sone|solone|terol|tropium|lukast|dronate|mab|nib|vir|zosin|curium|zide|fenac|oxicam|coxib)"
)
_ORDINARY = frozenset(
    """person reason lesson season mason poison prison unison crimson arson son comparison venison treason jettison
    patrol control cholesterol parole protocol alcohol april ethanol glycerol menthol petrol""".split()
)


def _classes() -> Iterator[tuple[str, str, frozenset[str]]]:
    """What people call a kind of medicine, the kind, its members."""
    for line in lexicon.lines("medicine_classes"):
        kind, words, members = (part.strip() for part in line.split(":"))
        for word in words.split(","):
            yield word.strip(), kind, frozenset(members.split())


_CLASSES = {word: (kind, members) for word, kind, members in _classes()}


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in lexicon.lines("medicines"):
        generic, _, brands = entry.partition(":")
        for name in [generic, *brands.split()]:
            table[name.strip().replace("-", " ")] = generic.strip().replace("-", " ")
    return table


GENERIC: dict[str, str] = _table()
_LONG = re.compile(r"\b(" + "|".join(sorted((n for n in GENERIC if " " in n), key=len, reverse=True)) + r")\b")
_WORD = re.compile(r"[a-z][a-z0-9-]{2,}")


def medicines_in(text: str) -> set[str]:
    """The medicines that `text` names, each by its generic name."""
    lower = text.lower().replace("’", "'")
    found = {GENERIC[name] for name in _LONG.findall(lower.replace("-", " "))}
    for word in _WORD.findall(lower):
        name = generic_of(word)
        if name:
            found.add(name)
    return found


@lru_cache(maxsize=20_000)
def generic_of(word: str) -> str:
    """The generic name of a medicine's name; "" if `word` is none."""
    word = word.lower()
    for form in (word, word.rstrip("s"), word.replace("-", " ")):
        if form in GENERIC:
            return GENERIC[form]
    if word in _ORDINARY or not _ENDINGS.fullmatch(word):
        return ""
    return word


def class_words(text: str) -> set[str]:
    """Kinds of medicine that `text` speaks of: "blood thinner", "water pill"."""
    lower = text.lower()
    return {kind for words, (kind, _) in _CLASSES.items() if re.search(rf"\b{words}\b", lower)}


def kinds_of(names: Iterable[str]) -> set[str]:
    """The kinds that these medicines belong to."""
    return {kind for kind, members in _CLASSES.values() if members & set(names)}


def meant(text: str) -> list[frozenset[str]]:
    """What `text` may mean by each medicine it speaks of: one for a name, several for a kind ("the blood thinner")."""
    lower = text.lower()
    kinds = [members for words, (_, members) in _CLASSES.items() if re.search(rf"\b{words}\b", lower)]
    return [*(frozenset({name}) for name in sorted(medicines_in(text))), *kinds]


def without_medicines(text: str) -> str:
    """`text` without the medicines that it names or means."""
    lower = text.lower()
    for words in sorted(_CLASSES, key=len, reverse=True):
        lower = re.sub(rf"\b{words}\b", " ", lower)
    return " ".join(word for word in lower.split() if not generic_of(word.strip(".,?!")))

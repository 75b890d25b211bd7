"""Mouth shapes: which one each IPA symbol asks for, and what it does to lips, jaw, teeth and tongue.

Fourteen classes, after the viseme sets of MPEG-4 FBA (ISO/IEC 14496-2) and Fisher (1968), split
where a drawing can show the difference. The numbers were set by eye against the drawing.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Mouth:
    """One pose, each part 0 to 1.

    Jaw dropped, corners spread, lips pursed, lips pressed, teeth near each other, tongue shown, lower lip tucked.
    """

    open: float = 0.0
    wide: float = 0.0
    round: float = 0.0
    lips_closed: float = 0.0
    teeth: float = 0.0
    tongue: float = 0.0
    tuck: float = 0.0


class Viseme(StrEnum):
    REST = "rest"
    CLOSED = "closed"  # p b m
    LIP_TEETH = "lip_teeth"  # f v
    TONGUE_TEETH = "tongue_teeth"  # th
    RIDGE = "ridge"  # t d n l
    HISS = "hiss"  # s z
    HUSH = "hush"  # sh ch j
    ARR = "arr"  # r er
    BACK = "back"  # k g ng h
    PURSED = "pursed"  # w oo
    ROUND = "round"  # aw, oh
    OPEN = "open"  # ah
    MID = "mid"  # uh, e
    WIDE = "wide"  # ee


@dataclass(frozen=True, slots=True)
class Shape:
    """What a class asks for and how firmly: a weak one (k, h) takes the shape of its neighbours.

    `lead_s` and `lag_s` say how far its pull reaches before and after the sound: rounding is
    prepared early, a closure is quick (Cohen and Massaro, 1993, "Modeling coarticulation").
    """

    mouth: Mouth
    pull: float
    lead_s: float
    lag_s: float


SHAPES: dict[Viseme, Shape] = {
    Viseme.REST: Shape(Mouth(), 0.5, 0.12, 0.12),
    Viseme.CLOSED: Shape(Mouth(lips_closed=1, wide=0.1), 1.2, 0.07, 0.06),
    Viseme.LIP_TEETH: Shape(Mouth(open=0.12, wide=0.2, teeth=0.9, tuck=1), 1.1, 0.07, 0.06),
    Viseme.TONGUE_TEETH: Shape(Mouth(open=0.22, wide=0.3, teeth=0.7, tongue=1), 0.9, 0.07, 0.06),
    Viseme.RIDGE: Shape(Mouth(open=0.2, wide=0.3, teeth=0.6, tongue=0.55), 0.55, 0.06, 0.06),
    Viseme.HISS: Shape(Mouth(open=0.1, wide=0.5, teeth=1, tongue=0.1), 0.8, 0.07, 0.07),
    Viseme.HUSH: Shape(Mouth(open=0.2, round=0.6, teeth=0.8), 0.9, 0.09, 0.07),
    Viseme.ARR: Shape(Mouth(open=0.26, round=0.42, teeth=0.25), 0.6, 0.09, 0.08),
    Viseme.BACK: Shape(Mouth(open=0.3, wide=0.2, teeth=0.3), 0.3, 0.06, 0.06),
    Viseme.PURSED: Shape(Mouth(open=0.16, round=1), 1.0, 0.13, 0.1),
    Viseme.ROUND: Shape(Mouth(open=0.5, round=0.68), 0.9, 0.11, 0.1),
    Viseme.OPEN: Shape(Mouth(open=0.95, wide=0.22, tongue=0.05), 1.0, 0.1, 0.1),
    Viseme.MID: Shape(Mouth(open=0.5, wide=0.35, teeth=0.25), 0.75, 0.09, 0.09),
    Viseme.WIDE: Shape(Mouth(open=0.28, wide=0.95, teeth=0.55), 0.95, 0.1, 0.1),
}

_SYMBOLS = {
    Viseme.CLOSED: "pbmɓʙ",
    Viseme.LIP_TEETH: "fvɱʋɸβ",
    Viseme.TONGUE_TEETH: "θð",
    Viseme.RIDGE: "tdnlɾɫɬɗrʈɖɳɭ",
    Viseme.HISS: "szɕʑ",
    Viseme.HUSH: "ʃʒʂʐʧʤ",
    Viseme.ARR: "ɹɚɝɻɜ",
    Viseme.BACK: "kɡgŋhxɣχʁʀħʔɦqɲcɟʎ",
    Viseme.PURSED: "wuʊʉyʏʍɥ",
    Viseme.ROUND: "oɔøœɒɵ",
    Viseme.OPEN: "aɑæɐɶ",
    Viseme.MID: "əʌɛeɘɞɤᵊ",
    Viseme.WIDE: "iɪjɨᵻɯ",
}
_CLASS_OF = {symbol: viseme for viseme, symbols in _SYMBOLS.items() for symbol in symbols}
_DIPHTHONGS = {"eɪ": (Viseme.MID, Viseme.WIDE), "tʃ": (Viseme.HUSH,), "dʒ": (Viseme.HUSH,), "ts": (Viseme.HISS,)}


def visemes_of(symbol: str) -> tuple[Viseme, ...]:
    """The shapes an IPA symbol passes through, in order. A symbol nobody knows half-opens the mouth."""
    letters = "".join(each for each in symbol if each.isalpha() and unicodedata.category(each) != "Lm")
    if not letters:
        return ()
    if letters in _DIPHTHONGS:
        return _DIPHTHONGS[letters]
    for pair in ("tʃ", "dʒ"):
        letters = letters.replace(pair, "ʃ")
    found = [_CLASS_OF.get(letter, Viseme.MID) for letter in letters]
    return tuple(each for place, each in enumerate(found) if place == 0 or each != found[place - 1])


def stress_of(symbol: str) -> float:
    """1 for a stressed syllable, 0.5 for secondary stress."""
    return 1.0 if "ˈ" in symbol else 0.5 if "ˌ" in symbol else 0.0

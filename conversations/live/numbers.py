"""Numbers, doses and times as people say them, and as they are written. Pure.

Recognisers write "20 mg", "twenty milligrams" or "2:30" as they please; comparisons and rules need one form.
"""

import re

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = ("", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split())
UNITS = {
    "mg": "milligrams",
    "mcg": "micrograms",
    "µg": "micrograms",
    "ug": "micrograms",
    "g": "grams",
    "kg": "kilograms",
    "ml": "milliliters",
    "l": "liters",
    "lb": "pounds",
    "lbs": "pounds",
    "°f": "degrees fahrenheit",
    "°c": "degrees celsius",
    "%": "percent",
    "am": "a m",
    "pm": "p m",
}
TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|°[fc]|%|µg|[a-z]+(?:'[a-z]+)?", re.IGNORECASE)


def spoken_words(text: str) -> list[str]:
    """Lower-case words, numbers and units spelled out: "20mg" → twenty, milligrams."""
    words: list[str] = []
    after_number = False
    for token in TOKEN.findall(text.lower().replace("’", "'").replace("a.m.", "am").replace("p.m.", "pm")):
        if token[0].isdigit():
            words += spelled(token)
        elif token in UNITS and after_number:
            words += UNITS[token].split()
        else:
            words.append(token)
        after_number = token[0].isdigit()
    return words


def spelled(number: str) -> list[str]:
    """A written number as it is said: "120" → one hundred twenty, "2.5" → two point five, "2:30" → two thirty."""
    if ":" in number:
        return [word for part in number.split(":") if int(part) for word in _whole(int(part))]
    whole, _, decimals = number.replace(",", "").partition(".")
    words = _whole(int(whole)) if len(whole) <= 6 else [ONES[int(digit)] for digit in whole]
    return [*words, "point", *(ONES[int(digit)] for digit in decimals if digit.isdigit())] if decimals else words


def _whole(number: int) -> list[str]:
    if number < 20:
        return [ONES[number]]
    if number < 100:
        return [TENS[number // 10], *([ONES[number % 10]] if number % 10 else [])]
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = number % size
    return [*_whole(number // size), name, *(_whole(rest) if rest else [])]

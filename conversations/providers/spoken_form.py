"""Written abbreviations as they are said aloud, for voices that would spell them out.

Only the sound changes: captions and citations keep the text as it was approved.
"""

import re

_UNITS = {
    "mg": ("milligram", "milligrams"),
    "mcg": ("microgram", "micrograms"),
    "µg": ("microgram", "micrograms"),
    "μg": ("microgram", "micrograms"),
    "g": ("gram", "grams"),
    "kg": ("kilogram", "kilograms"),
    "ml": ("milliliter", "milliliters"),
    "l": ("liter", "liters"),
    "oz": ("ounce", "ounces"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "mmhg": ("millimeter of mercury", "millimeters of mercury"),
    "bpm": ("beat per minute", "beats per minute"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
}
_QUANTITY = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")\b\.?(?!\w)",
    re.IGNORECASE,
)
_FRACTIONS = {
    "1/2": "half a",
    "½": "half a",
    "1/4": "a quarter of a",
    "¼": "a quarter of a",
    "3/4": "three quarters of a",
    "¾": "three quarters of a",
}
_AFTER_WHOLE = {"half a": "a half", "a quarter of a": "a quarter", "three quarters of a": "three quarters"}
_FRACTION = re.compile(r"(?<![\d/])(?:(?P<whole>\d+) )?(?P<part>1/2|1/4|3/4|½|¼|¾)(?![\d/]) (?=[a-z])")
_PHONE = re.compile(r"(?<![\d.])(?:\+?1[-. ])?(?:\(?\d{3}\)?[-. ])?\d{3}[-.]\d{4}(?!\d)")
_SHORT_NUMBER = re.compile(
    r"(?<=\bcall )(?:911|988|999|112|111|811|311|211)\b|\b(?:911|988)\b(?! ?(?:mg|ml|mcg))", re.IGNORECASE
)
# Two numbers only: a third group makes it a date or a code.
_RANGE = re.compile(r"(?<![\w./-])(\d+(?:\.\d+)?)\s?[–—-]\s?(\d+(?:\.\d+)?)(?![\d/-])")
_PRESSURE = re.compile(r"(?<![\d/])(\d{2,3})/(\d{2,3})(?![\d/])")
_TEMPERATURE = re.compile(r"\s?°\s?(?P<scale>[FC])\b")
_LATIN = {
    "b.i.d.": "twice a day",
    "t.i.d.": "three times a day",
    "q.i.d.": "four times a day",
    "p.r.n.": "as needed",
    "e.g.": "for example",
    "i.e.": "that is",
    "vs.": "versus",
    "approx.": "about",
    "w/": "with ",
}
_LATIN_WORD = re.compile(r"(?<!\w)(" + "|".join(re.escape(short) for short in _LATIN) + ")", re.IGNORECASE)
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def spoken_form(text: str) -> str:
    """The same sentence with units, fractions, phone numbers and Latin shorthand written as they are said."""
    text = _LATIN_WORD.sub(lambda found: _LATIN[found[0].lower()], text)
    text = _PHONE.sub(lambda found: _digit_by_digit(found[0]), text)
    text = _SHORT_NUMBER.sub(lambda found: _digit_by_digit(found[0]), text)
    text = _FRACTION.sub(_say_fraction, text)
    text = _RANGE.sub(r"\1 to \2", text)
    text = _PRESSURE.sub(r"\1 over \2", text)
    text = _TEMPERATURE.sub(lambda found: " degrees" + (" Celsius" if found["scale"] == "C" else " Fahrenheit"), text)
    return _QUANTITY.sub(_say_quantity, text)


def _say_quantity(found: re.Match[str]) -> str:
    single, several = _UNITS[found["unit"].lower()]
    ending = "." if found[0].endswith(".") and found.end() == len(found.string) else ""
    return f"{found['number']} {single if found['number'] == '1' else several}{ending}"


def _say_fraction(found: re.Match[str]) -> str:
    part = _FRACTIONS[found["part"]]
    if found["whole"] is None:
        return f"{part} "
    return f"{found['whole']} and {_AFTER_WHOLE[part]} "


def _digit_by_digit(number: str) -> str:
    """Groups keep a short pause between them: "five five five, zero one three four"."""
    groups = re.findall(r"\d+", number)
    return ", ".join(" ".join(_DIGITS[int(digit)] for digit in group) for group in groups)

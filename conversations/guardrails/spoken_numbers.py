"""Numbers said in words, as digits: "one hundred and two point four" → "102.4". Pure."""

import re

_UNITS = {
    word: value
    for value, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        ).split()
    )
}
_TENS = {
    word: 10 * (place + 2) for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_WORD = "|".join([*_UNITS, *_TENS, "hundred", "oh"])
_SPOKEN = re.compile(rf"\b(?:a )?(?:{_WORD})(?:[\s-]+(?:and[\s-]+|point[\s-]+)?(?:{_WORD}))*\b(?!\w)")


def digits(text: str) -> str:
    """A lower-case text with its spoken numbers written in digits; "one" alone stays, it is rarely a number."""
    return _SPOKEN.sub(lambda found: _written(found.group()), text)


def _written(spoken: str) -> str:
    words = spoken.replace("-", " ").split()
    if words in (["one"], ["a", "one"], ["oh"]):
        return spoken
    if "point" in words:
        place = words.index("point")
        return f"{_whole(words[:place])}.{''.join(str(_digit(word)) for word in words[place + 1 :])}"
    return _whole(words)


def _whole(words: list[str]) -> str:
    """ "one oh two" and "one eighty" are read the way they are said; anything else is added up."""
    named = [word for word in words if word not in ("and", "a")]
    if "hundred" not in named and len(named) > 1 and named[0] in _UNITS and named[0] != "zero":
        return str(_UNITS[named[0]]) + _rest(named[1:])
    total = 0
    for word in named:
        if word == "hundred":
            total = max(total, 1) * 100
        else:
            total += _digit(word)
    return str(total)


def _rest(named: list[str]) -> str:
    if all(_digit(word) < 10 for word in named):
        return "".join(str(_digit(word)) for word in named)
    return str(sum(_digit(word) for word in named)).zfill(2)


def _digit(word: str) -> int:
    return 0 if word == "oh" else _UNITS.get(word, _TENS.get(word, 0))

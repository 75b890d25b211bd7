"""Numbers as they are said."""

import pytest

from conversations.live.numbers import spoken_words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("20mg", "twenty milligrams"),
        ("2.5 ml", "two point five milliliters"),
        ("Take 120 mcg at 8 a.m.", "take one hundred twenty micrograms at eight a m"),
        ("at 2:30", "at two thirty"),
        ("1,000 units", "one thousand units"),
        ("101°F", "one hundred one degrees fahrenheit"),
        ("I am fine", "i am fine"),
        ("don’t", "don't"),
        ("O2 at 95%", "o two at ninety five percent"),
    ],
)
def test_written_numbers_become_words(written, said):
    assert spoken_words(written) == said.split()

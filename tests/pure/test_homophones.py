"""What sounds alike is spelled as a call about health means it, and nothing else is touched."""

import pytest

from conversations.providers.homophones import as_meant


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("I have a new pane in my chest.", "I have a new pain in my chest."),
        ("Pane when I walk", "Pain when I walk"),
        ("I have a soar throat", "I have a sore throat"),
        ("birds soar over the house", "birds soar over the house"),
        ("how long does it take to heel", "how long does it take to heal"),
        ("my heel hurts", "my heel hurts"),
        ("the panels are new", "the panels are new"),
    ],
)
def test_homophones(heard: str, meant: str):
    assert as_meant(heard) == meant

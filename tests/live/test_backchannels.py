"""What carries on and what stops us."""

import pytest

from conversations.live.backchannels import is_backchannel


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("Mm-hm.", 0.4),
        ("mhm", 0.3),
        ("Yeah.", 0.5),
        ("Okay, yeah.", 1.4),
        ("Oh, right.", 0.8),
        ("Uh-huh", 0.4),
        ("Hmm hmm hmm hmm", 1.5),
        ("M. M. H. M.", 1.1),
        ("", 0.3),
        ("I see.", 0.5),
        ("I see, I see.", 0.9),
        ("Oh, I see.", 0.8),
        ("Of course.", 0.6),
    ],
)
def test_a_listener_who_follows_does_not_stop_us(text, duration_s):
    assert is_backchannel(text, duration_s)


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("Stop.", 0.4),
        ("No.", 0.3),
        ("Yeah but", 0.6),
        ("Wait", 0.3),
        ("Okay but what about the pills?", 1.8),
        ("Sorry?", 0.4),
        ("I see double.", 0.8),
        ("I know but", 0.6),
        ("Mmmm", 4.0),
        ("M. R. I.", 0.9),
        ("Yes yes yes yes", 1.5),
    ],
)
def test_who_wants_the_floor_gets_it(text, duration_s):
    assert not is_backchannel(text, duration_s)

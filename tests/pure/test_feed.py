"""How open queues pace themselves."""

import pytest

from clinic import feed


@pytest.mark.parametrize(("round_s", "rest_s"), [(0.0, 0.0), (0.04, 0.06), (2.0, feed.LONGEST_REST_S)])
def test_a_short_round_is_followed_by_a_short_rest(round_s: float, rest_s: float) -> None:
    assert feed.rest_after(round_s) == pytest.approx(rest_s)

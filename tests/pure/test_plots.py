"""Lines on paper."""

import pytest

from conversations.plots import BOTTOM, HEIGHT, LEFT, WIDTH, ceiling, plot


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.3, 0.4), (1, 1), (1.2, 2), (399, 400), (401, 600), (700, 800), (8200, 10000)]
)
def test_an_axis_ends_at_a_round_number_above_everything(value: float, top: float) -> None:
    assert ceiling(value) == pytest.approx(top)


def test_a_line_runs_from_edge_to_edge_between_zero_and_the_top() -> None:
    drawn = plot(["1", "2", "3"], [[0, 400, 800]], target=700)
    first, middle, last = (list(map(float, point.split(","))) for point in drawn.lines[0].split())
    assert first == [LEFT, HEIGHT - BOTTOM]
    assert last == [WIDTH - 12, 12]
    assert first[1] > middle[1] > last[1]
    assert drawn.target is not None
    assert last[1] < drawn.target < middle[1]


def test_many_hours_share_few_labels() -> None:
    assert len(plot([str(hour) for hour in range(100)], [[1.0] * 100], target=1).across) <= 8


def test_a_single_hour_stands_in_the_middle() -> None:
    assert plot(["1"], [[5]], target=5).across[0].at == pytest.approx(LEFT + (WIDTH - LEFT - 12) / 2)

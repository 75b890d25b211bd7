"""Lines on paper."""

import datetime
import itertools

import pytest

from conversations.plots import BOTTOM, HEIGHT, LEFT, WIDTH, ceiling, plot, trace


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
    alone = plot(["1"], [[5]], target=5)
    assert alone.across[0].at == pytest.approx(LEFT + (WIDTH - LEFT - 12) / 2)
    first, last = (tuple(map(float, point.split(","))) for point in alone.lines[0].split())
    assert (first[0] < alone.across[0].at < last[0], first[1]) == (True, last[1])  # something can be seen


def on(day: int) -> datetime.date:
    return datetime.date(2026, 6, day)


def test_days_apart_are_drawn_apart_and_more_is_higher():
    dots = trace([(on(2), 8), (on(7), 5), (on(30), 1)], (0, 10)).dots
    assert dots[0].y < dots[1].y < dots[2].y
    assert (dots[1].x - dots[0].x) / (dots[2].x - dots[0].x) == pytest.approx(5 / 28, abs=0.01)


def test_two_pounds_more_are_seen():
    dots = trace([(on(2), 180), (on(7), 182)]).dots
    assert dots[0].y - dots[1].y > HEIGHT / 12


@pytest.mark.parametrize("values", [[0.0], [7.0], [5.0, 5.0], [0.0, 0.0], [-3.0, 400.0], [0.1, 0.2]])
def test_every_value_lies_inside_the_drawing(values):
    drawn = trace([(on(day + 1), value) for day, value in enumerate(values)])
    assert all(0 <= dot.x <= drawn.width and 0 <= dot.y <= drawn.height - BOTTOM + 0.1 for dot in drawn.dots)
    assert 2 <= len(drawn.up) <= 8


def test_dates_never_stand_in_each_other():
    across = trace([(on(day), 1.0) for day in range(1, 29)]).across
    assert across[-1].label == "28 Jun"
    assert min(b.at - a.at for a, b in itertools.pairwise(across)) >= 64

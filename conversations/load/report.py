"""A load test as a page of Markdown: what was measured, the model of it, and what many calls would need. Pure."""

from collections.abc import Sequence

from conversations.load import capacity
from conversations.load.capacity import Model, Needs, Point

LARGER = (10, 1_000, 100_000)


def page(points: Sequence[Point], cores: int) -> str:
    """Without a model where the points do not make one."""
    measured = _table(
        ("calls", "cores used", "p50 ms", "p95 ms", "pictures lost", "memory GiB"),
        [_measured(one) for one in points],
    )
    try:
        model = capacity.fit(points, cores)
    except ValueError as problem:
        return f"# Load test\n\n{measured}\n\nNo model: {problem}.\n"
    return f"# Load test\n\n{measured}\n\n{_model(points, model)}\n\n{_needs(model)}\n"


def _measured(one: Point) -> tuple[str, ...]:
    waits = (f"{one.p50_ms:.0f}", f"{one.p95_ms:.0f}")
    return (f"{one.calls}", f"{one.cores_used:.2f}", *waits, f"{one.dropped:.1%}", f"{one.memory_gib:.1f}")


def _model(points: Sequence[Point], model: Model) -> str:
    error = capacity.error(points, model.cores)
    told = "four points or more would tell how well it predicts" if error is None else f"off by {error:.0%} at most"
    return (
        f"One call uses {model.use.slope:.2f} cores; {model.knee} fit on {model.cores} cores "
        f"with {1 - capacity.BUSIEST:.0%} to spare. Predicting each point from the others: {told}."
    )


def _needs(model: Model) -> str:
    if model.knee < 1:
        return "Not one call fits on this machine with room to spare: nothing to calculate."
    rows = [_row(capacity.needs(calls, model)) for calls in LARGER]
    names = ("calls", "machines like this", "cores", "memory GiB", "egress Gbit/s", "TURN Gbit/s")
    return "Calculated, not measured:\n\n" + _table(
        (*names, "PostgreSQL rows/s", "Redis messages/s", "model tokens/s"), rows
    )


def _row(one: Needs) -> tuple[str, ...]:
    return (
        f"{one.calls:,}",
        f"{one.machines:,}",
        f"{one.cores:,.0f}",
        f"{one.memory_gib:,.0f}",
        f"{one.egress_gbps:,.2f}",
        f"{one.turn_gbps:,.2f}",
        f"{one.rows_a_second:,.0f}",
        f"{one.redis_messages_a_second:,.0f}",
        f"{one.model_tokens_a_second:,.0f}",
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---:"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

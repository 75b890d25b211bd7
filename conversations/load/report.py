"""A load test as a page of Markdown: what was measured, the model of it, and what many calls would need. Pure."""

from collections.abc import Sequence

from conversations.load import capacity, curve
from conversations.load.capacity import Model, Needs, Off, Point, Profile
from conversations.load.measured import LoadTest

LARGER = (10, 1_000, 100_000)
BREAKS = 1.5  # times the p95 of the fewest calls: patients notice


def page(points: Sequence[Point], cores: int) -> str:
    """Without a model where the points do not make one."""
    return f"# Load test\n\n{_told(points, cores)}\n"


def _told(points: Sequence[Point], cores: int) -> str:
    measured = _table(
        ("calls", "cores used", "answers", "p50 ms", "p95 ms", "pictures not sent", "memory GiB"),
        [_measured(one) for one in points],
    )
    measured = f"{measured}\n\n{breaking(points)}"
    try:
        model = capacity.fit(points, cores)
    except ValueError as problem:
        return f"{measured}\n\nNo model: {problem}."
    return f"{measured}\n\n{_model(points, model)}\n\n{_needs(model)}"


def breaking(points: Sequence[Point]) -> str:
    """How the p95 grows with the calls, and where it breaks."""
    first, *more = sorted((one for one in points if one.calls), key=lambda one: one.calls)
    if not more:
        return "One number of calls: nothing says how waiting grows."
    grown = [(one.calls, one.p95_ms / first.p95_ms) for one in more]
    told = ", ".join(f"{times:.2f} at {calls}" for calls, times in grown)
    broken = next((f"It breaks at {calls} calls" for calls, times in grown if times > BREAKS), "It breaks at none")
    return f"p95 over that of {first.calls}: {told}. {broken} (more than {BREAKS} times)."


def handbook(test: LoadTest | None) -> str:
    """The documentation's page on capacity."""
    return f"# Capacity\n\n{_INTRODUCTION}\n\n{_of_test(test) if test else _UNMEASURED}\n\n{_profile(Profile())}\n"


def picture(test: LoadTest | None) -> str:
    """The curve of that page; an empty picture where nothing was measured."""
    if test is None:
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>\n'
    return curve.svg(test.points, _model_of(test))


_INTRODUCTION = (
    "A call works a little, then waits until there is work again, and is slower where others have the cores: the "
    "machine repair model of queueing. From what one call takes when nothing hinders it, it tells the cores in use and "
    "how much longer work takes than on a free core. Waiting for an answer is patience, which no load changes, "
    "and work that takes that much longer. "
    f"The knee is the most calls that leave {1 - capacity.BUSIEST:.0%} of the cores free: above it waiting grows "
    "quickly. Measure your own machine as [Test and measure](../how-to/test-and-measure.md#how-many-calls-fit) says, "
    "and set `CALL_HOST_CAPACITY` to its knee."
)
_BALANCED = "Every step said each recorded line equally often. "
_UNMEASURED = (
    "No measurement is kept with this version. `scripts/measure_load` makes one, and `manage.py write_reference` "
    "makes this page from it."
)


def _of_test(test: LoadTest) -> str:
    face = f"the face {test.height} pixels high at {test.fps} pictures a second" if test.height else "no face"
    where = (
        f"Measured on {test.at} with version {test.version}: {test.cores} cores ({test.processor}), {face}. "
        f"{_BALANCED if all(one.answers for one in test.points if one.calls) else ''}"
        "The patients ran on the same machine: the cores are without what they took, "
        "the waiting and its lines in the picture are with it. "
        "Pictures are not sent where nothing has changed since the last, and fewer are drawn on a busy machine."
    )
    return f"{where}\n\n![Latency against calls at once](capacity.svg)\n\n{_told(test.points, test.cores)}"


def _model_of(test: LoadTest) -> Model | None:
    try:
        return capacity.fit(test.points, test.cores)
    except ValueError:
        return None


def _profile(one: Profile) -> str:
    return (
        "Assumed for each call, where nothing measured it (`conversations/load/capacity.py`): "
        f"{one.down_mbps} Mbit/s down and {one.up_mbps} up, {one.relayed:.0%} of patients through TURN, "
        f"{one.turns_a_minute:.0f} turns a minute of {one.tokens_a_turn:,.0f} tokens and {one.rows_a_turn:.0f} rows, "
        f"{one.rows_a_second:.0f} row and {one.messages_a_second} Redis messages a second. Prices: "
        f"{one.core_usd_an_hour} USD a core and hour, {one.gigabyte_usd} a gigabyte that leaves, "
        f"{one.million_tokens_usd} a million tokens. The database is not in the price: "
        "`make bench ARGS=audit` says how much one takes, and where the table wants more, clinics need one each."
    )


def _measured(one: Point) -> tuple[str, ...]:
    if not one.calls:
        return ("0", f"{one.cores_used:.2f}", "–", "–", "–", "–", f"{one.memory_gib:.1f}")
    waits = (f"{one.answers or '–'}", f"{one.p50_ms:.0f}", f"{one.p95_ms:.0f}")
    return (f"{one.calls}", f"{one.cores_used:.2f}", *waits, f"{one.dropped:.1%}", f"{one.memory_gib:.1f}")


def _model(points: Sequence[Point], model: Model) -> str:
    return (
        f"One call uses {model.call:.2f} cores when nothing hinders it and every picture is drawn; {model.knee} fit on "
        f"{model.cores} cores with {1 - capacity.BUSIEST:.0%} to spare.\n\n{_errors(points, model.cores)}"
    )


def _errors(points: Sequence[Point], cores: int) -> str:
    left_out = capacity.errors(points, cores)
    if not left_out:
        return "Four steps or more that leave cores free would tell how well the model predicts."
    fitted = capacity.fitted(points, cores)
    told = [one for one in fitted if not one.point.uses_up(cores)]
    header = ("calls", "cores used", "p50", "p95", "cores used, left out", "p50, left out", "p95, left out")
    rows = [(_calls(one.point, cores), *_shares(one), *_shares(out)) for one, out in zip(fitted, left_out, strict=True)]
    return (
        f"How far off the model is where cores are free: at most {max(abs(one.cores_used) for one in told):.0%} of the "
        f"cores used and {max(abs(one.p50) for one in told):.0%} of the p50. Left out: the point is predicted from the "
        f"others, which at the ends of the curve goes beyond them. Starred: these use up the cores (more than "
        f"{capacity.USED_UP:.0%}), and are predicted only.\n\n{_table(header, rows)}"
    )


def _calls(one: Point, cores: int) -> str:
    return f"{one.calls}*" if one.uses_up(cores) else f"{one.calls}"


def _shares(one: Off) -> tuple[str, ...]:
    return (f"{one.cores_used:+.0%}", f"{one.p50:+.0%}", f"{one.p95:+.0%}")


def _needs(model: Model) -> str:
    if model.knee < 1:
        return "Not one call fits on this machine with room to spare: nothing to calculate."
    rows = [_row(capacity.needs(calls, model)) for calls in LARGER]
    names = ("calls", "machines like this", "cores", "memory GiB", "egress Gbit/s", "TURN Gbit/s")
    return "Calculated, not measured:\n\n" + _table(
        (*names, "PostgreSQL rows/s", "Redis messages/s", "model tokens/s", "USD/h"), rows
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
        f"{one.usd_an_hour:,.2f}",
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---:"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
